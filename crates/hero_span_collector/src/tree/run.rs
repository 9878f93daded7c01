//! Runs: connections that belong together (`consumer.run`).

use std::fmt;

use super::session::SessionId;

/// A run's number: 1 for the first. When two runs turn out to be one, the
/// lower number stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub u64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The connections of one run.
#[derive(Debug, Default)]
pub struct Run {
    pub(super) sessions: Vec<SessionId>,
    pub(super) connected: usize,
    pub(super) revision: u64,
}

impl Run {
    /// Its connections, in no particular order.
    pub fn sessions(&self) -> &[SessionId] {
        &self.sessions
    }

    /// How many of its connections are still open.
    pub fn connected(&self) -> usize {
        self.connected
    }

    /// Rises with every change to the run.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn add(&mut self, session: SessionId, connected: usize) {
        self.sessions.push(session);
        self.connected += connected;
    }

    /// Takes over what was another run.
    pub(super) fn absorb(&mut self, other: Self) {
        self.sessions.extend(other.sessions);
        self.connected += other.connected;
        self.revision += other.revision + 1;
    }
}
