//! The dialogue with an SDK's adapter, over its process.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Instant;

use hero_span_protocol::contract::env;
use serde::Serialize;

use std::time::Duration;

use crate::dialogue::{Answer, CONTRACT, Command, Hello, read_answer, read_hello};
use crate::fault::{Fault, FaultKind};
use crate::process::{Launch, Meanwhile, Nothing, Process};
use crate::schema::{check_answer, check_command};
use crate::server::Server;

/// A running adapter that has said hello.
#[derive(Debug)]
pub(crate) struct Adapter {
    process: Process,
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
        let variables = [
            (env::SOCKET, variables.socket),
            (env::PARENT, variables.parent),
        ];
        let mut process = Process::start(launch, &variables)?;
        say(&mut process, &Command::Start { contract: CONTRACT })?;
        let hello = hear(&mut process, &mut Nothing, read_hello)?;
        Ok(Self { process, hello })
    }

    /// Who it speaks for.
    pub(crate) const fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Whether it goes on within this time, though it is to wait.
    pub(crate) fn goes_on_within(&mut self, time: Duration) -> Result<bool, Fault> {
        self.process.speaks_within(time)
    }

    /// Its process id, if the runner started it.
    pub(crate) fn process(&self) -> Option<u32> {
        self.process.id()
    }

    /// Says one thing; an adapter must listen while it has nothing to do.
    pub(crate) fn say(&mut self, command: &Command<'_>) -> Result<(), Fault> {
        say(&mut self.process, command)
    }

    /// Says what no case says, such as an operation that does not exist.
    pub(crate) fn say_unchecked(&mut self, command: &impl Serialize) -> Result<(), Fault> {
        self.process.say(command)
    }

    /// A fault of it, with the end of what it complained of.
    pub(crate) fn fault(&mut self, kind: FaultKind) -> Fault {
        self.process.fault(kind)
    }

    /// The next answer about the case, while the socket follows its schedule.
    pub(crate) fn answer(
        &mut self,
        id: &str,
        meanwhile: &mut impl Meanwhile,
    ) -> Result<Answer, Fault> {
        let (found, answer) = hear(&mut self.process, meanwhile, read_answer)?;
        if found != id {
            return Err(self.process.fault(FaultKind::WrongId(id.into(), found)));
        }
        Ok(answer)
    }

    /// Says the last word; it is a fault if the adapter does not end in time.
    pub(crate) fn stop_in_time(mut self) -> Result<(), Fault> {
        self.say(&Command::Stop)?;
        self.process.end_in_silence()
    }

    /// Says the last word and waits a little.
    pub(crate) fn stop(mut self) {
        if self.say(&Command::Stop).is_ok() {
            self.process.end();
        }
    }
}

fn say(process: &mut Process, command: &Command<'_>) -> Result<(), Fault> {
    check_command(command).map_err(|kind| process.fault(kind))?;
    process.say(command)
}

fn hear<T>(
    process: &mut Process,
    meanwhile: &mut impl Meanwhile,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, Fault> {
    let line = process.hear(meanwhile)?;
    check_answer(&line, read).map_err(|kind| process.fault(kind))
}

/// The socket follows its schedule while the adapter is waited for.
impl Meanwhile for Server {
    fn serve(&mut self) -> io::Result<()> {
        self.serve()
    }

    fn wakes_at(&self) -> Option<Instant> {
        self.wakes_at()
    }

    fn sources(&self) -> Vec<BorrowedFd<'_>> {
        self.sources()
    }
}
