//! The crate knows nothing of sockets, files, clocks and runtimes.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What the crate may stand on when it runs.
const DEPENDENCIES: [&str; 4] = ["hero_span_contract", "schemars", "serde", "serde_json"];

/// What is not its business.
const FOREIGN: &[&str] = &[
    "std::net",
    "std::fs",
    "std::io",
    "std::os",
    "std::env",
    "std::process",
    "std::thread",
    "std::path",
    "SystemTime",
    "Instant",
    "tokio",
    "println!",
    "eprintln!",
    "print!",
    "dbg!",
    "unsafe",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The code of a source, without what is only said about it.
fn code(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = source.lines().enumerate();
    lines.filter_map(|(index, line)| {
        let code = line.split("//").next().unwrap_or_default();
        (!code.trim().is_empty()).then_some((index + 1, code))
    })
}

/// Every use of what is foreign: place and word.
fn foreign(name: &str, source: &str) -> Vec<String> {
    let uses = code(source).flat_map(|(line, code)| {
        let words = FOREIGN.iter().filter(move |word| code.contains(*word));
        words.map(move |word| (line, word))
    });
    uses.map(|(line, word)| format!("{name}:{line}: {word}"))
        .collect()
}

#[test]
fn sources_do_no_io() {
    let mut files = Vec::new();
    sources(&Path::new(ROOT).join("src"), &mut files);
    assert!(files.len() > 20, "{} sources", files.len());
    let found: Vec<_> = files
        .iter()
        .flat_map(|file| {
            let source = fs::read_to_string(file).expect("a source");
            foreign(&file.display().to_string(), &source)
        })
        .collect();
    assert!(
        found.is_empty(),
        "not for this crate:\n{}",
        found.join("\n")
    );
}

#[test]
fn foreign_code_is_found() {
    let source = "// std::fs is not used\nuse std::fs::File;\nlet now = SystemTime::now();\n";
    assert_eq!(
        foreign("a.rs", source),
        ["a.rs:2: std::fs", "a.rs:3: SystemTime"]
    );
}

#[test]
fn stands_on_nothing_else() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let tree = Command::new(cargo)
        .args([
            "tree",
            "--offline",
            "--edges",
            "normal,build",
            "--depth",
            "1",
            "--prefix",
            "none",
        ])
        .args(["--package", env!("CARGO_PKG_NAME"), "--format", "{p}"])
        .current_dir(ROOT)
        .output()
        .expect("cargo tree");
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let tree = String::from_utf8_lossy(&tree.stdout);
    let mut names: Vec<_> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    names.retain(|name| *name != env!("CARGO_PKG_NAME") && !name.is_empty());
    assert_eq!(names, DEPENDENCIES);
}
