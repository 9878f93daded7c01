//! What is written to a store at once: rows as they stand, nothing to compute.

use hero_span_protocol::{Clause, SpanId, Status};

use super::columns;
use super::texts::{Part, Texts};
use crate::message::Told;
use crate::tree::{Counts, Heard, RunId, SessionId, SessionRecord, Span, State, Tally, What};

/// Rows to add or to replace, in the order in which they are written.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(super) sessions: Vec<SessionRow>,
    /// Runs that turned out to be part of another one: stays, goes.
    pub(super) joins: Vec<(RunId, RunId)>,
    pub(super) runs: Vec<RunRow>,
    pub(super) events: Vec<EventRow>,
    /// Of all events, in their order.
    pub(super) tags: Vec<(Part, Part)>,
    /// By number.
    pub(super) spans: Vec<SpanRow>,
    pub(super) remarks: Vec<Remark>,
    /// What these rows say: in one piece, for a row of its own for each text
    /// would cost more than to write it.
    pub(super) texts: Texts,
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
        events.map(|event| {
            let line = std::str::from_utf8(self.texts.get(event.line));
            (event.session, line.expect("it was a line"))
        })
    }

    /// Adds an event, of which nothing is needed after this.
    pub(super) fn add_event(&mut self, session: SessionId, told: &Told<'_>, heard: &Heard) {
        let tags = self.tags.len();
        let texts = &mut self.texts;
        let line = texts.add_by(|text| text.extend_from_slice(&told.text));
        let words = texts.add_by(|text| columns::add_words(&told.event, text));
        columns::each_tag(&told.event, |key, value| {
            let tag = (texts.add(key), texts.add(columns::tag_head(&value)));
            self.tags.push(tag);
        });
        self.events.push(EventRow {
            session,
            span: heard.number,
            what: What::of(&told.event),
            line,
            words,
            tags: self.tags.len() - tags,
            flags: heard.flags.clone(),
            lost: told.lost,
            lost_in: heard.lost_in.map(|(number, _)| number),
        });
    }

    /// Adds a span as it stands. `has_begun` says whether its start came with
    /// this batch, or the first that was heard of it.
    pub(super) fn add_span(&mut self, span: &Span, has_begun: bool) {
        let row = SpanRow::of(span, has_begun, &mut self.texts);
        self.spans.push(row);
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
    pub(super) what: What,
    pub(super) line: Part,
    /// What it says in words.
    pub(super) words: Part,
    /// How many tags it sets.
    pub(super) tags: usize,
    pub(super) flags: Box<[Clause]>,
    pub(super) lost: u64,
    pub(super) lost_in: Option<u64>,
}

/// A span as it stands.
#[derive(Debug)]
pub(super) struct SpanRow {
    pub(super) number: u64,
    /// What is settled with its start may have changed since it was written.
    pub(super) has_begun: bool,
    pub(super) session: SessionId,
    pub(super) ordinal: u32,
    pub(super) id: SpanId,
    pub(super) parent_id: Option<SpanId>,
    pub(super) name: Part,
    pub(super) kind: &'static str,
    pub(super) state: RunState,
    pub(super) started: Option<f64>,
    pub(super) ended: Option<f64>,
    pub(super) first: f64,
    pub(super) last: f64,
    pub(super) last_what: What,
    pub(super) lost: u32,
    pub(super) flags: Option<String>,
    pub(super) error_type: Option<Part>,
    pub(super) error: Option<Part>,
    pub(super) details: Option<Part>,
}

impl SpanRow {
    pub(super) fn of(span: &Span, has_begun: bool, texts: &mut Texts) -> Self {
        let (last_what, last) = span.last_heard();
        Self {
            number: span.number(),
            has_begun,
            session: span.session(),
            ordinal: span.ordinal(),
            id: span.id(),
            parent_id: span.parent_id(),
            name: texts.add(span.name()),
            kind: span.kind().as_str(),
            state: span.state().into(),
            started: span.started().map(|at| at.as_f64()),
            ended: span.ended().map(|at| at.as_f64()),
            first: span.first_heard().as_f64(),
            last: last.as_f64(),
            last_what,
            lost: span.lost(),
            flags: columns::flag_text(span.flags()),
            error_type: span.error_type().map(|text| texts.add(text)),
            error: span.error_line().map(|text| texts.add(text)),
            details: columns::has_details(span)
                .then(|| texts.add_by(|text| columns::add_details(span, text))),
        }
    }
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
