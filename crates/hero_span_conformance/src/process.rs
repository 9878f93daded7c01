//! A child process that talks JSON Lines: started in a group of its own, never
//! waited for without a deadline, never read without a cap, killed with its
//! children.

mod attach;
mod owner;
mod pipes;

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use serde::Serialize;

use crate::fault::{Fault, FaultKind};
use owner::{Ends, Owner};
use pipes::{Complaints, LINE_BYTES, never_block, read_some, wait};

/// How often is looked whether it still runs: a child that it left behind may
/// hold its stdout open.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long it may take to end once its stdin is closed.
const FAREWELL: Duration = Duration::from_secs(2);

/// Nobody hurries who sits in a debugger.
const FOR_EVER: Duration = Duration::from_secs(u32::MAX as u64);

/// Names and values of environment variables; `None` unsets one.
pub(crate) type Variables<'a> = &'a [(&'a str, Option<&'a str>)];

/// How to start an adapter.
#[derive(Clone, Debug)]
pub struct Launch {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Where it runs; `None` is where the runner does.
    pub directory: Option<PathBuf>,
    /// How long one answer may take.
    pub patience: Duration,
    /// Where the FIFOs lie to which somebody connects the adapter, who starts it
    /// by hand; no answer takes too long then.
    pub attach: Option<PathBuf>,
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
            attach: None,
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

/// A running process and its pipes. Dropping it kills its whole group, unless
/// it was somebody else who started it.
#[derive(Debug)]
pub(crate) struct Process {
    owner: Owner,
    stdin: Option<File>,
    stdout: File,
    heard: Vec<u8>,
    complaints: Complaints,
    patience: Duration,
    trace: bool,
}

impl Process {
    /// Starts it with these variables; `None` unsets one. The fault is
    /// `CannotStart` if there is no such program.
    pub(crate) fn start(launch: &Launch, variables: Variables<'_>) -> Result<Self, Fault> {
        let command = launch.command.join(" ");
        owner::open(launch, variables)
            .and_then(|ends| Self::over(ends, launch))
            .map_err(|error| FaultKind::CannotStart(command, error).into_fault())
    }

    fn over(ends: Ends, launch: &Launch) -> io::Result<Self> {
        never_block(&ends.stdin)?;
        never_block(&ends.stdout)?;
        Ok(Self {
            owner: ends.owner,
            stdin: Some(ends.stdin),
            stdout: ends.stdout,
            heard: Vec::new(),
            complaints: Complaints::of(ends.stderr)?,
            patience: match launch.attach {
                Some(_) => FOR_EVER,
                None => launch.patience,
            },
            trace: launch.trace,
        })
    }

    /// Its process id, if the runner started it.
    pub(crate) fn id(&self) -> Option<u32> {
        self.owner.id()
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
            let has_ended = self.owner.has_ended();
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

    /// Whether it says something within this time, though nobody asked.
    pub(crate) fn speaks_within(&mut self, time: Duration) -> Result<bool, Fault> {
        let deadline = Instant::now() + time;
        loop {
            read_some(&mut self.stdout, &mut self.heard)
                .map_err(|error| self.fault(FaultKind::Io(error)))?;
            if self.heard.contains(&b'\n') {
                return Ok(true);
            }
            if !self.wait_for_more(&Nothing, deadline)? {
                return Ok(false);
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
            || "it closed its stdout, and is not known to have ended".into(),
            |status| status.to_string(),
        );
        self.fault(FaultKind::Gone { words, signal })
    }

    fn wait_until(&mut self, deadline: Instant) -> Option<ExitStatus> {
        loop {
            match self.owner.status() {
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
