//! An adapter's process: started in a group of its own, never waited for
//! without a deadline, never read without a cap, killed with its children.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command as Process, Stdio};
use std::time::{Duration, Instant};

use hero_span_protocol::contract::env;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionbio;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::dialogue::{Answer, CONTRACT, Command, Hello, read_answer, read_hello};
use crate::fault::{Fault, FaultKind};
use crate::server::Server;

/// A line of the dialogue may be so long.
const LINE_BYTES: usize = 1024 * 1024;
/// So much of what an adapter complains of is kept.
const COMPLAINT_BYTES: usize = 4096;
/// How often is looked whether it still runs: a child that it left behind may
/// hold its stdout open.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long an adapter may take to end after `stop`.
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

/// A running adapter that has said hello.
#[derive(Debug)]
pub(crate) struct Adapter {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    stderr: Option<ChildStderr>,
    heard: Vec<u8>,
    complaints: VecDeque<u8>,
    patience: Duration,
    trace: bool,
    hello: Hello,
}

/// The two variables an SDK reads, for a process that runs one case.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Variables<'a> {
    pub(crate) socket: Option<&'a str>,
    pub(crate) parent: Option<&'a str>,
}

impl Adapter {
    /// Starts the process and exchanges the first words.
    pub(crate) fn start(launch: &Launch, variables: Variables<'_>) -> Result<Self, Fault> {
        let mut adapter = Self::spawn(launch, variables).map_err(|error| {
            FaultKind::CannotStart(launch.command.join(" "), error).into_fault()
        })?;
        adapter.say(&Command::Start { contract: CONTRACT })?;
        let line = adapter.hear(None)?;
        adapter.hello =
            read_hello(&line).map_err(|why| adapter.fault(FaultKind::Garbage(line, why)))?;
        Ok(adapter)
    }

