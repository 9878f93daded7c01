//! An adapter that floods the runner does not fill its memory.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a runner may hold at most, in KiB.
const MEMORY: u64 = 64 * 1024;

/// The most that a process ever held, in KiB, as long as it is there.
fn peak(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Answers `start` and then runs this Python in its place.
fn check(flood: &str, why: &str) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("adapter.py");
    let hello = r#"{"ok":true,"sdk":"x","version":"1","protocol":1,"features":["reuse"]}"#;
    let script = format!(
        "import os, sys\nsys.stdin.readline()\nprint('{hello}', flush=True)\n\
         sys.stdin.readline()\nmega = b'x' * 1_000_000\n{flood}\n"
    );
    fs::write(&file, script).unwrap();
    let started = Instant::now();
    let mut runner = Command::new(env!("CARGO_BIN_EXE_hero-span"))
        .args(["conformance", "run", "--adapter"])
        .arg(format!("python3 {}", file.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut most = 0;
    while runner.try_wait().unwrap().is_none() {
        most = most.max(peak(runner.id()).unwrap_or_default());
        assert!(started.elapsed() < Duration::from_secs(60), "it hangs");
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = runner.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains(why), "expected {why:?} in:\n{said}");
    assert!((1..MEMORY).contains(&most), "{most} KiB");
}

#[test]
fn on_its_stdout() {
    let flood = "for _ in range(1000): os.write(1, mega)";
    check(flood, "expected a line of at most 1048576 bytes");
}

#[test]
fn on_its_stdout_in_lines() {
    let flood = "for _ in range(1_000_000): os.write(1, mega[:999] + b'\\n')";
    check(flood, "expected an answer, found \"xxx");
}

#[test]
fn on_its_stderr() {
    let flood = "for _ in range(1000): os.write(2, mega)\nos._exit(7)";
    check(flood, "exit status: 7");
}
