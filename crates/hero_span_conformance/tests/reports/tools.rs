//! Tools of others that read what the suite writes.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A file of a pinned npm package.
pub(crate) fn npm(path: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = root.join("target/report-tools/node_modules").join(path);
    assert!(
        file.exists(),
        "{} is missing: `cargo xtask test rust` installs it, with npm",
        file.display()
    );
    file
}

/// Gives a program its input, and takes what it says.
pub(crate) fn run(command: &mut Command, package: &str, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}: install {package}"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output
}
