//! A running collector, and lines to send to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Where nothing can be kept: a test that keeps something names a place.
const NOWHERE: &str = "/dev/null/hero";

/// The program under test, without anything of ours in its environment.
pub(crate) fn hero_span() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hero-span"));
    for name in [
        "HERO_FLOW_SPAN_SOCK",
        "HERO_SPAN_COMPLETE",
        "HERO_SPAN_LOG",
        "LESS",
        "PAGER",
        "LISTEN_FDS",
        "LISTEN_PID",
        "NOTIFY_SOCKET",
        "NO_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "TERM",
    ] {
        command.env_remove(name);
    }
    command.env("HERO_HOME", NOWHERE).env("TZ", "UTC");
    command
}

/// What a program left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn run(command: &mut Command) -> Finished {
    Finished::of(command.stdin(Stdio::null()).output().expect("it runs"))
}

impl Finished {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

/// Waits for a program's end, but not for ever: one that hangs is killed.
#[track_caller]
pub(crate) fn await_end(child: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("waited for") {
            return status;
        }
        if begun.elapsed() > PATIENCE {
            child.kill().expect("killed");
            panic!("it does not end");
        }
        sleep(Duration::from_millis(10));
    }
}

/// The same as [`run`], of a program that might hang. It says little: nobody
/// reads it before the end.
#[track_caller]
pub(crate) fn run_to_the_end(command: &mut Command) -> Finished {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    await_end(&mut child);
    let output = child.wait_with_output().expect("ended");
    Finished::of(output)
}

/// `hero-span collect`, or `hero-span check`, listening.
pub(crate) struct Collector {
    pub(crate) child: Child,
    pub(crate) path: PathBuf,
    /// What it said until it listened.
    pub(crate) said: String,
    pub(crate) stderr: BufReader<ChildStderr>,
    stdout: Option<JoinHandle<String>>,
    _directory: TempDir,
}

impl Collector {
    /// Starts it on a socket of its own and waits until it listens.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut command = hero_span();
        command.stdout(Stdio::piped());
        Self::spawn(command, args)
    }

    pub(crate) fn spawn(command: Command, args: &[&str]) -> Self {
        Self::listen(command, "collect", args)
    }

    /// Starts `hero-span check` on a socket of its own.
    pub(crate) fn check(args: &[&str]) -> Self {
        let mut command = hero_span();
        command.stdout(Stdio::piped());
        Self::listen(command, "check", args)
    }

    /// Starts it, and keeps what comes in a directory that goes with it.
    pub(crate) fn listen(command: Command, subcommand: &str, args: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        Self::listen_in(directory, None, command, subcommand, args)
    }

    /// Starts `hero-span collect`, and keeps what comes in a home that stays.
    pub(crate) fn start_at_home(home: &Path, args: &[&str]) -> Self {
        let mut command = hero_span();
        command.stdout(Stdio::piped());
        Self::spawn_at_home(home, command, args)
    }

    pub(crate) fn spawn_at_home(home: &Path, command: Command, args: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        Self::listen_in(directory, Some(home), command, "collect", args)
    }

    fn listen_in(
        directory: TempDir,
        home: Option<&Path>,
        mut command: Command,
        subcommand: &str,
        args: &[&str],
    ) -> Self {
        let path = directory.path().join("s");
        let named = command.get_envs().find(|(name, _)| *name == "HERO_HOME");
        let named = named.and_then(|(_, value)| value).map(PathBuf::from);
        let named = named.filter(|home| home != Path::new(NOWHERE));
        let home = home.map(Path::to_path_buf).or(named);
        command.env("HERO_HOME", home.as_deref().unwrap_or(directory.path()));
        command.args([subcommand, "--listen"]).arg(&path).args(args);
        let mut child = command.stderr(Stdio::piped()).spawn().expect("it runs");
        let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
        // What cannot be kept is said before.
        let mut said = String::new();
        while !said.lines().any(|line| line.starts_with("export ")) {
            let count = stderr.read_line(&mut said).expect("a line");
            assert!(count > 0, "it does not listen: {said}");
        }
        let stdout = child.stdout.take().map(|mut stdout| {
            std::thread::spawn(move || {
                let mut text = String::new();
                stdout.read_to_string(&mut text).expect("text");
                text
            })
        });
        Self {
            child,
            path,
            said,
            stderr,
            stdout,
            _directory: directory,
        }
    }

    pub(crate) fn connect(&self) -> UnixStream {
        UnixStream::connect(&self.path).expect("it listens")
    }

    /// Connects, sends these lines and hangs up.
    pub(crate) fn send(&self, lines: &[String]) {
        self.connect()
            .write_all(lines.concat().as_bytes())
            .expect("sent");
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process id"), signal).expect("sent");
    }

    /// A figure of `/proc/PID/status`, in KiB.
    pub(crate) fn memory_kib(&self, name: &str) -> u64 {
        memory_kib(self.child.id(), name)
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Finished {
        let mut stderr = String::new();
        self.stderr.read_to_string(&mut stderr).expect("text");
        let stdout = self.stdout.take();
        let stdout = stdout.map(|reader| reader.join().expect("read"));
        Finished {
            code: self.child.wait().expect("ended").code(),
            stdout: stdout.unwrap_or_default(),
            stderr,
        }
    }
}

/// A test that is done, or has failed, leaves nobody behind.
impl Drop for Collector {
    fn drop(&mut self) {
        // It has ended already where the test waited for that.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn memory_kib(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("readable");
    let line = status
        .lines()
        .find(|line| line.starts_with(name))
        .expect("a figure");
    let digits: String = line.chars().filter(char::is_ascii_digit).collect();
    digits.parse().expect("a number")
}

/// Says that a test is left out for want of something, which where all is
/// wanted is a failure.
#[track_caller]
pub(crate) fn leave_out(missing: &str) {
    let wanted = ["CI", "HERO_REQUIRE_ALL"].map(std::env::var_os);
    assert!(wanted.iter().all(Option::is_none), "missing {missing}");
    eprintln!("left out for want of {missing}");
}

/// The line that starts a span, which is named after its number.
pub(crate) fn start(id: u64, parent: Option<u64>) -> String {
    let parent = parent.map_or("null".to_owned(), |parent| format!("\"{parent:016x}\""));
    let producer = match parent.as_str() {
        "null" => format!("\"producer\":{{\"id\":\"{id:016x}\",\"pid\":{id}}},"),
        _ => String::new(),
    };
    format!(
        "{{\"type\":\"span_start\",\"span_id\":\"{id:016x}\",\"ts_ms\":{id},{producer}\"parent_span_id\":{parent},\"name\":\"n{id}\",\"kind\":\"step\"}}\n"
    )
}

/// The line that ends it, a second later.
pub(crate) fn end(id: u64, status: &str) -> String {
    format!(
        "{{\"type\":\"span_end\",\"span_id\":\"{id:016x}\",\"ts_ms\":{},\"status\":\"{status}\"}}\n",
        id + 1000
    )
}
