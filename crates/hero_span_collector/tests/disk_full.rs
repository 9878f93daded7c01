//! A disk that is full for real: a small file system in memory, which only
//! root can mount. Elsewhere the simulation stands in for it.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::{collected_by, end, start, store};
use hero_span_collector::store::{Filter, Reader, Writer};
use hero_span_collector::{Collector, Figures, Store};
use tempfile::TempDir;

/// A mount that goes with this.
struct Mount(PathBuf);

impl Mount {
    /// `None` where it is not allowed.
    fn small(at: &Path) -> Option<Self> {
        let mount = Self(at.to_owned());
        mount.run("size=1m").then_some(mount)
    }

    fn run(&self, options: &str) -> bool {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]);
        let ran = mount.arg(&self.0).output();
        ran.is_ok_and(|ran| ran.status.success())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

fn log(stream: &mut UnixStream, id: u64, text: &str) {
    let line = format!(
        "{{\"type\":\"span_log\",\"span_id\":\"{id:016x}\",\"ts_ms\":{id},\"message\":\"{text}\"}}\n"
    );
    stream.write_all(line.as_bytes()).expect("written");
}

/// Waits until something holds; for how long it did not.
fn until(what: &str, holds: impl Fn() -> bool) -> Duration {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "never {what}");
        sleep(Duration::from_millis(10));
    }
    begun.elapsed()
}

#[test]
fn a_full_disk_holds_nobody_up_and_is_used_again_once_there_is_room() {
    let directory = TempDir::new().expect("a directory");
    let Some(mount) = Mount::small(directory.path()) else {
        eprintln!("left out: nothing can be mounted here");
        return;
    };
    let path = directory.path().join("store");
    let figures = Figures::default();
    let collector = Collector::default()
        .with_figures(figures.clone())
        .with_store(Some(store(&path)));
    let text = "x".repeat(16_000);
    let found = collected_by(collector, |connect| {
        let mut large = connect();
        large.write_all(&start(1, None)).expect("written");
        until("stored", || figures.snapshot().stored == 1);
        let begun = Instant::now();
        // More than fits there, and more than is kept for later.
        for _ in 0..900 {
            log(&mut large, 1, &text);
        }
        until("let go", || figures.snapshot().unstored > 0);
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(10), "it took {took:?} to drain");
        assert!(figures.snapshot().commit_failures > 0);
        large.write_all(&end(1, "failed")).expect("written");
        drop(large);
        assert!(mount.run("remount,size=64m"));
        let mut next = connect();
        next.write_all(&start(2, None)).expect("written");
        let reader = Reader::open(&path).expect("a store");
        let took = until("stored again", || reader.find("2").is_ok());
        eprintln!("stored {took:?} after there was room");
        // It is tried four times a second; the machine may be busy.
        assert!(took < Duration::from_secs(2), "{took:?}");
    });
    let snapshot = figures.snapshot();
    assert_eq!(snapshot.events, found.totals.counts.events);
    assert_eq!(snapshot.stored + snapshot.unstored, snapshot.events);
    let reader = Reader::open(&path).expect("a store");
    let runs = reader.runs(&Filter::default(), 9).expect("runs");
    let runs: Vec<_> = runs.iter().map(|run| (run.run, &*run.state)).collect();
    assert_eq!(runs, [(2, "open"), (1, "failed")]);
    let health = reader.health(true).expect("health");
    assert!(health.faults.is_empty(), "{:?}", health.faults);
    assert_eq!(health.events, snapshot.stored);
    assert_eq!(health.unstored, snapshot.unstored);
}

#[test]
fn a_disk_that_may_only_be_read_is_named() {
    let directory = TempDir::new().expect("a directory");
    let Some(mount) = Mount::small(directory.path()) else {
        eprintln!("left out: nothing can be mounted here");
        return;
    };
    assert!(mount.run("remount,ro"));
    let path = directory.path().join("store");
    let writer = Writer {
        pid: 1,
        version: "1.0.0",
        socket: None,
        now_ms: 0.0,
    };
    let error = Store::open(&path, writer)
        .expect_err("read only")
        .to_string();
    let error = error.replace(&path.display().to_string(), "PATH");
    insta::assert_snapshot!(error, @"PATH.lock: cannot open the lock file: Read-only file system (os error 30)");
}
