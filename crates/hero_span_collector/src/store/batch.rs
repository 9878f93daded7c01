//! What is written to a store at once: rows as they stand, nothing to compute.

use std::sync::Arc;

use hero_span_protocol::{Clause, Status};

use crate::message::Told;
use crate::tree::{Counts, RunId, SessionId, SessionRecord, SpanRecord, State, Tally};

/// Rows to add or to replace, in the order in which they are written.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(super) sessions: Vec<SessionRow>,
    /// Runs that turned out to be part of another one: stays, goes.
    pub(super) joins: Vec<(RunId, RunId)>,
    pub(super) runs: Vec<RunRow>,
    pub(super) events: Vec<EventRow>,
    pub(super) spans: Vec<SpanRecord>,
    pub(super) remarks: Vec<Remark>,
    /// About what it holds in memory.
    pub(super) bytes: usize,
}

impl Batch {
    pub(super) fn events(&self) -> u64 {
        self.events.len() as u64
    }

    pub(super) fn sessions_of_events(&self) -> impl Iterator<Item = u64> {
        self.events.iter().map(|event| event.session.0)
    }

    /// Each event's connection and line.
    #[cfg(test)]
    pub(crate) fn lines(&self) -> impl Iterator<Item = (SessionId, &str)> {
        let events = self.events.iter();
        events.map(|event| (event.session, &*event.told.text))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0
    }
}

/// A connection as it stands.
#[derive(Debug)]
pub(super) struct SessionRow {
    pub(super) record: SessionRecord,
    pub(super) run: RunId,
    pub(super) opened: f64,
    pub(super) closed: Option<f64>,
}

/// A run as it stands.
#[derive(Debug)]
pub(super) struct RunRow {
    pub(super) id: RunId,
    /// `None` leaves the name as it is.
    pub(super) name: Option<Box<str>>,
    pub(super) state: RunState,
    pub(super) began: Option<f64>,
    pub(super) heard: Option<f64>,
    pub(super) processes: u64,
    pub(super) connected: usize,
    /// Nobody is about to join it.
    pub(super) is_over: bool,
    pub(super) tally: Tally,
    pub(super) counts: Counts,
}

/// An event as it came.
#[derive(Debug)]
pub(super) struct EventRow {
    pub(super) session: SessionId,
    pub(super) span: u64,
    pub(super) told: Arc<Told>,
    pub(super) flags: Box<[Clause]>,
    pub(super) lost_in: Option<u64>,
}

/// Lines that are no events.
#[derive(Debug)]
pub(super) struct Remark {
    pub(super) session: u64,
    pub(super) line: u64,
    pub(super) lines: u64,
    pub(super) what: &'static str,
    pub(super) clause: Option<Clause>,
    pub(super) text: String,
}

/// How a run stands once nobody is connected any more: as the worst of its
/// roots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum RunState {
    /// Every root ended as meant.
    Ok,
    /// A root was given up.
    Cancelled,
    /// Of a root neither start nor end was heard; or of no root anything.
    #[default]
    Unknown,
    /// Of a root no end was heard (`consumer.open`).
    Open,
    /// A root failed.
    Failed,
}

impl RunState {
    /// Every state, the best first.
    pub const ALL: [Self; 5] = [
        Self::Ok,
        Self::Cancelled,
        Self::Unknown,
        Self::Open,
        Self::Failed,
    ];

    /// Its word, as in the store and in `--json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
            Self::Open => "open",
            Self::Failed => "failed",
        }
    }

    /// The state of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// The worst of a run's roots.
    pub(super) fn of(roots: Tally) -> Self {
        let roots = [
            (roots.failed, Self::Failed),
            (roots.open, Self::Open),
            (roots.unknown, Self::Unknown),
            (roots.cancelled, Self::Cancelled),
            (roots.ok, Self::Ok),
        ];
        let mut there = roots.into_iter().filter(|(count, _)| *count > 0);
        there.next().map(|(_, state)| state).unwrap_or_default()
    }
}

impl From<State> for RunState {
    fn from(state: State) -> Self {
        match state {
            State::Unknown => Self::Unknown,
            State::Open => Self::Open,
            State::Ended(Status::Ok) => Self::Ok,
            State::Ended(Status::Failed) => Self::Failed,
            State::Ended(Status::Cancelled) => Self::Cancelled,
        }
    }
}
