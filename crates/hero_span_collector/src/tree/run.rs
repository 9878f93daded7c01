//! Runs: connections that belong together (`consumer.run`).

use std::fmt;

use hero_span_protocol::TimeMs;

use super::session::{Counts, SessionId};
use super::tally::Tally;

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
    pub(super) sessions_let_go: u64,
    pub(super) counts: Counts,
    pub(super) connected: usize,
    pub(super) revision: u64,
    pub(super) tally: Tally,
    pub(super) left_open: u64,
    pub(super) let_go: u64,
    pub(super) roots: Tally,
    pub(super) roots_let_go: u64,
    /// The name of the root that started first, and when that was.
    name: Option<(TimeMs, Box<str>)>,
    /// From the first thing heard to the last.
    times: Option<(TimeMs, TimeMs)>,
}

impl Run {
    /// Its connections that are held, in no particular order.
    pub fn sessions(&self) -> &[SessionId] {
        &self.sessions
    }

    /// How many connections it has had, also those that were let go when
    /// they were over and none of their spans was held any more.
    pub fn sessions_ever(&self) -> u64 {
        self.sessions.len() as u64 + self.sessions_let_go
    }

    /// How many of its connections are still open.
    pub fn connected(&self) -> usize {
        self.connected
    }

    /// Rises with every change to the run.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// How all spans that were ever in it stand, or stood when they were let
    /// go.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// How many of the open spans are left open: their connections are over
    /// (`consumer.open`).
    pub fn left_open(&self) -> u64 {
        self.left_open
    }

    /// How many of its spans are held.
    pub fn held_spans(&self) -> u64 {
        self.tally.spans - self.let_go
    }

    /// How all its roots stand, or stood when they were let go.
    pub fn roots(&self) -> Tally {
        self.roots
    }

    /// How many roots were let go; see [`Forest::shed`](super::Forest::shed).
    pub fn roots_let_go(&self) -> u64 {
        self.roots_let_go
    }

    /// What came over all its connections.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The name of the root that started first, among all there have been.
    pub fn name(&self) -> Option<&str> {
        self.name.as_ref().map(|(_, name)| &**name)
    }

    /// The earliest time at which a span of it started or was first heard of.
    pub fn first_time(&self) -> Option<TimeMs> {
        self.times.map(|(first, _)| first)
    }

    /// The latest time of anything that was heard. Of a run that was restored
    /// it may be earlier, if some span's time went back: a record has the
    /// time of the last event, not the latest time.
    pub fn last_time(&self) -> Option<TimeMs> {
        self.times.map(|(_, last)| last)
    }

    /// Something was heard between these times.
    pub(super) fn stretch(&mut self, first: TimeMs, last: TimeMs) {
        let (was_first, was_last) = self.times.unwrap_or((first, last));
        self.times = Some((first.min(was_first), last.max(was_last)));
    }

    /// A root of that name started then.
    pub(super) fn call(&mut self, at: TimeMs, name: &str) {
        let is_first = |(first, _): &(TimeMs, Box<str>)| at < *first;
        if self.name.as_ref().is_none_or(is_first) {
            self.name = Some((at, name.into()));
        }
    }

    /// Takes in a connection, and returns which one of them it is.
    pub(super) fn add(&mut self, session: SessionId, connected: usize) -> usize {
        self.sessions.push(session);
        self.connected += connected;
        self.sessions.len() - 1
    }

    /// Takes over what was another run.
    pub(super) fn absorb(&mut self, other: Self) {
        self.sessions.extend(other.sessions);
        self.sessions_let_go += other.sessions_let_go;
        self.counts += other.counts;
        self.connected += other.connected;
        self.revision += other.revision + 1;
        self.tally += other.tally;
        self.left_open += other.left_open;
        self.let_go += other.let_go;
        self.roots += other.roots;
        self.roots_let_go += other.roots_let_go;
        if let Some((at, name)) = other.name {
            self.call(at, &name);
        }
        if let Some((first, last)) = other.times {
            self.stretch(first, last);
        }
    }
}
