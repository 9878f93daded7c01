//! Adapters to begin with: each starts, passes the smoke test, and fails by
//! what is not filled in yet.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hero_span_conformance::init::{self, Language};
use hero_span_conformance::{Conclusion, Family, Quiet, run};

use crate::support::options;

/// A tool that is missing fails, and so does one that complains.
fn succeed(program: &str, arguments: &[&str], directory: &Path) {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap_or_else(|error| panic!("cannot run {program}: {error}; install it"));
    assert!(
        output.status.success() && output.stdout.is_empty(),
        "{program} {arguments:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A directory that stays, so that what is built there is built once.
fn kept(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&directory).unwrap();
    directory
}

fn begin(language: Language, file: &Path) {
    init::write(language, file, true).unwrap();
}

fn check(command: &[&str], version: &str) {
    let directory = tempfile::tempdir().unwrap();
    let command = command.iter().map(|word| (*word).to_owned()).collect();
    let mut options = options(command, Family::Truncation, directory.path());
    options.cases = 6;
    let report = run(&options, &Quiet).unwrap();
    let text = report.to_text();
    assert_eq!(report.conclusion(), Conclusion::NotConformant, "{text}");
    assert!(text.contains(version), "{text}");
    for missing in ["adapter.features", "op "] {
        assert!(text.contains(missing), "expected {missing:?} in:\n{text}");
    }
}

#[test]
fn python() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("adapter.py");
    begin(Language::Python, &file);
    check(&["python3", &file.to_string_lossy()], "SDK python 0");
}

#[test]
fn go() {
    let directory = tempfile::tempdir().unwrap();
    begin(Language::Go, &directory.path().join("adapter.go"));
    succeed("gofmt", &["-l", "adapter.go"], directory.path());
    succeed("go", &["vet", "adapter.go"], directory.path());
    succeed("go", &["build", "adapter.go"], directory.path());
    let program = directory.path().join("adapter");
    check(&[&program.to_string_lossy()], "SDK go 0");
}

#[test]
fn rust() {
    let package = kept("rust");
    let source = package.join("src/main.rs");
    fs::create_dir_all(package.join("src")).unwrap();
    begin(Language::Rust, &source);
    let manifest = Language::Rust.template().lines();
    let manifest: Vec<&str> = manifest
        .skip_while(|line| *line != "//! ```toml")
        .skip(1)
        .take_while(|line| *line != "//! ```")
        .map(|line| line.trim_start_matches("//!").trim_start())
        .collect();
    let manifest = format!("{}\n[workspace]\n", manifest.join("\n"));
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    // The versions that the repository has, for nothing is to be fetched.
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    fs::copy(lock, package.join("Cargo.lock")).unwrap();
    succeed(
        "rustfmt",
        &["--check", "--edition", "2024", "src/main.rs"],
        &package,
    );
    let target = package.join("target");
    let target = target.to_string_lossy();
    for chore in [&["clippy"][..], &["build"]] {
        let rest = ["--quiet", "--offline", "--target-dir", &target];
        succeed("cargo", &[chore, &rest].concat(), &package);
    }
    check(&[&format!("{target}/debug/adapter")], "SDK rust 0");
}

#[test]
fn typescript() {
    let package = kept("typescript");
    let pins = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/typescript");
    let lock = fs::read_to_string(pins.join("package-lock.json")).unwrap();
    let stamp = package.join("installed.json");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        assert!(package.join("node_modules").exists());
    } else {
        for file in ["package.json", "package-lock.json"] {
            fs::copy(pins.join(file), package.join(file)).unwrap();
        }
        succeed(
            "npm",
            &["ci", "--silent", "--no-audit", "--no-fund"],
            &package,
        );
        fs::write(&stamp, lock).unwrap();
    }
    begin(Language::Typescript, &package.join("adapter.ts"));
    let line = Language::Typescript
        .template()
        .lines()
        .find_map(|line| line.split_once("npx tsc "))
        .unwrap()
        .1;
    let mut arguments = vec![
        "node_modules/typescript/bin/tsc",
        "--noUncheckedIndexedAccess",
    ];
    arguments.extend(line.split_whitespace());
    succeed("node", &arguments, &package);
    let program = package.join("adapter.js");
    check(&["node", &program.to_string_lossy()], "SDK typescript 0");
}

#[test]
fn a_file_that_is_there_is_not_lost() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("adapter.py");
    fs::write(&file, "mine").unwrap();
    let error = init::write(Language::Python, &file, false).unwrap_err();
    assert!(error.is_usage());
    assert!(error.to_string().contains("add --force"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    begin(Language::Other, &file);
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        Language::Other.template()
    );
}
