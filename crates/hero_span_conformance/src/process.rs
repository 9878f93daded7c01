//! A child process that talks JSON Lines: started in a group of its own, never
//! waited for without a deadline, never read without a cap, killed with its
//! children.

mod pipes;

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, Signal, kill_process_group};
use serde::Serialize;

use crate::fault::{Fault, FaultKind};
use pipes::{Complaints, LINE_BYTES, never_block, read_some, wait};

/// How often is looked whether it still runs: a child that it left behind may
/// hold its stdout open.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long it may take to end once its stdin is closed.
const FAREWELL: Duration = Duration::from_secs(2);

/// How to start an adapter.
#[derive(Clone, Debug)]
pub struct Launch {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Where it runs; `None` is where the runner does.
    pub directory: Option<PathBuf>,
    /// How long one answer may take.
    pub patience: Duration,
    /// Whether the dialogue is shown on stderr.
    pub trace: bool,
}

impl Launch {
    /// With the usual patience.
    pub fn new(command: Vec<String>) -> Self {
        Self {
            command,
            directory: None,
            patience: Duration::from_secs(10),
            trace: false,
        }
    }
}

/// What the runner does while it waits for a line.
pub(crate) trait Meanwhile {
    /// Does everything that can be done without waiting.
    fn serve(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// When it has to be served again, even if none of its sources is readable.
    fn wakes_at(&self) -> Option<Instant> {
        None
    }

    /// What it reads from.
    fn sources(&self) -> Vec<BorrowedFd<'_>> {
        Vec::new()
    }
}

/// Nothing else is to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nothing;

impl Meanwhile for Nothing {}

/// A running process and its three pipes. Dropping it kills its whole group.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    heard: Vec<u8>,
    complaints: Complaints,
    patience: Duration,
    trace: bool,
}

impl Process {
    /// Starts it with these variables; `None` unsets one. The fault is
    /// `CannotStart` if there is no such program.
    pub(crate) fn start(
        launch: &Launch,
        variables: &[(&str, Option<&str>)],
    ) -> Result<Self, Fault> {
        let command = launch.command.join(" ");
        spawn(launch, variables)
            .and_then(|child| Self::over(child, launch))
            .map_err(|error| FaultKind::CannotStart(command, error).into_fault())
    }

