//! Starts a supervisor, and has it start a program.

use std::io::{self, PipeReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Child;
use tokio::time::timeout;

use super::channel::Channel;
use super::command::Command;
use super::output::{Output, Pumps};
use crate::words::{Order, Report};
use crate::{Error, supervisor};

/// How long a supervisor may take to say that the program started.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long one that did not, or a program that is none, may take to end.
const FAREWELL: Duration = Duration::from_secs(1);

/// What was started.
pub(super) struct Started {
    pub(super) pid: Option<u32>,
    pub(super) channel: Channel,
    pub(super) supervisor: Child,
    pub(super) pumps: Pumps,
    pub(super) output: Output,
}

pub(super) async fn start(command: &Command) -> Result<Started, Error> {
    let program = command.supervisor.as_path();
    if supervisor::is_one() {
        // Without this each of them would start another.
        return Err(Error::within_itself(program));
    }
    let (ours, theirs) = UnixStream::pair().map_err(Error::channel)?;
    let (stdout, stdout_writer) = io::pipe().map_err(Error::channel)?;
    let (stderr, stderr_writer) = io::pipe().map_err(Error::channel)?;
    let stdio = [
        Stdio::from(OwnedFd::from(theirs)),
        stdout_writer.into(),
        stderr_writer.into(),
    ];
    let mut supervisor = spawn(program, stdio)?;
    let mut channel = Channel::new(ours).map_err(Error::channel)?;
    let heard = timeout(PATIENCE, first_report(&mut channel, command)).await;
    let pid = match heard {
        Ok(Some(Report::Started { pid })) => Some(pid),
        Ok(Some(report @ Report::NotStarted { .. })) => {
            channel.keep(report);
            None
        }
        heard => {
            drop(channel);
            if timeout(FAREWELL, supervisor.wait()).await.is_err() {
                let _ = supervisor.kill().await;
            }
            return Err(Error::silent_supervisor(program, found(&heard)));
        }
    };
    let (pumps, output) = pumps(stdout, stderr, command).map_err(Error::channel)?;
    Ok(Started {
        pid,
        channel,
        supervisor,
        pumps,
        output,
    })
}

async fn first_report(channel: &mut Channel, command: &Command) -> Option<Report> {
    channel.order(&Order::Start(command.launch.clone())).await;
    channel.report().await
}

fn found<T>(heard: &Result<Option<Report>, T>) -> &'static str {
    match heard {
        Ok(Some(_)) => "one that answers with something else",
        Ok(None) => "one that ended, or closed its standard input",
        Err(_) => "one that says nothing",
    }
}

fn spawn(program: &Path, [stdin, stdout, stderr]: [Stdio; 3]) -> Result<Child, Error> {
    let mut command = tokio::process::Command::from(supervisor::command(program));
    command.stdin(stdin).stdout(stdout).stderr(stderr);
    let spawned = command.spawn();
    spawned.map_err(|e| Error::no_supervisor(program, e))
}

fn pumps(stdout: PipeReader, stderr: PipeReader, command: &Command) -> io::Result<(Pumps, Output)> {
    Pumps::start(stdout.into(), stderr.into(), command.bounds)
}
