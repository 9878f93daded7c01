//! What is kept, and the commands that look at it.

mod completions;
mod crash;
mod diff;
mod doctor;
mod export;
mod hostile;
mod keep;
mod logs;
mod metrics;
mod outside;
mod pager;
mod runs;
mod scale;
mod show;
mod tail;
mod upkeep;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) use crate::common::PATIENCE;
use crate::common::{Collector, Finished, await_end, end, hero_span, run, start};

/// A home where things are kept, removed with the value.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    /// One that has kept these captures, each of a connection of its own: they
    /// are runs 1, 2 and so on.
    pub(crate) fn with(captures: &[Vec<String>]) -> Self {
        let home = Self::new();
        let collector = home.collect(&["--view", "none"]);
        let mut events = 0;
        for capture in captures {
            collector.send(capture);
            events += capture.len() as u64;
            home.wait_for_events(events);
        }
        home.stop(collector);
        home
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.path().join("var/hero-span/spans.db")
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = hero_span();
        command.env("HERO_HOME", self.path());
        command
    }

    pub(crate) fn collect(&self, args: &[&str]) -> Collector {
        Collector::start_at_home(self.path(), args)
    }

    /// Ends a collector as Ctrl-C does; what was sent is kept.
    pub(crate) fn stop(&self, collector: Collector) -> Finished {
        collector.signal(Signal::INT);
        let finished = collector.finish();
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        finished
    }

    pub(crate) fn run(&self, args: &[&str]) -> Finished {
        run(self.command().args(args))
    }

    /// What a command prints that does its work and complains of nothing.
    #[track_caller]
    pub(crate) fn shown(&self, args: &[&str]) -> String {
        let finished = self.run(args);
        assert_eq!(
            (finished.code, &*finished.stderr),
            (Some(0), ""),
            "{args:?}"
        );
        finished.stdout
    }

    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.shown(args)).expect("JSON")
    }

    /// Waits until the runs are as they should be.
    #[track_caller]
    pub(crate) fn wait(&self, is_so: impl Fn(&[Value]) -> bool) {
        let begun = Instant::now();
        loop {
            let found = self.run(&["runs", "--json", "-n", "1000"]);
            let runs: Value = serde_json::from_str(&found.stdout).unwrap_or_default();
            if runs.as_array().is_some_and(|runs| is_so(runs)) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "it never is: {found:?}");
            sleep(Duration::from_millis(20));
        }
    }

    /// Changes the store behind everybody's back.
    pub(crate) fn sql(&self, statements: &str) {
        const PROGRAM: &str = "import sqlite3, sys\n\
            sqlite3.connect(sys.argv[1]).executescript(sys.stdin.read())";
        let mut command = Command::new("python3");
        command.args(["-c", PROGRAM]).arg(self.store());
        let mut child = command.stdin(Stdio::piped()).spawn().expect("it runs");
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(statements.as_bytes()).expect("sent");
        drop(stdin);
        assert!(await_end(&mut child).success());
    }

    /// The store as if this process collected there, and had last been heard
    /// of so many seconds ago.
    pub(crate) fn pretend_to_collect(&self, socket: &str, seconds: u32) {
        let pid = std::process::id();
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.expect("after 1970");
        let heard = (now.as_secs_f64() - f64::from(seconds)) * 1e3;
        self.sql(&format!(
            "UPDATE collectors SET ended = NULL, pid = {pid}, socket = '{socket}',
                heard = {heard};"
        ));
        let mut lock = self.store().into_os_string();
        lock.push(".lock");
        std::fs::write(lock, "").expect("written");
    }

    #[track_caller]
    fn wait_for_events(&self, events: u64) {
        let count = |run: &Value| {
            let figures = ["events", "skipped", "rejected", "torn"];
            figures
                .map(|name| run[name].as_u64().unwrap_or(0))
                .iter()
                .sum::<u64>()
        };
        self.wait(|runs| {
            runs.iter().map(count).sum::<u64>() >= events
                && runs.iter().all(|run| run["connected"] == 0)
        });
    }
}

/// Three runs: one that is ok, one that failed, and one that was cut off.
pub(crate) fn three_runs() -> Home {
    let ok = vec![
        start(1, None),
        start(2, Some(1)),
        end(2, "ok"),
        end(1, "ok"),
    ];
    let failed = vec![
        start(0x11, None),
        start(0x12, Some(0x11)),
        line(
            r#"{"type":"span_tag","span_id":"0000000000000012","ts_ms":20,"key":"day","value":"monday"}"#,
        ),
        line(
            r#"{"type":"span_log","span_id":"0000000000000012","ts_ms":21,"level":"warn","message":"slow","fields":{"n":1}}"#,
        ),
        line(
            r#"{"type":"span_end","span_id":"0000000000000012","ts_ms":31,"status":"failed","error":"Traceback:\n  x.py\nTimeoutError: no answer","error_type":"TimeoutError"}"#,
        ),
        end(0x11, "failed"),
    ];
    let cut_off = vec![
        start(0x21, None),
        start(0x22, Some(0x21)),
        end(0x22, "cancelled"),
    ];
    Home::with(&[ok, failed, cut_off])
}

pub(crate) fn line(json: &str) -> String {
    format!("{json}\n")
}
