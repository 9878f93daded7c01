//! `hero-span conformance parser`: what consumers must say of the vectors, and
//! that each way to read otherwise is found by a vector of its clause.

#![allow(clippy::unwrap_used)]

mod adapters;
mod sabotage;

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The exit code of a run, and what was said.
fn judge(adapter: &str, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_hero-span"))
        .args(["conformance", "parser", "--adapter", adapter])
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    (output.status.code().unwrap(), text)
}

fn passes_all(adapter: &str) {
    let (code, text) = judge(adapter, &[]);
    assert_eq!(code, 0, "{text}");
    let counts = text
        .lines()
        .find(|line| line.starts_with("vectors "))
        .unwrap();
    let counts: Vec<u32> = counts
        .split_whitespace()
        .filter_map(|it| it.parse().ok())
        .collect();
    let [ran, passed, ref others @ ..] = counts[..] else {
        panic!("{text}");
    };
    assert!(ran == passed && ran >= 500, "{text}");
    assert!(others.iter().all(|count| *count == 0), "{text}");
}

#[test]
fn the_rust_parser_reads_all_vectors() {
    let program = env!("CARGO_BIN_EXE_hero-span");
    passes_all(&format!("'{program}' conformance parser-adapter"));
}

#[test]
fn the_python_consumer_reads_all_vectors() {
    passes_all("python3 sdk/python/tests/parser_adapter.py");
}
