//! The whole generator on the real docstring.

mod checklist;
mod constants;
mod drift;
mod example;
mod frozen;
mod languages;
mod schemas;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hero_span_contract::{Contract, parse_python};

use super::tree::Tree;
use super::{SDK_PATH, plan, rust};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn real() -> Tree {
    Tree::read(&root()).unwrap()
}

fn contract() -> Contract {
    parse_python(SDK_PATH, real().get(SDK_PATH).unwrap())
        .unwrap()
        .contract
}

/// A tree without drift, whatever is on the disk: the generator's own work, before any release.
fn clean() -> Tree {
    let mut tree = real();
    tree.remove(super::frozen::PATH);
    for file in plan(&tree).unwrap().files {
        tree.set(&file.path, &file.content);
    }
    tree
}

/// What the check says of a clean tree with one thing changed in one file.
fn changed(path: &str, from: &str, to: &str) -> String {
    let mut tree = clean();
    let text = tree.get(path).unwrap().to_owned();
    assert!(text.contains(from), "{from:?} is not in {path}");
    tree.set(path, &text.replacen(from, to, 1));
    found(&tree)
}

fn found(tree: &Tree) -> String {
    match super::problems(tree) {
        Ok(problems) => problems
            .iter()
            .map(|problem| format!("{problem}\n"))
            .collect(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_rust_constants_are_formatted() {
    let source = rust::source(&contract());
    let found = formatted("rustfmt --edition 2024 --emit stdout", &source);
    assert_eq!(found, source);
}

/// What a formatter makes of a text.
fn formatted(command: &str, source: &str) -> String {
    let mut words = command.split(' ');
    let mut formatter = Command::new(words.next().unwrap())
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = formatter.stdin.take().unwrap();
    stdin.write_all(source.as_bytes()).unwrap();
    drop(stdin);
    let formatted = formatter.wait_with_output().unwrap().stdout;
    String::from_utf8(formatted).unwrap()
}

#[test]
fn the_published_contract_reads_back() {
    let published = super::contract_json(&contract()).unwrap();
    assert_eq!(
        serde_json::from_str::<Contract>(&published).unwrap(),
        contract()
    );
}
