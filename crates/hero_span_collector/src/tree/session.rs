//! What the tree knows of one connection.

use std::fmt;
use std::ops::AddAssign;

use hero_span_protocol::{ById, Producer};

use super::arena::SpanKey;
use super::run::RunId;

/// A connection's number: 1 for the first that the collector accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Why a connection is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// The producer closed it, or died.
    Closed,
    /// Reading from it failed.
    Broken,
    /// The collector stopped first.
    Stopped,
    /// Nothing came over it for so long that the collector closed it.
    Idle,
}

/// What came over a connection, or over all connections of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events that were understood.
    pub events: u64,
    /// Lines of a type that this program does not know (`consumer.unknown-type`).
    pub skipped: u64,
    /// Bad lines (`consumer.bad-line`).
    pub rejected: u64,
    /// Last lines without their LF (`transport.torn`).
    pub torn: u64,
    /// Events that the producer dropped: numbers of `seq` that no line had.
    pub lost: u64,
}

impl Counts {
    /// Whole lines that arrived.
    pub fn lines(&self) -> u64 {
        self.events + self.skipped + self.rejected
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.events += other.events;
        self.skipped += other.skipped;
        self.rejected += other.rejected;
        self.torn += other.torn;
        self.lost += other.lost;
    }
}

/// One connection: a producer and the spans it spoke of.
#[derive(Debug, Default)]
pub struct Session {
    pub(super) run: Option<RunId>,
    pub(super) producer: Option<Producer<'static>>,
    pub(super) spans: ById<SpanKey>,
    /// How many spans it spoke of: what the next one's ordinal is.
    pub(super) begun_spans: u32,
    /// Which of its run's connections it is.
    pub(super) place: usize,
    /// How many of its spans are held.
    pub(super) held: usize,
    /// How many of its spans are open.
    pub(super) open: u64,
    pub(super) first_root: Option<SpanKey>,
    pub(super) counts: Counts,
    pub(super) ending: Option<Ending>,
    /// The span of its latest event, and whether that event ended it.
    pub(super) latest: Option<(SpanKey, bool)>,
}

impl Session {
    /// The run it belongs to; `None` while it has said nothing.
    pub fn run(&self) -> Option<RunId> {
        self.run
    }

    /// Who writes, if it said so (`type.producer`).
    pub fn producer(&self) -> Option<&Producer<'static>> {
        self.producer.as_ref()
    }

    /// How the connection ended; `None` while it is open.
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// What came over it.
    pub fn counts(&self) -> Counts {
        self.counts
    }
}
