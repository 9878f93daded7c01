//! The README's commands, run as they stand, print what it says they print.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A block of commands and what it prints on stdout.
struct Sample {
    commands: String,
    printed: String,
}

#[test]
fn the_readme_tells_the_truth() {
    let samples = samples(&fs::read_to_string(root().join("README.md")).unwrap());
    assert!(samples.len() >= 2, "the README shows {}", samples.len());
    for sample in samples {
        let found = run(&sample.commands);
        assert_eq!(
            masked(&found),
            masked(&sample.printed),
            "of these commands:\n{}",
            sample.commands
        );
    }
}

/// Without the places of bytes: a line is as long as its process id and times.
fn masked(text: &str) -> String {
    let mut parts = text.split(", byte ");
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        masked += ", byte …";
        masked += part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    masked
}

#[test]
fn the_readme_s_two_commands_are_what_ci_runs() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    let first = readme.split("```sh\n").nth(1).unwrap();
    let commands: Vec<_> = first.split("```").next().unwrap().lines().collect();
    assert_eq!(commands, ["cargo xtask conformance", "cargo xtask test"]);
    for command in commands {
        assert!(
            ci.lines().any(|line| line == command),
            "{command} is not in .ci/run"
        );
    }
}

/// What stands between `<!-- run -->` and the end of the block that says what is printed.
fn samples(text: &str) -> Vec<Sample> {
    let mut samples = Vec::new();
    for part in text.split("<!-- run -->\n```sh\n").skip(1) {
        let (commands, rest) = part.split_once("```\n").unwrap();
        let printed = rest.split("<!-- prints -->\n```text\n").nth(1).unwrap();
        samples.push(Sample {
            commands: commands.to_owned(),
            printed: printed.split("```\n").next().unwrap().to_owned(),
        });
    }
    samples
}

/// Runs commands at the root, with a directory of their own for /tmp.
fn run(commands: &str) -> String {
    let directory = TempDir::new().unwrap();
    let commands = commands.replace("/tmp/", &format!("{}/", directory.path().display()));
    let binary = Path::new(env!("CARGO_BIN_EXE_hero-span")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["-c", &commands])
        .env("PATH", path)
        .env("HERO_HOME", directory.path())
        .current_dir(root())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_readme_s_flow_runs() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let flow = readme.split("```python\n").nth(1).unwrap();
    let flow = flow.split("```").next().unwrap();
    let output = Command::new("python3")
        .args(["-c", flow])
        .env("PYTHONPATH", root().join("sdk/python"))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{errors}");
}
