//! One span as the tree knows it.

mod record;

use hero_span_protocol::{
    Clause, Event, Kind, SpanEnd, SpanId, SpanStart, Status, TimeMs, limit, limits,
};

use super::arena::SpanKey;
use super::details::{Details, LogLine, log_text};
use super::flags::Flags;
use super::session::SessionId;
use super::turns::Turn;

pub use self::record::{Folding, SpanRecord};

/// How a span stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Something was heard of it, but neither its start nor its end.
    Unknown,
    /// Started, and no end was heard (`consumer.open`).
    Open,
    /// Its end was heard.
    Ended(Status),
}

impl State {
    fn of(started: Option<TimeMs>, ended: Option<(TimeMs, Status)>) -> Self {
        match (started, ended) {
            (_, Some((_, status))) => Self::Ended(status),
            (Some(_), None) => Self::Open,
            (None, None) => Self::Unknown,
        }
    }
}

/// Which event was the last that was heard of a span or a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// A `span_start`.
    Start,
    /// A `span_tag`.
    Tag,
    /// A `span_log`.
    Log,
    /// A `span_end`.
    End,
}

impl What {
    /// Which one an event is.
    pub fn of(event: &Event<'_>) -> Self {
        match event {
            Event::Start(_) => Self::Start,
            Event::Tag(_) => Self::Tag,
            Event::Log(_) => Self::Log,
            Event::End(_) => Self::End,
        }
    }
}

/// Where a span stands among the others. Siblings are a linked list, so that
/// a span can leave it for a late parent in constant time.
#[derive(Debug, Default)]
pub(super) struct Links {
    pub(super) parent: Option<SpanKey>,
    pub(super) first_child: Option<SpanKey>,
    pub(super) previous: Option<SpanKey>,
    pub(super) next: Option<SpanKey>,
    pub(super) children: u32,
    /// As what it counts among its run's roots.
    pub(super) root_as: Option<State>,
    /// Of a root that waits for its parent: which one of them it is.
    pub(super) place: usize,
    /// One step up towards the representative of the tree it belongs to.
    pub(super) tree: Option<SpanKey>,
}

/// A span, with what it costs at most bounded: see [`Span::tags`].
#[derive(Debug)]
pub struct Span {
    number: u64,
    id: SpanId,
    session: SessionId,
    /// The position among its connection's spans, for the order of siblings.
    ordinal: u32,
    name: Box<str>,
    kind: Kind,
    parent_id: Option<SpanId>,
    started: Option<TimeMs>,
    ended: Option<(TimeMs, Status)>,
    first_heard: TimeMs,
    last_heard: (What, TimeMs),
    flags: Flags,
    in_cycle: bool,
    lost: u32,
    children_let_go: u32,
    details: Option<Box<Details>>,
    pub(super) links: Links,
    pub(super) turn: Turn,
}

impl Span {
    pub(super) fn new(
        number: u64,
        id: SpanId,
        session: SessionId,
        ordinal: u32,
        at: TimeMs,
    ) -> Self {
        Self {
            number,
            id,
            session,
            ordinal,
            name: Box::default(),
            kind: Kind::Span,
            parent_id: None,
            started: None,
            ended: None,
            first_heard: at,
            last_heard: (What::Start, at),
            flags: Flags::default(),
            in_cycle: false,
            lost: 0,
            children_let_go: 0,
            details: None,
            links: Links::default(),
            turn: Turn::default(),
        }
    }

    /// Its number, which no other span of the forest has or will have. Numbers
    /// rise in the order in which spans are first heard of.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The span's id (`type.id`).
    pub fn id(&self) -> SpanId {
        self.id
    }

    /// The connection that spoke of it.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// Its name, at most 256 bytes; empty when its start was never seen.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it stands for; `Span` when its start was never seen.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// How it stands. An end is never invented (`consumer.open`).
    pub fn state(&self) -> State {
        State::of(self.started, self.ended)
    }

    /// When it started; `None` when its start was never seen.
    pub fn started(&self) -> Option<TimeMs> {
        self.started
    }

    /// When it ended; `None` while no end was heard.
    pub fn ended(&self) -> Option<TimeMs> {
        self.ended.map(|(at, _)| at)
    }

    /// Milliseconds from start to end, when both were heard and in that order.
    pub fn duration_ms(&self) -> Option<f64> {
        let ms = self.ended()?.as_f64() - self.started?.as_f64();
        (ms >= 0.0 && ms.is_finite()).then_some(ms)
    }

    /// The last thing heard of it, and when.
    pub fn last_heard(&self) -> (What, TimeMs) {
        self.last_heard
    }

    /// The parent its start named.
    pub fn parent_id(&self) -> Option<SpanId> {
        self.parent_id
    }

    /// The parent it hangs under.
    pub fn parent(&self) -> Option<SpanKey> {
        self.links.parent
    }

    /// How many spans hang directly under it.
    pub fn child_count(&self) -> u32 {
        self.links.children
    }