    fn over(mut child: Child, launch: &Launch) -> io::Result<Self> {
        let no_pipe = || io::Error::other("the process has no pipe");
        let stdin = child.stdin.take().ok_or_else(no_pipe)?;
        let stdout = child.stdout.take().ok_or_else(no_pipe)?;
        let stderr = child.stderr.take().ok_or_else(no_pipe)?;
        never_block(&stdin)?;
        never_block(&stdout)?;
        Ok(Self {
            child,
            stdin: Some(stdin),
            stdout,
            heard: Vec::new(),
            complaints: Complaints::of(stderr)?,
            patience: launch.patience,
            trace: launch.trace,
        })
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Says one thing as a line of JSON; the process must read while it has
    /// nothing to do.
    pub(crate) fn say(&mut self, message: &impl Serialize) -> Result<(), Fault> {
        let line =
            serde_json::to_vec(message).map_err(|error| self.fault(FaultKind::Io(error.into())))?;
        self.say_line(line)
    }

    /// Says one line, given without its line feed.
    pub(crate) fn say_line(&mut self, mut line: Vec<u8>) -> Result<(), Fault> {
        if self.trace {
            eprintln!("→ {}", String::from_utf8_lossy(&line));
        }
        line.push(b'\n');
        let deadline = Instant::now() + self.patience;
        let mut rest = line.as_slice();
        while !rest.is_empty() {
            match self.stdin.as_mut().map_or(Ok(0), |stdin| stdin.write(rest)) {
                Ok(0) => return Err(self.gone()),
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait_to_say(deadline)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Err(self.gone()),
                Err(error) => return Err(self.fault(FaultKind::Io(error))),
            }
        }
        Ok(())
    }

    fn wait_to_say(&mut self, deadline: Instant) -> Result<(), Fault> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(self.fault(FaultKind::Deaf(self.patience)));
        }
        if let Some(stdin) = &self.stdin {
            let mut sources = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::OUT)];
            wait(&mut sources, left).map_err(|error| self.fault(FaultKind::Io(error)))?;
        }
        Ok(())
    }

    /// The next line of its stdout, without its end.
    pub(crate) fn hear(&mut self, meanwhile: &mut impl Meanwhile) -> Result<String, Fault> {
        let deadline = Instant::now() + self.patience;
        loop {
            meanwhile
                .serve()
                .map_err(|error| self.fault(FaultKind::Io(error)))?;
            // Looked at before stdout is read, for the last words come before the end.
            let has_ended = !matches!(self.child.try_wait(), Ok(None));
            if let Some(line) = self.line()? {
                return Ok(line);
            }
            if has_ended {
                return Err(self.gone());
            }
            if !self.wait_for_more(meanwhile, deadline)? {
                return Err(self.fault(FaultKind::Silent(self.patience)));
            }
        }
    }

    /// Takes a whole line from stdout if there is one.
    fn line(&mut self) -> Result<Option<String>, Fault> {
        let is_open = read_some(&mut self.stdout, &mut self.heard)
            .map_err(|error| self.fault(FaultKind::Io(error)))?;
        self.complaints.listen();
        if let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
            let rest = self.heard.split_off(end + 1);
            let line = std::mem::replace(&mut self.heard, rest);
            let line = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
            if self.trace {
                eprintln!("← {line}");
            }
            return Ok(Some(line));
        }
        if self.heard.len() > LINE_BYTES {
            return Err(self.fault(FaultKind::Flood(LINE_BYTES)));
        }
        if is_open { Ok(None) } else { Err(self.gone()) }
    }

    /// Whether there was time to wait.
    fn wait_for_more(
        &mut self,
        meanwhile: &impl Meanwhile,
        deadline: Instant,
    ) -> Result<bool, Fault> {
        let now = Instant::now();
        if now >= deadline {
            return Ok(false);
        }
        let wakes_at = meanwhile.wakes_at().unwrap_or(deadline).min(deadline);
        let left = wakes_at.saturating_duration_since(now).min(LOOK_EVERY);
        let own = std::iter::once(self.stdout.as_fd()).chain(self.complaints.source());
        let mut sources: Vec<PollFd<'_>> = own
            .chain(meanwhile.sources())
            .map(|source| PollFd::from_borrowed_fd(source, PollFlags::IN))
            .collect();
        wait(&mut sources, left).map_err(|error| FaultKind::Io(error).into_fault())?;
        Ok(true)
    }

    /// A fault of this process, with the end of what it complained of.
    pub(crate) fn fault(&mut self, kind: FaultKind) -> Fault {
        self.complaints.listen();
        kind.into_fault().with_complaints(self.complaints.text())
    }

    /// It ended, or closed its ends of the dialogue.
    fn gone(&mut self) -> Fault {
        let status = self.wait_until(Instant::now() + Duration::from_millis(500));
        let signal = status.and_then(|status| status.signal());
        let words = status.map_or_else(
            || "it closed its stdout but runs on".into(),
            |status| status.to_string(),
        );
        self.fault(FaultKind::Gone { words, signal })
    }

    fn wait_until(&mut self, deadline: Instant) -> Option<ExitStatus> {
        loop {
            match self.child.try_wait() {
                Ok(None) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Ok(status) => return status,
                Err(_) => return None,
            }
        }
    }

    /// Closes its stdin; it is a fault if the process says any more, or does not
    /// end within two seconds.
    pub(crate) fn end_in_silence(mut self) -> Result<(), Fault> {
        self.stdin = None;
        let has_ended = self.wait_until(Instant::now() + FAREWELL).is_some();
        if has_ended {
            // To its end: what is left over is an answer to nothing.
            let _ = read_some(&mut self.stdout, &mut self.heard);
        }
        let rest = String::from_utf8_lossy(&self.heard).into_owned();
        match (has_ended, rest.is_empty()) {
            (true, true) => Ok(()),
            (_, false) => Err(self.fault(FaultKind::Surplus(rest))),
            (false, _) => Err(self.fault(FaultKind::Stays)),
        }
    }

    /// Closes its stdin and gives it two seconds to end; how it ended, if it did.
    pub(crate) fn end(mut self) -> Option<ExitStatus> {
        self.stdin = None;
        self.wait_until(Instant::now() + FAREWELL)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its children first: the group lives as long as one of them does.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(launch: &Launch, variables: &[(&str, Option<&str>)]) -> io::Result<Child> {
    let Some((program, arguments)) = launch.command.split_first() else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "no command was given",
        ));
    };
    let mut process = Command::new(program);
    process
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    for (name, value) in variables {
        match value {
            Some(value) => process.env(name, value),
            None => process.env_remove(name),
        };
    }
    if let Some(directory) = &launch.directory {
        process.current_dir(directory);
    }
    process.spawn()
}
