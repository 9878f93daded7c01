//! The process that becomes the flow.
//!
//! What must happen in the flow's own process before the flow runs, happens here
//! in ordinary code: a new session, and SIGKILL when the supervisor dies. Then
//! the process executes the flow's program. Its standard input is a socket: it
//! reads what to run there and says why it could not; the kernel closes the
//! socket when the program runs.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write, stdin};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal, setsid};

use crate::words::{Launch, line};

/// What a shell's exit code is for a command that cannot be run.
const NOT_RUN: i32 = 127;

/// Starts the flow: its process, which leads a session and a process group, or
/// why there is none.
pub(super) fn start(launch: &Launch) -> Result<Pid, String> {
    let failed = |e: io::Error| format!("cannot start a process for it: {e}");
    let (mut channel, theirs) = UnixStream::pair().map_err(failed)?;
    let mut child = super::starter_command(std::process::id())
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .spawn()
        .map_err(failed)?;
    // If the starter is gone, reading says so.
    let _ = line(launch).and_then(|line| channel.write_all(&line));
    let mut why = String::new();
    let _ = channel.read_to_string(&mut why);
    match i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        Some(pid) if why.is_empty() => Ok(pid),
        _ => {
            let _ = child.wait();
            Err(why)
        }
    }
}

/// Becomes the flow, or tells why not. `parent` is the supervisor's process id.
pub(super) fn main(parent: Option<&OsStr>) -> i32 {
    // A copy that is closed on exec: the standard input itself is replaced.
    let channel = stdin().as_fd().try_clone_to_owned().map(UnixStream::from);
    if let Ok(mut channel) = channel {
        let Err(why) = become_flow(&channel, parent);
        let _ = channel.write_all(why.as_bytes());
    }
    NOT_RUN
}

fn become_flow(channel: &UnixStream, parent: Option<&OsStr>) -> Result<Infallible, String> {
    let failed = |doing: String| move |e: io::Error| format!("cannot {doing}: {e}");
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|e| failed("tie it to its supervisor".to_owned())(e.into()))?;
    // It may have died before that, and then no signal comes.
    let found = getppid().map(|pid| pid.to_string());
    if found.as_deref().map(OsStr::new) != parent {
        return Err("its supervisor is gone".to_owned());
    }
    setsid().map_err(|e| failed("give it a session".to_owned())(e.into()))?;

    let mut line = Vec::new();
    let read = BufReader::new(channel).read_until(b'\n', &mut line);
    let launch = read.and_then(|_| Ok(serde_json::from_slice::<Launch>(&line)?));
    let launch = launch.map_err(failed("learn what to run".to_owned()))?;
    if let Some(directory) = &launch.directory {
        let entered = std::env::set_current_dir(directory);
        entered.map_err(failed(format!("enter {directory:?}")))?;
    }
    Err(failed(format!("run {:?}", launch.program))(execute(
        &launch,
    )))
}

/// Returns only if that fails. The standard library gives the program an empty
/// signal mask and the usual SIGPIPE.
fn execute(launch: &Launch) -> io::Error {
    Command::new(&launch.program)
        .args(&launch.arguments)
        .env_clear()
        .envs(launch.environment.iter().cloned())
        .stdin(Stdio::null())
        .exec()
}