    /// How many spans hung directly under it that were let go; see
    /// [`Forest::shed`](super::Forest::shed).
    pub fn children_let_go(&self) -> u32 {
        self.children_let_go
    }

    /// Its start named a parent that nobody has been heard of.
    pub fn is_orphan(&self) -> bool {
        self.parent_id.is_some() && self.links.parent.is_none() && !self.in_cycle
    }

    /// Its parent hangs under it, so it stands as a root instead.
    pub fn is_in_cycle(&self) -> bool {
        self.in_cycle
    }

    /// The clauses that its events broke, in the contract's order.
    pub fn flags(&self) -> impl Iterator<Item = Clause> {
        self.flags.iter()
    }

    /// Events of its connection that were lost and can only have been about
    /// it or what hangs directly under it.
    pub fn lost(&self) -> u32 {
        self.lost
    }

    /// Its tags in the order they were set, each key and each value (as JSON)
    /// cut short. The tags and logs of a span share a fixed budget of bytes;
    /// [`Span::tags_left_out`] says how many did not fit.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.details.iter().flat_map(|details| details.tags())
    }

    /// How many tags did not fit.
    pub fn tags_left_out(&self) -> u32 {
        self.details
            .as_ref()
            .map_or(0, |details| details.tags_left_out)
    }

    /// Its latest log lines, in order.
    pub fn logs(&self) -> impl DoubleEndedIterator<Item = &LogLine> {
        self.details.iter().flat_map(|details| details.logs())
    }

    /// How many earlier log lines were let go.
    pub fn logs_left_out(&self) -> u32 {
        self.details
            .as_ref()
            .map_or(0, |details| details.logs_left_out)
    }

    /// The type of the error it ended with.
    pub fn error_type(&self) -> Option<&str> {
        self.details.as_ref()?.error().0
    }

    /// The last line of the error it ended with, cut short.
    pub fn error_line(&self) -> Option<&str> {
        self.details.as_ref()?.error().1
    }

    /// When it started or, if that was never seen, was first heard of.
    pub(super) fn begun(&self) -> TimeMs {
        self.started.unwrap_or(self.first_heard)
    }

    /// The first and the last time of all that is known of it.
    pub(super) fn times(&self) -> (TimeMs, TimeMs) {
        let started = self.begun();
        let ended = self.ended().unwrap_or(self.last_heard.1);
        let last = ended.max(self.last_heard.1).max(started);
        (started.min(self.first_heard), last.max(self.first_heard))
    }

    pub(crate) fn ordinal(&self) -> u32 {
        self.ordinal
    }

    /// The time of the first event that was heard of it.
    pub(crate) fn first_heard(&self) -> TimeMs {
        self.first_heard
    }

    /// Takes in what an event says of it.
    pub(super) fn hear(&mut self, event: &Event<'_>) -> What {
        match event {
            Event::Start(start) => self.start(start),
            Event::Tag(tag) => self.details().tag(&tag.key, tag.value.as_str()),
            Event::Log(log) => self.details().log(log.ts_ms, log.level, &log_text(log)),
            Event::End(end) => self.end(end),
        }
        let what = What::of(event);
        self.last_heard = (what, event.ts_ms());
        what
    }

    /// A second start changes nothing but the flags that come with it.
    fn start(&mut self, event: &SpanStart<'_>) {
        if self.started.is_some() {
            return;
        }
        self.started = Some(event.ts_ms);
        self.name = limits::cut(&event.name, limit::NAME_BYTES).into();
        self.kind = event.kind;
        self.parent_id = event.parent_span_id;
        if event.tags.is_empty() {
            return;
        }
        let tags = event.tags.iter();
        let tags = tags.map(|(key, value)| (&**key, value.as_str()));
        let details = self.details();
        details.expect_tags(tags.clone());
        tags.for_each(|(key, value)| details.tag(key, value));
    }

    /// The first end counts.
    fn end(&mut self, event: &SpanEnd<'_>) {
        if self.ended.is_some() {
            return;
        }
        self.ended = Some((event.ts_ms, event.status));
        if event.error.is_some() || event.error_type.is_some() {
            let error_type = event.error_type.as_deref();
            self.details().fail(error_type, event.error.as_deref());
        }
    }

    fn details(&mut self) -> &mut Details {
        self.details.get_or_insert_default()
    }

    pub(super) fn flag(&mut self, clause: Clause) {
        self.flags.insert(clause);
    }

    /// The clauses that its events broke, as a set.
    pub(super) fn broken(&self) -> Flags {
        self.flags
    }

    pub(super) fn lose(&mut self, events: u64) {
        let events = u32::try_from(events).unwrap_or(u32::MAX);
        self.lost = self.lost.saturating_add(events);
    }

    pub(super) fn lose_child(&mut self) {
        self.children_let_go = self.children_let_go.saturating_add(1);
    }

    pub(super) fn mark_cycle(&mut self) {
        self.in_cycle = true;
    }
}
