//! Run trees, grown event by event: pure, with no I/O and no clock.
//!
//! A [`Forest`] holds every run (`consumer.run`). Connections are told apart:
//! a span belongs to the connection that spoke of it, and only the parent
//! that a start names is looked for elsewhere. So the trees do not depend on
//! how the lines of different connections arrive interleaved, and two
//! processes that use the same ids by mistake do not write into each other's
//! spans.
//!
//! A forest may grow for months: it is a window on what runs now and what
//! ended lately, as wide as [`Forest::shed`] is told to leave it. Spans that
//! were let go still count, and from [`SpanRecord`]s the same trees grow again.
//!
//! Whatever comes is kept and flagged, never refused: a span without a start,
//! a child before its parent, parents in a circle. Spans lie in one flat
//! array, and nothing here recurses, however deep a tree is.

mod arena;
mod details;
mod flags;
mod grow;
mod link;
mod numbers;
mod order;
mod restore;
mod run;
mod session;
mod shed;
mod span;
mod tags;
mod tally;
#[cfg(test)]
mod tests;
mod turns;

use std::collections::{BTreeMap, BTreeSet};

use hero_span_protocol::{ById, SpanId};

use self::arena::Arena;
pub(crate) use self::numbers::ByNumber;
use self::turns::Turns;

pub use self::arena::SpanKey;
pub use self::details::LogLine;
pub use self::grow::Heard;
pub use self::restore::SessionRecord;
pub use self::run::{Run, RunId};
pub use self::session::{Counts, Ending, Session, SessionId};
pub use self::span::{Folding, Span, SpanRecord, State, What};
pub use self::tally::Tally;

/// Every run that is known, and the trees of its spans.
#[derive(Debug, Default)]
pub struct Forest {
    spans: Arena,
    sessions: ByNumber<SessionId, Session>,
    runs: BTreeMap<RunId, Run>,
    /// The highest number that a run has had.
    latest_run: RunId,
    begun_runs: u64,
    joined_runs: u64,
    /// Which runs became one since an event last told of it.
    joined: Vec<(RunId, RunId)>,
    recorded_spans: u64,
    /// The number of the latest span.
    numbered: u64,
    /// The span to take for an id that another connection names.
    by_id: ById<SpanKey>,
    /// Which connections a producer was heard on.
    producers: BTreeSet<(SpanId, SessionId)>,
    /// Roots that wait for a parent nobody has been heard of.
    waiting: ById<Vec<SpanKey>>,
    /// Whose turn it is to be let go.
    turns: Turns,
    /// Connections that were over when they held no span, to be let go.
    idle: Vec<SessionId>,
    /// How many of the spans that are held have ended.
    ended_spans: usize,
}

impl Forest {
    /// A forest without trees.
    pub fn new() -> Self {
        Self::default()
    }

    /// A forest without trees that gives its first run and its first span
    /// these numbers, for one that goes on where another ended. Numbers begin
    /// at 1 at least.
    pub fn with_first_numbers(run: u64, span: u64) -> Self {
        Self {
            latest_run: RunId(run.saturating_sub(1)),
            numbered: span.saturating_sub(1),
            ..Self::default()
        }
    }

    /// Every run, by number.
    pub fn runs(&self) -> impl Iterator<Item = (RunId, &Run)> {
        self.runs.iter().map(|(id, run)| (*id, run))
    }

    /// The run of that number; `None` when it became part of another one, or
    /// was forgotten.
    pub fn run(&self, id: RunId) -> Option<&Run> {
        self.runs.get(&id)
    }

    /// The connection of that number.
    pub fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(&id)
    }

    /// The span of a key that this forest gave, and which it still holds; an
    /// empty span without a name for one that was let go.
    pub fn span(&self, key: SpanKey) -> &Span {
        &self.spans[key]
    }

    /// The span of that key, if it still is the one of that number.
    #[cfg(test)]
    pub(crate) fn held(&self, key: SpanKey, number: u64) -> Option<&Span> {
        Some(&self.spans[key]).filter(|span| span.number() == number)
    }

    /// How many spans are held.
    pub fn span_count(&self) -> usize {
        self.spans.len()
    }

    /// How many of them have ended.
    pub fn ended_count(&self) -> usize {
        self.ended_spans
    }

    /// How many runs there have been, forgotten ones included.
    pub fn runs_ever(&self) -> u64 {
        self.begun_runs - self.joined_runs
    }

    /// How many spans there have been, forgotten ones included.
    pub fn spans_ever(&self) -> u64 {
        self.recorded_spans
    }

    /// What came over all connections of a run.
    pub fn counts(&self, run: RunId) -> Counts {
        self.runs.get(&run).map(Run::counts).unwrap_or_default()
    }

    /// Every span of a run, each before those that hang under it.
    pub fn spans_of(&self, run: RunId) -> impl Iterator<Item = SpanKey> {
        self.sessions_of(run)
            .flat_map(|session| self.siblings(session.first_root))
            .flat_map(|root| self.tree(root))
    }

    /// No end was heard of the span, and none can come: its connection is
    /// over (`consumer.open`).
    pub fn is_left_open(&self, key: SpanKey) -> bool {
        let span = &self.spans[key];
        let session = self.sessions.get(&span.session());
        span.ended().is_none() && session.is_some_and(|session| session.ending.is_some())
    }

    /// How many spans stand above this one, counted up to `most`.
    pub fn depth(&self, key: SpanKey, most: usize) -> usize {
        let parents =
            std::iter::successors(self.spans[key].parent(), |&up| self.spans[up].parent());
        parents.take(most).count()
    }

    /// The run that a connection belongs to, once it has said something.
    pub fn run_of(&self, session: SessionId) -> Option<RunId> {
        self.sessions.get(&session)?.run
    }

    /// Lets go of a connection that ended without having said anything.
    pub fn forget_silent(&mut self, session: SessionId) {
        if self.run_of(session).is_none() {
            self.sessions.remove(&session);
        }
    }

    fn sessions_of(&self, run: RunId) -> impl Iterator<Item = &Session> {
        let ids = self.runs.get(&run).map_or(&[][..], |run| &run.sessions);
        ids.iter().filter_map(|id| self.sessions.get(id))
    }
}
