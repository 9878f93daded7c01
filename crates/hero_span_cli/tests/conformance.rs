//! `hero-span conformance run` by its exit codes and its words.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The exit code, and what was said on stdout and stderr.
fn run(arguments: &[&str]) -> (i32, String) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_hero-span"))
        .arg("conformance")
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(text).unwrap(),
    )
}

/// A run that writes what it finds to a directory of its own.
fn check(arguments: &[&str], code: i32, words: &[&str]) {
    let directory = tempfile::tempdir().unwrap();
    let regressions = ["run", "--regressions", directory.path().to_str().unwrap()];
    check_command(&[&regressions, arguments].concat(), code, words);
}

fn check_command(arguments: &[&str], code: i32, words: &[&str]) {
    let (found, text) = run(arguments);
    assert_eq!(found, code, "{text}");
    for words in words {
        assert!(text.contains(words), "expected {words:?} in:\n{text}");
    }
}

const ADAPTER: &str = "python3 sdk/python/conformance_adapter.py";

#[test]
fn a_conformant_sdk_is_0() {
    let arguments = ["--adapter", ADAPTER, "--family", "ordering", "--cases", "8"];
    check(
        &arguments,
        0,
        &["SDK python", "ordering          8", "conformant"],
    );
}

#[test]
fn the_unit_tests_run_with_the_sdks_file() {
    let arguments = [
        "--profile",
        "conformance/adapters/python.toml",
        "--cases",
        "2",
    ];
    check(&arguments, 0, &["unit tests       16      16"]);
}

#[test]
fn bad_usage_is_2() {
    check(&[], 2, &["--adapter: expected the command"]);
    check(&["--adapter", "'"], 2, &["--adapter: expected a command"]);
    check(&["--profile", "README.nowhere"], 2, &["README.nowhere"]);
    check(&["--family", "sideways"], 2, &["sideways"]);
    for option in ["--jobs", "--patience"] {
        check(&["--adapter", ADAPTER, option, "0"], 2, &[option]);
    }
    let replay = ["--adapter", ADAPTER, "--replay", "/nonexistent"];
    check(&replay, 2, &["/nonexistent"]);
}

#[test]
fn what_could_not_be_evaluated_is_3() {
    check(
        &["--adapter", "/nonexistent"],
        3,
        &["cannot start `/nonexistent`"],
    );
    check(&["--adapter", "true"], 3, &["the adapter does not work"]);
}

/// A copy of the SDK in which one text is another; its adapter's command.
fn changed_sdk(directory: &Path, from: &str, to: &str) -> String {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/python");
    for file in [
        "hero_tracing.py",
        "conformance_adapter.py",
        "conformance_script.py",
    ] {
        let code = fs::read_to_string(sdk.join(file)).unwrap();
        fs::write(directory.join(file), code.replace(from, to)).unwrap();
    }
    format!("python3 {}/conformance_adapter.py", directory.display())
}

#[test]
fn two_sdks_are_compared_side_by_side() {
    let directory = tempfile::tempdir().unwrap();
    let changed = changed_sdk(directory.path(), "_NAME_BYTES = 256", "_NAME_BYTES = 6");
    let profile = "conformance/adapters/python.toml";
    let same = ["compare", profile, ADAPTER, "--filter", "ordering/1/3"];
    check_command(
        &same,
        0,
        &["SAME       ordering/1/3", "1 same, 0 alike, 0 different"],
    );
    let case = directory.path().join("case.json");
    fs::write(
        &case,
        r#"{"id":"x","script":[{"op":"step","name":"abcdefgh"}]}"#,
    )
    .unwrap();
    let case = case.to_str().unwrap();
    let differ = ["compare", ADAPTER, &changed, "--case", case];
    let words = "! step abcdefgh";
    check_command(
        &differ,
        1,
        &["DIFFERENT  x", words, "step abcdef truncated (name 8)"],
    );
    let nothing = ["compare", ADAPTER, ADAPTER, "--filter", "none"];
    check_command(&nothing, 3, &["0 same, 0 alike, 0 different"]);
    check_command(&["compare", ADAPTER, "none.toml"], 2, &["none.toml"]);
}
