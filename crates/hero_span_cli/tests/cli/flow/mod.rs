//! Flows that `hero-span` runs, lists, stops and runs again: real processes of
//! Python in a home that was empty before.

mod ends;
mod first;
mod inputs;
mod kept;
mod left;
mod list;
mod nested;
mod outside;
mod prints;
mod rerun;
mod stop;

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hero_span_collector::store::{ExecutionLine, Reader};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{Finished, PATIENCE, run};

/// A home, a runtime directory and a working directory, with nothing in them.
/// Whoever runs in there has ended when it goes.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut builder = fs::DirBuilder::new();
        builder.mode(0o700);
        for name in ["run", "work"] {
            builder.create(directory.path().join(name)).expect("made");
        }
        Self(directory)
    }

    /// One with this file in its working directory.
    pub(crate) fn with(name: &str, code: &str) -> Self {
        let place = Self::new();
        place.write(name, code);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path("work").join(name);
        fs::create_dir_all(path.parent().expect("a directory")).expect("made");
        fs::write(&path, text).expect("written");
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let path = self.path("work").join(name);
        fs::read_to_string(path).unwrap_or_default()
    }

    /// A program that runs here, with an environment of its own.
    pub(crate) fn program(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").expect("a PATH"))
            .env("HOME", self.0.path())
            .env("HERO_HOME", self.path("hero"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .current_dir(self.path("work"))
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_hero-span"));
        command.args(args);
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Finished {
        run(&mut self.command(args))
    }

    /// The same, where what comes may be no text.
    pub(crate) fn run_bytes(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("it runs")
    }

    /// Starts a run and waits until the flow has written that file.
    #[track_caller]
    pub(crate) fn start(&self, args: &[&str], until: &str) -> Running<'_> {
        self.start_command(&mut self.command(args), until)
    }

    /// The same, in a process group of its own.
    #[track_caller]
    pub(crate) fn start_apart(&self, args: &[&str], until: &str) -> Running<'_> {
        self.start_command(self.command(args).process_group(0), until)
    }

    #[track_caller]
    fn start_command(&self, command: &mut Command, until: &str) -> Running<'_> {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("it runs");
        let mut running = Running { child, place: self };
        let begun = Instant::now();
        while self.read(until).is_empty() {
            let has_ended = running.child.try_wait().expect("a child").is_some();
            if has_ended || begun.elapsed() > PATIENCE {
                let processes = self.command_lines();
                running.signal(Signal::KILL);
                panic!("no flow: {:?}, of {processes:?}", running.finish());
            }
            sleep(Duration::from_millis(5));
        }
        running
    }

    /// The end of a run, as JSON.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let finished = self.run(args);
        serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("no JSON: {finished:?}"))
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.path("hero/var/hero-span/spans.db")
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(&self.store()).expect("a store")
    }

    #[track_caller]
    pub(crate) fn execution(&self, name: &str) -> ExecutionLine {
        let found = self.reader().execution(name).expect("readable");
        found.unwrap_or_else(|| panic!("{name} is not written down"))
    }

    /// The runs that are kept, with their spans.
    pub(crate) fn runs(&self) -> Value {
        let finished = self.run(&["runs", "--json"]);
        serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("no JSON: {finished:?}"))
    }

    /// What stands in a message whatever the machine and the time.
    pub(crate) fn steady(&self, text: &str) -> String {
        let own = self.0.path().to_str().expect("text");
        without_times(&text.replace(own, "DIR"))
    }

    /// The processes that know this place from their environment.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let own = self.0.path().to_str().expect("text").as_bytes();
        let entries = fs::read_dir("/proc").expect("/proc").flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let knows = |pid: &u32| {
            let words = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            words.windows(own.len()).any(|part| part == own)
        };
        pids.filter(knows).collect()
    }

    /// What they were called with.
    fn command_lines(&self) -> Vec<String> {
        let line = |pid: &u32| {
            let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&words).replace('\0', " ")
        };
        self.processes().iter().map(line).collect()
    }

    /// Those of them that collect.
    pub(crate) fn collectors(&self) -> Vec<u32> {
        let collects = |pid: &u32| {
            let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            words.split(|byte| *byte == 0).nth(1) == Some(b"collect")
        };
        self.processes().into_iter().filter(collects).collect()
    }
}

/// A collector in the background would stay for ten seconds more.
impl Drop for Place {
    fn drop(&mut self) {
        let begun = Instant::now();
        // One that is just being started has no handler yet, and ends too.
        for pid in self.collectors() {
            signal(pid, Signal::TERM);
        }
        while begun.elapsed() < PATIENCE && !self.processes().is_empty() {
            if std::thread::panicking() {
                for pid in self.processes() {
                    signal(pid, Signal::KILL);
                }
            }
            sleep(Duration::from_millis(10));
        }
        let left = self.processes();
        assert!(
            std::thread::panicking() || left.is_empty(),
            "left: {left:?}"
        );
    }
}

/// A `hero-span` that goes on.
pub(crate) struct Running<'p> {
    pub(crate) child: Child,
    place: &'p Place,
}

impl Running<'_> {
    pub(crate) fn signal(&self, number: Signal) {
        signal(self.child.id(), number);
    }

    /// Its end: the code, and what it said that is the same each time.
    #[track_caller]
    pub(crate) fn finish(self) -> Finished {
        let output = self.child.wait_with_output().expect("ended");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Finished {
            code: output.status.code(),
            stdout: self.place.steady(&text(output.stdout)),
            stderr: self.place.steady(&text(output.stderr)),
        }
    }
}

pub(crate) fn signal(pid: u32, number: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // It may be gone.
    let _ = kill_process(pid.expect("a process id"), number);
}

#[track_caller]
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        sleep(Duration::from_millis(5));
    }
}

/// `12.5ms`, `3 µs` and their like become `TIME`.
fn without_times(text: &str) -> String {
    let mut steady = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(at);
        let is_word = before.ends_with(|c: char| c.is_alphanumeric() || "_-/".contains(c));
        let end = number.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (digits, after) = number.split_at(end.unwrap_or(number.len()));
        steady.push_str(before);
        match unit(after).filter(|_| !is_word) {
            Some(after) => {
                steady.push_str("TIME");
                rest = after;
            }
            None => {
                steady.push_str(digits);
                rest = after;
            }
        }
    }
    steady + rest
}

/// What comes after a unit of time.
fn unit(text: &str) -> Option<&str> {
    let text = text.strip_prefix(' ').unwrap_or(text);
    let mut units = ["ns", "µs", "ms", "s"].iter();
    let after = units.find_map(|unit| text.strip_prefix(unit))?;
    let is_whole = !after.starts_with(char::is_alphanumeric);
    is_whole.then_some(after)
}

/// A flow whose body is these lines.
pub(crate) fn flow_of(body: &str) -> String {
    let body = body.trim().replace('\n', "\n    ");
    format!(
        "import os, signal, sys, time\nfrom hero_tracing import flow\n\n@flow\ndef nightly():\n    {body}\n"
    )
}

/// Says that it is there, and waits: for ever, in effect.
pub(crate) const WAITS: &str = "\
with flow.span(\"load\"):
    with flow.span(\"Db.fetch\", kind=\"rpc\"):
        open(\"there\", \"w\").write(str(os.getpid()))
        time.sleep(600)";

/// The same, and minds no signal that can be ignored.
pub(crate) const STUBBORN: &str = "\
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
open(\"there\", \"w\").write(str(os.getpid()))
time.sleep(600)";
