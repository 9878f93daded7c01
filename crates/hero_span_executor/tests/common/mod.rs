//! Programs to run, and what is left of them.
#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod host;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hero_span_executor::{Command, Ending, Output, Stream, Supervised};

pub(crate) const HELPER: &str = env!("CARGO_BIN_EXE_hero-span-executor-helper");

/// Five processes that ignore all that can be ignored, hold standard output
/// open, and note that they are there: the flow, a child, one of a double fork
/// in a session of its own, and a child in a session of its own with a child in
/// another one.
pub(crate) const STUBBORN: &str = r#"
import os, signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)

def linger():
    open(os.path.join(os.environ["MARK"], str(os.getpid())), "w").close()
    while True:
        print("here", flush=True)
        time.sleep(0.05)

if os.fork() == 0:
    linger()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        linger()
    os._exit(0)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
    linger()
linger()
"#;
pub(crate) const STUBBORN_PROCESSES: usize = 5;

pub(crate) fn command(program: &str, arguments: &[&str]) -> Command {
    let path = std::env::var_os("PATH").expect("a PATH");
    Command::new(program)
        .arguments(arguments)
        .environment(vec![("PATH".into(), path)])
        .supervisor(Path::new(HELPER))
}

pub(crate) fn python(code: &str) -> Command {
    command("python3", &["-c", code])
}

/// A directory whose name marks processes: those that have it in their
/// environment.
pub(crate) struct Mark(tempfile::TempDir);

impl Mark {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn python(&self, code: &str) -> Command {
        let path = std::env::var_os("PATH").expect("a PATH");
        let mark = self.path().into();
        python(code).environment(vec![("PATH".into(), path), ("MARK".into(), mark)])
    }

    /// How many processes noted that they are there.
    pub(crate) fn noted(&self) -> usize {
        fs::read_dir(self.path()).expect("the directory").count()
    }

    /// The processes that live, and those of whoever noted itself that are dead
    /// and not waited for.
    pub(crate) fn left(&self) -> Vec<u32> {
        let word = format!("MARK={}", self.path().display());
        let marked = |pid: &u32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            let mut words = environment.split(|byte| *byte == 0);
            words.any(|found| found == word.as_bytes()) || self.is_noted_zombie(*pid)
        };
        processes().filter(marked).collect()
    }

    fn is_noted_zombie(&self, pid: u32) -> bool {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.contains(") Z ") && self.path().join(pid.to_string()).exists()
    }
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The parent of a process; none if it is gone.
pub(crate) fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(1)?.parse().ok()
}

/// Whether a process is there and not dead: one that lost its parent may wait
/// long for the system to wait for it.
pub(crate) fn lives(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

pub(crate) fn kill(pid: u32) {
    signal(pid, rustix::process::Signal::KILL);
}

pub(crate) fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid.try_into().expect("a pid")).expect("a pid");
    let _ = rustix::process::kill_process(pid, signal);
}

/// Waits until that is so, for `most`; gives how long it took.
#[track_caller]
pub(crate) fn within(most: Duration, what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < most, "not within {most:?}: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
    began.elapsed()
}

pub(crate) async fn start(command: &Command) -> (Supervised, Output) {
    Supervised::start(command).await.expect("started")
}

/// Runs to the end, without a deadline.
pub(crate) async fn run(command: &Command) -> (Ending, String, String) {
    let (run, output) = start(command).await;
    let reading = tokio::spawn(text(output));
    let ending = run.wait_until(None, Duration::ZERO).await;
    let (stdout, stderr) = reading.await.expect("read");
    (ending, stdout, stderr)
}

/// All that a run prints.
pub(crate) async fn text(mut output: Output) -> (String, String) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    while let Some(piece) = output.next().await {
        match piece.stream {
            Stream::Stdout => stdout.extend(piece.bytes),
            Stream::Stderr => stderr.extend(piece.bytes),
        }
    }
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (text(stdout), text(stderr))
}

/// Where the SDK is staged.
pub(crate) fn staged(base: &Path) -> PathBuf {
    base.join("var/flows/sdk/hero_tracing.py")
}
