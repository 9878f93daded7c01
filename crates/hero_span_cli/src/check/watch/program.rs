//! A program that is run to be judged.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::ExitStatus;

use hero_span_protocol::env;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::error::Error;
use crate::listening::Stop;

pub(super) struct Program {
    name: String,
    child: Child,
}

impl Program {
    /// Starts it, with the socket in its environment. Standard output is for
    /// the report.
    pub(super) fn start(
        name: &OsStr,
        arguments: &[OsString],
        socket: &Path,
    ) -> Result<Self, Error> {
        let child = Command::new(name)
            .args(arguments)
            .env(env::SOCKET, socket)
            .stdout(io::stderr())
            .spawn();
        let name = name.to_string_lossy().into_owned();
        match child {
            Ok(child) => Ok(Self { name, child }),
            Err(error) => Err(Error::program(&name, error)),
        }
    }

    /// Waits for its end. Ctrl-C reaches it from the terminal; other signals
    /// that ask us to end are passed on.
    pub(super) async fn wait(mut self, mut stop: Stop) {
        let ended = loop {
            tokio::select! {
                ended = self.child.wait() => break ended,
                signal = stop.next() => self.pass_on(signal),
            }
        };
        self.tell(&ended);
    }

    fn pass_on(&self, signal: Signal) {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        if let Some(pid) = pid.and_then(Pid::from_raw)
            && signal != Signal::INT
        {
            // It fails only when there is nobody left to ask.
            let _ = kill_process(pid, signal);
        }
    }

    /// How it ended is not what is judged, but somebody may want to know.
    fn tell(&self, ended: &io::Result<ExitStatus>) {
        let found = match ended {
            Ok(status) if status.success() => return,
            Ok(status) => status.to_string(),
            Err(error) => format!("no exit code: {error}"),
        };
        let name = hero_span_protocol::printable(&self.name);
        anstream::eprintln!("hero-span: {name} ended with {found}");
    }
}
