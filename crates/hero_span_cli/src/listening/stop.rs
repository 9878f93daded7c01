//! Ctrl-C and its kin.

use rustix::process::Signal;
use tokio::signal::unix::{self, SignalKind, signal};

use crate::error::Error;

/// Keeps Ctrl-C from ending this process, for as long as it lives: it is meant
/// for a program that we run. That program is ended by it as any is, unless it
/// minds: what is caught is not handed on as what is ignored would be.
pub(crate) fn outlive_interrupts() -> Result<(), Error> {
    let runtime = super::runtime()?;
    let _within = runtime.enter();
    let caught = signal(SignalKind::interrupt());
    caught
        .map(drop)
        .map_err(|e| Error::system("catch signals", e))
}

/// The signals that ask a listener to end. They are caught from the moment
/// this is made.
pub(crate) struct Stop {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hang_up: unix::Signal,
}

impl Stop {
    pub(crate) fn new() -> Result<Self, Error> {
        let catch = |kind| signal(kind).map_err(|e| Error::system("catch signals", e));
        Ok(Self {
            interrupt: catch(SignalKind::interrupt())?,
            terminate: catch(SignalKind::terminate())?,
            hang_up: catch(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hang_up.recv() => Signal::HUP,
        }
    }

    /// Waits until the listener is to end.
    pub(crate) async fn wait(mut self) {
        self.next().await;
    }
}