    fn spawn(launch: &Launch, variables: Variables<'_>) -> io::Result<Self> {
        let Some((program, arguments)) = launch.command.split_first() else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "no command was given",
            ));
        };
        let mut process = Process::new(program);
        process
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        for (name, value) in [
            (env::SOCKET, variables.socket),
            (env::PARENT, variables.parent),
        ] {
            match value {
                Some(value) => process.env(name, value),
                None => process.env_remove(name),
            };
        }
        if let Some(directory) = &launch.directory {
            process.current_dir(directory);
        }
        Self::over(process.spawn()?, launch)
    }

    fn over(mut child: Child, launch: &Launch) -> io::Result<Self> {
        let no_pipe = || io::Error::other("the process has no pipe");
        let stdin = child.stdin.take().ok_or_else(no_pipe)?;
        let stdout = child.stdout.take().ok_or_else(no_pipe)?;
        let stderr = child.stderr.take().ok_or_else(no_pipe)?;
        ioctl_fionbio(&stdin, true)?;
        ioctl_fionbio(&stdout, true)?;
        ioctl_fionbio(&stderr, true)?;
        Ok(Self {
            child,
            stdin: Some(stdin),
            stdout,
            stderr: Some(stderr),
            heard: Vec::new(),
            complaints: VecDeque::new(),
            patience: launch.patience,
            trace: launch.trace,
            hello: Hello {
                sdk: String::new(),
                version: String::new(),
                protocol: 0,
                features: Default::default(),
            },
        })
    }

    /// Who it speaks for.
    pub(crate) fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Its process id.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Says one thing; an adapter must listen while it has nothing to do.
    pub(crate) fn say(&mut self, command: &Command<'_>) -> Result<(), Fault> {
        let mut line =
            serde_json::to_vec(command).map_err(|error| self.fault(FaultKind::Io(error.into())))?;
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

    /// The next answer about the case, while the socket follows its schedule.
    pub(crate) fn answer(&mut self, id: &str, server: &mut Server) -> Result<Answer, Fault> {
        let line = self.hear(Some(server))?;
        let (found, answer) = match read_answer(&line) {
            Ok(read) => read,
            Err(why) => return Err(self.fault(FaultKind::Garbage(line, why))),
        };
        if found != id {
            return Err(self.fault(FaultKind::WrongId(id.into(), found)));
        }
        Ok(answer)
    }

    /// The next line. Meanwhile the socket follows its schedule.
    fn hear(&mut self, mut server: Option<&mut Server>) -> Result<String, Fault> {
        let deadline = Instant::now() + self.patience;
        loop {
            if let Some(server) = server.as_deref_mut() {
                server
                    .serve()
                    .map_err(|error| self.fault(FaultKind::Io(error)))?;
            }
            // Looked at before stdout is read, for the last words come before the end.
            let has_ended = !matches!(self.child.try_wait(), Ok(None));
            if let Some(line) = self.line()? {
                return Ok(line);
            }
            if has_ended {
                return Err(self.gone());
            }
            if !self.wait_for_more(server.as_deref(), deadline)? {
                return Err(self.fault(FaultKind::Silent(self.patience)));
            }
        }
    }

    /// Takes a whole line from stdout if there is one.
    fn line(&mut self) -> Result<Option<String>, Fault> {
        let is_open = read_some(&mut self.stdout, &mut self.heard)
            .map_err(|error| self.fault(FaultKind::Io(error)))?;
        self.listen_to_complaints();
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
    fn wait_for_more(&mut self, server: Option<&Server>, deadline: Instant) -> Result<bool, Fault> {
        let now = Instant::now();
        if now >= deadline {
            return Ok(false);
        }
        let wakes_at = server.and_then(Server::wakes_at).unwrap_or(deadline);
        let left = wakes_at
            .min(deadline)
            .saturating_duration_since(now)
            .min(LOOK_EVERY);
        let mut sources = vec![PollFd::new(&self.stdout, PollFlags::IN)];
        sources.extend(
            self.stderr
                .iter()
                .map(|stderr| PollFd::new(stderr, PollFlags::IN)),
        );
        let of_server = server.map(Server::sources).unwrap_or_default();
        sources.extend(
            of_server
                .into_iter()
                .map(|source| PollFd::from_borrowed_fd(source, PollFlags::IN)),
        );
        wait(&mut sources, left).map_err(|error| FaultKind::Io(error).into_fault())?;
        Ok(true)
    }

    /// Keeps the end of stderr; when it closes, it is not looked at any more.
    fn listen_to_complaints(&mut self) {
        let mut heard = Vec::new();
        let is_open = match &mut self.stderr {
            Some(stderr) => read_some(stderr, &mut heard).unwrap_or(false),
            None => return,
        };
        self.complaints.extend(heard);
        let excess = self.complaints.len().saturating_sub(COMPLAINT_BYTES);
        self.complaints.drain(..excess);
        if !is_open {
            self.stderr = None;
        }
    }

    fn fault(&mut self, kind: FaultKind) -> Fault {
        self.listen_to_complaints();
        let (first, second) = self.complaints.as_slices();
        let complaints = String::from_utf8_lossy(&[first, second].concat()).into_owned();
        kind.into_fault().with_complaints(complaints)
    }

    /// The adapter ended, or closed its ends of the dialogue.
    fn gone(&mut self) -> Fault {
        let deadline = Instant::now() + Duration::from_millis(500);
        let status = self.wait_until(deadline);
        let signal = status.and_then(|status| status.signal());
        let words = status.map_or_else(
            || "it closed its stdout but runs on".into(),
            |status| status.to_string(),
        );
        self.fault(FaultKind::Gone { words, signal })
    }

    fn wait_until(&mut self, deadline: Instant) -> Option<std::process::ExitStatus> {
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

    /// Says the last word and waits a little.
    pub(crate) fn stop(mut self) {
        if self.say(&Command::Stop).is_ok() {
            self.stdin = None;
            self.wait_until(Instant::now() + FAREWELL);
        }
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        // Its children first: the group lives as long as one of them does.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads what is there; `false` at the end of the stream.
fn read_some(source: &mut impl Read, into: &mut Vec<u8>) -> io::Result<bool> {
    let mut chunk = [0; 16 * 1024];
    while into.len() <= LINE_BYTES {
        match source.read(&mut chunk) {
            Ok(0) => return Ok(false),
            Ok(read) => into.extend_from_slice(chunk.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

fn wait(sources: &mut [PollFd<'_>], time: Duration) -> io::Result<()> {
    // Rounded up, for a wait that is a little short would be repeated in haste.
    let time = Timespec::try_from(time + Duration::from_micros(100)).ok();
    match poll(sources, time.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
