//! Ctrl-C and its kin.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::Error;

/// The signals that end a collector in good order. They are caught from the
/// moment this is made.
pub(super) struct Stop {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Stop {
    pub(super) fn new() -> Result<Self, Error> {
        let catch = |kind| signal(kind).map_err(|e| Error::system("catch signals", e));
        Ok(Self {
            interrupt: catch(SignalKind::interrupt())?,
            terminate: catch(SignalKind::terminate())?,
            hang_up: catch(SignalKind::hangup())?,
        })
    }

    pub(super) async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}
