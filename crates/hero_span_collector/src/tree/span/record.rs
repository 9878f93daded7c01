//! A span as plain data: what a store keeps, and what a tree is grown from
//! again.

use hero_span_protocol::{Clause, Event, Kind, SpanId, Status, TimeMs};

use super::{Details, Flags, Links, LogLine, SessionId, Span, State, Turn, What};

/// All facts of a [`Span`] but where it hangs, which follows from the ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanRecord {
    /// See [`Span::number`].
    pub number: u64,
    /// See [`Span::id`].
    pub id: SpanId,
    /// The connection that spoke of it.
    pub session: SessionId,
    /// The position among its connection's spans, from 0.
    pub ordinal: u32,
    /// See [`Span::name`].
    pub name: Box<str>,
    /// See [`Span::kind`].
    pub kind: Kind,
    /// The parent its start named.
    pub parent_id: Option<SpanId>,
    /// When it started; `None` when its start was never seen.
    pub started: Option<TimeMs>,
    /// When and how it ended; `None` while no end was heard.
    pub ended: Option<(TimeMs, Status)>,
    /// The time of the first event that was heard of it.
    pub first_heard: TimeMs,
    /// The last thing heard of it, and its time.
    pub last_heard: (What, TimeMs),
    /// The clauses that its events broke, in the contract's order.
    pub flags: Vec<Clause>,
    /// See [`Span::lost`].
    pub lost: u32,
    /// Its tags, cut short; see [`Span::tags`].
    pub tags: Vec<(Box<str>, Box<str>)>,
    /// How many tags did not fit.
    pub tags_left_out: u32,
    /// Its latest log lines, cut short.
    pub logs: Vec<LogLine>,
    /// How many earlier log lines were let go.
    pub logs_left_out: u32,
    /// The type of the error it ended with.
    pub error_type: Option<Box<str>>,
    /// The last line of the error it ended with, cut short.
    pub error_line: Option<Box<str>>,
}

impl SpanRecord {
    /// How the span stands.
    pub fn state(&self) -> State {
        State::of(self.started, self.ended)
    }
}

/// A span folded from its own events alone.
///
/// They must be of one span: their ids are not looked at but for the first.
#[derive(Debug)]
pub struct Folding {
    number: u64,
    session: SessionId,
    ordinal: u32,
    span: Option<Span>,
}

impl Folding {
    /// A span of that number and connection, before its first event.
    pub fn new(number: u64, session: SessionId, ordinal: u32) -> Self {
        Self {
            number,
            session,
            ordinal,
            span: None,
        }
    }

    /// Takes the next event, the clauses that it broke
    /// ([`Heard::flags`](crate::tree::Heard::flags)), and how many lost events
    /// were counted on the span with it. Losses that came to light with other
    /// spans' events ([`Heard::lost_in`](crate::tree::Heard::lost_in)) may be
    /// given with any of its own.
    pub fn hear(&mut self, event: &Event<'_>, flags: &[Clause], lost: u64) {
        let (id, at) = (event.span_id(), event.ts_ms());
        let span = self
            .span
            .get_or_insert_with(|| Span::new(self.number, id, self.session, self.ordinal, at));
        span.hear(event);
        flags.iter().for_each(|&clause| span.flag(clause));
        span.lose(lost);
    }

    /// The span; `None` without events.
    pub(crate) fn span(&self) -> Option<&Span> {
        self.span.as_ref()
    }

    /// What is known of the span; `None` without events.
    pub fn record(&self) -> Option<SpanRecord> {
        self.span.as_ref().map(Span::record)
    }
}

impl Span {
    /// What is known of it now, as plain data.
    pub fn record(&self) -> SpanRecord {
        let own = |(key, value): (&str, &str)| (key.into(), value.into());
        SpanRecord {
            number: self.number,
            id: self.id,
            session: self.session,
            ordinal: self.ordinal,
            name: self.name.clone(),
            kind: self.kind,
            parent_id: self.parent_id,
            started: self.started,
            ended: self.ended,
            first_heard: self.first_heard,
            last_heard: self.last_heard,
            flags: self.flags().collect(),
            lost: self.lost,
            tags: self.tags().map(own).collect(),
            tags_left_out: self.tags_left_out(),
            logs: self.logs().cloned().collect(),
            logs_left_out: self.logs_left_out(),
            error_type: self.error_type().map(Into::into),
            error_line: self.error_line().map(Into::into),
        }
    }

    /// A root of its own, until it is hung under its parent.
    pub(in crate::tree) fn restore(record: SpanRecord) -> Self {
        let mut flags = Flags::default();
        record.flags.iter().for_each(|&clause| flags.insert(clause));
        Self {
            number: record.number,
            id: record.id,
            session: record.session,
            ordinal: record.ordinal,
            name: record.name,
            kind: record.kind,
            parent_id: record.parent_id,
            started: record.started,
            ended: record.ended,
            first_heard: record.first_heard,
            last_heard: record.last_heard,
            flags,
            in_cycle: false,
            lost: record.lost,
            children_let_go: 0,
            details: Details::restore(
                &record.tags,
                record.logs,
                (record.error_type, record.error_line),
                (record.tags_left_out, record.logs_left_out),
            ),
            links: Links::default(),
            turn: Turn::default(),
        }
    }
}
