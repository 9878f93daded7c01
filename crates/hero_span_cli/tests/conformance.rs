//! `hero-span conformance run` by its exit codes and its words.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

/// The exit code, and what was said on stdout and stderr.
fn run(arguments: &[&str]) -> (i32, String) {
    let directory = tempfile::tempdir().unwrap();
    let output: Output = Command::new(env!("CARGO_BIN_EXE_hero-span"))
        .args(["conformance", "run", "--regressions"])
        .arg(directory.path())
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

fn check(arguments: &[&str], code: i32, words: &[&str]) {
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
