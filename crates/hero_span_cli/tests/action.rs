//! The shell steps of `action.yml` and the hook of `.pre-commit-hooks.yaml`, as the services that
//! read them would run them.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const ACTION: &str = include_str!("../../../action.yml");
const HOOKS: &str = include_str!("../../../.pre-commit-hooks.yaml");
const CONTRACT: &str = include_str!("../../../spec/v1/contract.txt");
const RENAMED: (&str, &str) = (
    "    level    level    optional",
    "    urgency  level    optional",
);

/// Each step's name and its script.
fn steps() -> BTreeMap<String, String> {
    let mut steps = BTreeMap::new();
    let mut name = String::new();
    let mut lines = ACTION.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(named) = line.trim_start().strip_prefix("- name: ") {
            named.clone_into(&mut name);
        }
        if line.trim() == "run: |" {
            let indent = " ".repeat(line.len() - line.trim_start().len() + 2);
            let mut script = Vec::new();
            while let Some(line) =
                lines.next_if(|line| line.is_empty() || line.starts_with(&indent))
            {
                script.push(line.strip_prefix(&indent).unwrap_or_default());
            }
            steps.insert(name.clone(), script.join("\n"));
        }
    }
    steps
}

/// Runs a step as the service does, with this program in front of every other.
fn run(directory: &Path, step: &str, variables: &[(&str, &str)]) -> Output {
    let steps = steps();
    let script = steps
        .get(step)
        .unwrap_or_else(|| panic!("no step {step} in {steps:?}"));
    let program = Path::new(env!("CARGO_BIN_EXE_hero-span"));
    let path = std::env::var("PATH").expect("set");
    let path = format!(
        "{}:{path}",
        program.parent().expect("a directory").display()
    );
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]);
    command.current_dir(directory).env("PATH", path);
    command.env_remove("GITHUB_STEP_SUMMARY");
    command
        .envs(variables.iter().copied())
        .output()
        .expect("it runs")
}

fn contracts(edit: (&str, &str)) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    assert!(CONTRACT.contains(edit.0));
    let new = CONTRACT.replace(edit.0, edit.1);
    fs::write(directory.path().join("new.txt"), new).expect("written");
    directory
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn nothing_is_installed_where_the_command_is_there() {
    let directory = tempfile::tempdir().expect("a directory");
    let done = run(
        directory.path(),
        "Install hero-span",
        &[("SOURCE", "/nowhere")],
    );
    assert!(done.status.success(), "{}", text(&done.stderr));
}

#[test]
fn a_break_fails_the_step_with_an_annotation_and_a_summary() {
    let directory = contracts(RENAMED);
    let summary = directory.path().join("summary.md");
    let summary_path = summary.to_string_lossy().into_owned();
    let variables = [
        ("OLD", "v1"),
        ("NEW", "new.txt"),
        ("APPROVED", ""),
        ("GITHUB_STEP_SUMMARY", &summary_path),
    ];
    let done = run(directory.path(), "Compare contracts", &variables);
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
    assert!(
        text(&done.stdout).starts_with("::error file=new.txt,title=field-renamed::"),
        "{}",
        text(&done.stdout)
    );
    let summary = fs::read_to_string(summary).expect("written");
    assert!(
        summary.contains("| breaking | `span_log.level` |"),
        "{summary}"
    );
}

#[test]
fn what_is_approved_passes_the_step() {
    let directory = contracts(RENAMED);
    let list =
        "[[approved]]\nrule = \"field-renamed\"\nplace = \"span_log.level\"\nreason = \"Meant.\"\n";
    fs::write(directory.path().join("approved.toml"), list).expect("written");
    let variables = [
        ("OLD", "v1"),
        ("NEW", "new.txt"),
        ("APPROVED", "approved.toml"),
    ];
    let done = run(directory.path(), "Compare contracts", &variables);
    assert!(
        done.status.success(),
        "{}{}",
        text(&done.stdout),
        text(&done.stderr)
    );
}

#[test]
fn an_sdk_is_proved_and_one_that_is_none_fails_the_step() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let step = "Prove the SDK conformant";
    let adapter = "python3 sdk/python/conformance_adapter.py";
    let done = run(&root, step, &[("ADAPTER", adapter), ("KNOWN", "")]);
    assert!(
        done.status.success(),
        "{}{}",
        text(&done.stdout),
        text(&done.stderr)
    );
    let done = run(&root, step, &[("ADAPTER", "false"), ("KNOWN", "")]);
    assert_eq!(done.status.code(), Some(3), "{}", text(&done.stderr));
}

#[test]
fn the_hook_compares_the_file_that_it_is_given() {
    let entry = HOOKS
        .lines()
        .find_map(|line| line.trim().strip_prefix("entry: "));
    let words: Vec<&str> = entry.expect("an entry").split_whitespace().collect();
    assert_eq!(words[0], "hero-span");
    let directory = contracts(RENAMED);
    let mut command = Command::new(env!("CARGO_BIN_EXE_hero-span"));
    command
        .args(&words[1..])
        .arg("new.txt")
        .current_dir(&directory);
    assert_eq!(command.status().expect("it runs").code(), Some(1));
}
