//! The stream rules (`rule.*`) as a state machine over one connection.

use std::collections::HashSet;

use crate::contract::Clause;
use crate::event::Event;
use crate::id::SpanId;

/// A breach of a stream rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub clause: Clause,
    /// The span of the event that broke it.
    pub span_id: SpanId,
    /// What the rule asks for.
    pub expected: String,
    /// What the event did.
    pub found: String,
    /// Whether an event that never arrived, or could not be read, may explain
    /// it: then the sender need not have broken the rule.
    pub explained_by_loss: bool,
}

/// What is known of one connection so far.
#[derive(Debug, Default)]
pub struct Stream {}

impl Stream {
    /// At the beginning of a connection. A parent that never starts on it
    /// counts as another producer's.
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`Self::new`], but the only parents of other producers are these:
    /// any other parent that has not started breaks `rule.parent-started`.
    pub fn with_parents(parents: HashSet<SpanId>) -> Self {
        unimplemented!("{parents:?}")
    }

    /// Takes the next event of the connection and says which rules it breaks.
    pub fn observe(&mut self, event: &Event<'_>) -> Vec<Finding> {
        unimplemented!("{event:?}")
    }

    /// Tells that a line came here that could not be read (rejected): what it
    /// said may be missed later.
    pub fn observe_rejected(&mut self) {
        unimplemented!()
    }

    /// Tells that a line of unknown type was skipped here.
    pub fn observe_skipped(&mut self) {
        unimplemented!()
    }

    /// The spans that have begun and not ended, in the order they began.
    pub fn open_spans(&self) -> Vec<SpanId> {
        unimplemented!()
    }

    /// How many events never arrived: the gaps of `seq`.
    pub fn lost(&self) -> u64 {
        unimplemented!()
    }
}
