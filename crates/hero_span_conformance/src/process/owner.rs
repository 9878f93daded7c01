//! Who is at the other end: a child of the runner, or a process that somebody
//! else started.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

use super::attach::{self, Fifos};
use super::{Launch, Variables};

/// The other end of the dialogue. Dropping it kills a child's whole group.
#[derive(Debug)]
pub(super) enum Owner {
    Child(Child),
    /// Not ours to wait for, nor to kill.
    Somebody(#[expect(dead_code, reason = "it removes them in the end")] Fifos),
}

/// What the runner holds of a process.
pub(super) struct Ends {
    pub(super) owner: Owner,
    pub(super) stdin: File,
    pub(super) stdout: File,
    pub(super) stderr: Option<ChildStderr>,
}

/// Starts it, or waits until somebody did.
pub(super) fn open(launch: &Launch, variables: Variables<'_>) -> io::Result<Ends> {
    if let Some(directory) = &launch.attach {
        let (fifos, stdin, stdout) = attach::wait(directory, &launch.command, variables)?;
        return Ok(Ends {
            owner: Owner::Somebody(fifos),
            stdin,
            stdout,
            stderr: None,
        });
    }
    let mut child = spawn(launch, variables)?;
    let no_pipe = || io::Error::other("the process has no pipe");
    Ok(Ends {
        stdin: OwnedFd::from(child.stdin.take().ok_or_else(no_pipe)?).into(),
        stdout: OwnedFd::from(child.stdout.take().ok_or_else(no_pipe)?).into(),
        stderr: child.stderr.take(),
        owner: Owner::Child(child),
    })
}

fn spawn(launch: &Launch, variables: Variables<'_>) -> io::Result<Child> {
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

impl Owner {
    /// Its process id, if the runner started it.
    pub(super) fn id(&self) -> Option<u32> {
        match self {
            Self::Child(child) => Some(child.id()),
            Self::Somebody(_) => None,
        }
    }

    /// Whether it is known to have ended.
    pub(super) fn has_ended(&mut self) -> bool {
        match self {
            Self::Child(child) => !matches!(child.try_wait(), Ok(None)),
            Self::Somebody(_) => false,
        }
    }

    /// How it ended; `Ok(None)` as long as it runs, and an error if nobody
    /// will know.
    pub(super) fn status(&mut self) -> io::Result<Option<ExitStatus>> {
        match self {
            Self::Child(child) => child.try_wait(),
            Self::Somebody(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let Self::Child(child) = self else {
            return;
        };
        // Its children first: the group lives as long as one of them does.
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}
