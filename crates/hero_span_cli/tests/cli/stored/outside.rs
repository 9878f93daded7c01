//! Programs of others, which read what we write.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::leave_out;

/// What a Python program prints that needs a package from PyPI, and reads this.
/// `None` where the package is missing, which where all is wanted is a failure.
pub(crate) fn python(package: &str, program: &str, input: &str) -> Option<String> {
    let mut probe = Command::new("python3");
    probe.args(["-c", &format!("import {package}")]);
    if !probe.output().expect("python3").status.success() {
        leave_out(&format!("{package}: see sdk/python/requirements-dev.txt"));
        return None;
    }
    let mut command = Command::new("python3");
    command.args(["-c", program]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("ended");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    writer.join().expect("joined").expect("read");
    Some(String::from_utf8(output.stdout).expect("text"))
}

/// An example of the Python SDK, sending there.
pub(crate) fn example(name: &str, socket: &Path) -> Command {
    let mut command = Command::new("python3");
    command.arg(examples().join(name).with_extension("py"));
    command
        .env("HERO_FLOW_SPAN_SOCK", socket)
        .env_remove("HERO_FLOW_PARENT_SPAN");
    command
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/python/examples")
}
