//! Flows that `hero-span run` runs.

mod control;
mod ends;
mod kept;
mod list;
mod nested;
mod surroundings;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hero_span_collector::store::Reader;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{Finished, PATIENCE, hero_span, run_to_the_end};

/// An empty home, a directory to work in, and a file with flows.
struct Desk {
    directory: TempDir,
}

impl Desk {
    fn new(code: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let desk = Self { directory };
        for made in ["run", "work"] {
            fs::create_dir(desk.path(made)).expect("made");
        }
        desk.write("flow.py", code);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path("work").join(name), text).expect("written");
    }

    fn store(&self) -> PathBuf {
        self.path("home/var/hero-span/spans.db")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = hero_span();
        command
            .args(args)
            .env("HERO_HOME", self.path("home"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env_remove("HERO_FLOW_PARENT_SPAN")
            .current_dir(self.path("work"));
        command
    }

    #[track_caller]
    fn hero_span(&self, args: &[&str]) -> Finished {
        run_to_the_end(&mut self.command(args))
    }

    /// `hero-span run --json` of `flow.py`, or of one of its flows.
    #[track_caller]
    fn json(&self, flow: &str, more: &[&str]) -> Value {
        let args = [&["run", "--json", flow], more].concat();
        let finished = self.hero_span(&args);
        let json: Value = serde_json::from_str(&finished.stdout).expect(&finished.stderr);
        assert_eq!(json["exit_code"], finished.code.expect("a code"));
        json
    }

    fn spawn(&self, args: &[&str]) -> Child {
        let mut command = self.command(args);
        let command = command.stdin(Stdio::null());
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("it runs")
    }

    /// Waits until a file is there: flows make it to say how far they are.
    #[track_caller]
    fn wait_for(&self, name: &str) -> String {
        let path = self.path("work").join(name);
        within("the flow gets there", || path.exists());
        fs::read_to_string(path).expect("text")
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.store()).expect("a store")
    }
}

/// A collector that a run started is not left behind.
impl Drop for Desk {
    fn drop(&mut self) {
        let Ok(reader) = Reader::open(&self.store()) else {
            return;
        };
        let collector = reader.collector().ok().flatten();
        if let Some(collector) = collector.filter(|collector| collector.is_alive) {
            signal(collector.pid, Signal::TERM);
            within("it ends", || {
                !Path::new(&format!("/proc/{}", collector.pid)).exists()
            });
        }
    }
}

fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // It may be gone.
    let _ = kill_process(pid.expect("a process id"), signal);
}

#[track_caller]
fn within(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether such a process runs, and is not only what is left of one.
fn lives(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

/// A text without what differs from one run to the next: durations, and the
/// numbers of runs' names.
fn stable(text: &str) -> String {
    let mut stable = String::new();
    let mut words = text.split_inclusive([' ', '\n', ',', ':']).peekable();
    while let Some(word) = words.next() {
        let (plain, end) = parted(word);
        let unit = words.peek().map(|next| parted(next).0);
        if plain.parse::<f64>().is_ok() && end == " " && unit.is_some_and(is_unit) {
            // 1.2 ms, as in a tree.
            let end = words.next().map_or("", |unit| parted(unit).1);
            stable += &format!("TIME{end}");
        } else if is_duration(plain) {
            stable += &format!("TIME{end}");
        } else {
            stable += &named(word, plain, end);
        }
    }
    stable
}

/// A word, and what stands behind it.
fn parted(word: &str) -> (&str, &str) {
    let plain = word.trim_end_matches([' ', '\n', ',', ':']);
    (plain, &word[plain.len()..])
}

/// The word without the number of a run's name.
fn named(word: &str, plain: &str, end: &str) -> String {
    match plain.rsplit_once('-') {
        Some((stem, number))
            if number.len() == 8 && number.bytes().all(|b| b.is_ascii_hexdigit()) =>
        {
            format!("{stem}-ID{end}")
        }
        _ => word.to_owned(),
    }
}

fn is_unit(word: &str) -> bool {
    ["s", "ms", "µs", "ns"].contains(&word)
}

fn is_duration(word: &str) -> bool {
    let unit = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    unit.len() < word.len() && is_unit(unit)
}
