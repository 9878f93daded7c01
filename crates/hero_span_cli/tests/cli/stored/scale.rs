//! A run of a hundred thousand spans.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Home;
use crate::common::{end, hero_span, start};

const SPANS: u64 = 100_000;

/// A root, steps of it, and a hundred spans under each.
fn large_run() -> Home {
    let home = Home::new();
    let collector = home.collect(&["--view", "none"]);
    let mut lines = vec![start(1, None)];
    let mut step = 1;
    for id in 2..=SPANS {
        if (id - 2) % 101 == 0 {
            step = id;
            lines.push(start(id, Some(1)));
        } else {
            lines.push(start(id, Some(step)));
        }
    }
    lines.extend((1..=SPANS).rev().map(|id| end(id, "ok")));
    collector.send(&lines);
    home.wait(|runs| {
        runs.iter()
            .any(|run| run["events"] == 2 * SPANS && run["connected"] == 0)
    });
    home.stop(collector);
    home
}

/// A second run that is the first one again, each span a second longer.
fn copied(home: &Home) {
    let copy = |table: &str, changes: &str| {
        format!(
            "CREATE TEMP TABLE copied AS SELECT * FROM {table};
            UPDATE copied SET {changes};
            INSERT INTO {table} SELECT * FROM copied;
            DROP TABLE copied;"
        )
    };
    let copies = [
        copy("runs", "id = id + 1"),
        copy("sessions", "id = id + 1, run = run + 1"),
        copy(
            "spans",
            "id = id + 1000000, session = session + 1, ended = ended + 1000",
        ),
        copy(
            "events",
            "id = id + 1000000, session = session + 1, span = span + 1000000",
        ),
    ];
    home.sql(&copies.concat());
}

/// How long it takes to compare two runs, and the most that it holds, in KiB.
fn diff(home: &Home, args: &[&str], code: i32) -> (Duration, u64) {
    let begun = Instant::now();
    let mut command = home.command();
    command.arg("diff").args(args).stdout(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let mut stdout = child.stdout.take().expect("piped");
    let mut chunk = vec![0; 1 << 16];
    let mut most = 0;
    while let Ok(1..) = stdout.read(&mut chunk) {
        most = most.max(held(child.id()));
    }
    assert_eq!(child.wait().expect("ended").code(), Some(code), "{args:?}");
    (begun.elapsed(), most)
}

/// How long a command takes until somebody has read so many lines of it.
fn took(home: &Home, command: &str, lines: u32) -> Duration {
    let begun = Instant::now();
    let mut shell = Command::new("sh");
    let script = format!("\"$0\" {command} | head -n {lines}");
    shell.args(["-c", &script]).arg(hero_span().get_program());
    shell.env("HERO_HOME", home.path());
    let output = shell.output().expect("it runs");
    assert!(output.stderr.is_empty(), "{output:?}");
    assert_eq!(
        output.stdout.iter().filter(|byte| **byte == b'\n').count(),
        lines as usize
    );
    begun.elapsed()
}

/// Nothing once it has ended.
fn held(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}

/// The most that an export holds while it is read, in KiB, and its lines.
fn export(home: &Home, format: &str) -> (u64, usize) {
    let mut command = home.command();
    command
        .args(["export", "--format", format])
        .stdout(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let mut stdout = child.stdout.take().expect("piped");
    let mut chunk = vec![0; 1 << 16];
    let (mut most, mut lines) = (0, 0);
    while let Ok(count @ 1..) = stdout.read(&mut chunk) {
        lines += chunk[..count].iter().filter(|byte| **byte == b'\n').count();
        most = most.max(held(child.id()));
    }
    assert_eq!(child.wait().expect("ended").code(), Some(0));
    (most, lines)
}

#[test]
fn a_large_run_is_looked_at_soon_and_exported_in_little_memory() {
    let home = large_run();
    let runs = took(&home, "runs", 2);
    let show = took(&home, "show", 5);
    let logs = took(&home, "export", 5);
    eprintln!("{SPANS} spans: runs {runs:?}, show {show:?}, export {logs:?}");
    assert!(runs < Duration::from_secs(2), "{runs:?}");
    assert!(show < Duration::from_secs(10), "{show:?}");
    assert!(logs < Duration::from_secs(10), "{logs:?}");
    let begun = Instant::now();
    let (held, lines) = export(&home, "jsonl");
    eprintln!("jsonl: {held} KiB, {:?}", begun.elapsed());
    assert_eq!(lines as u64, 2 * SPANS);
    assert!(held < 48 * 1024, "{held} KiB");
    for format in ["chrome", "otlp-json"] {
        let begun = Instant::now();
        let (held, lines) = export(&home, format);
        eprintln!("{format}: {held} KiB, {:?}", begun.elapsed());
        assert!(lines as u64 > SPANS);
        assert!(held < 256 * 1024, "{held} KiB");
    }
    copied(&home);
    for (args, code) in [
        (&["--tolerance", "1s"][..], 0),
        (&["--tolerance", "999ms", "--json"], 1),
    ] {
        let (took, held) = diff(&home, args, code);
        eprintln!("diff {args:?}: {took:?}, {held} KiB");
        assert!(took < Duration::from_secs(60), "{took:?}");
        assert!(held < 512 * 1024, "{held} KiB");
    }
}
