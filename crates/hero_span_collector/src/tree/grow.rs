//! How a forest grows: from what connections say, and from their ends.

use hero_span_protocol::{Clause, Event, Producer, SpanId, TimeMs};

use super::arena::SpanKey;
use super::run::RunId;
use super::session::{Counts, Ending, Session, SessionId};
use super::span::{Span, State, What};
use super::{Forest, Run};

/// Where an event went, and what it changed beside that span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The span it was about.
    pub span: SpanKey,
    /// That span's number.
    pub number: u64,
    /// Whether nothing had been heard of that span before.
    pub is_new: bool,
    /// The run that span now belongs to.
    pub run: RunId,
    /// The span that the loss before the event was counted on, and its number;
    /// see [`Span::lost`].
    pub lost_in: Option<(u64, SpanKey)>,
    /// The clauses that the event put on the span, without those that were
    /// there before: those that came with it, and those that the forest finds
    /// (`type.id`, `type.time`).
    pub flags: Box<[Clause]>,
    /// Runs that the event showed to be one, in turn: the first of each two
    /// stays, and what was in the second is now in it.
    pub joined: Vec<(RunId, RunId)>,
}

impl Forest {
    /// A connection was accepted. It belongs to a run once it says something.
    pub fn open(&mut self, session: SessionId) {
        self.sessions.entry(session).or_default();
    }

    /// An event came over a connection: `flags` are the clauses it broke, and
    /// `lost` is how many events the producer dropped just before it.
    pub fn hear(
        &mut self,
        session: SessionId,
        event: &Event<'_>,
        flags: &[Clause],
        lost: u64,
    ) -> Heard {
        if let Some(producer) = event.producer() {
            self.introduce(session, producer);
        }
        let (key, is_new) = self.record(session, event);
        let span = &self.spans[key];
        let (broken, before) = (span.broken(), (!is_new).then(|| span.state()));
        let what = self.apply(key, event);
        let lost_in = self.lose(session, key, what, lost);
        let span = &mut self.spans[key];
        flags.iter().for_each(|&clause| span.flag(clause));
        if !(0.0..=TimeMs::MAX_SENT).contains(&event.ts_ms().as_f64()) {
            span.flag(Clause::TypeTime);
        }
        let run = self.spoke(session, (key, what == What::End));
        self.settle(key, run, before);
        let span = &self.spans[key];
        let begun = span.begun();
        let told = self.runs.entry(run).or_default();
        told.stretch(begun, event.ts_ms());
        Heard {
            span: key,
            number: span.number(),
            is_new,
            run,
            lost_in,
            flags: span.broken().without(broken).iter().collect(),
            joined: std::mem::take(&mut self.joined),
        }
    }

    /// Lines of an unknown type came (`consumer.unknown-type`).
    pub fn skip(&mut self, session: SessionId, lines: u64) {
        self.came(session, |counts| counts.skipped += lines);
        self.place(session);
    }

    /// Bad lines came (`consumer.bad-line`).
    pub fn reject(&mut self, session: SessionId, lines: u64) {
        self.came(session, |counts| counts.rejected += lines);
        self.place(session);
    }

    /// The connection ended within a line (`transport.torn`).
    pub fn tear(&mut self, session: SessionId) {
        self.came(session, |counts| counts.torn += 1);
        self.place(session);
    }

    /// The connection is over. Its open spans stay open (`consumer.open`).
    pub fn close(&mut self, session: SessionId, ending: Ending) {
        let closed = self.session_mut(session);
        if closed.ending.replace(ending).is_some() {
            return;
        }
        if let Some(run) = closed.run {
            let (open, is_idle) = (closed.open, closed.held == 0);
            let run = self.run_mut(run);
            run.connected = run.connected.saturating_sub(1);
            run.left_open += open;
            run.revision += 1;
            if is_idle {
                self.idle.push(session);
            }
        }
    }

    /// Counts what came over a connection, also on its run if it has one.
    fn came(&mut self, session: SessionId, count: impl Fn(&mut Counts)) {
        let session = self.session_mut(session);
        count(&mut session.counts);
        if let Some(run) = session.run {
            count(&mut self.run_mut(run).counts);
        }
    }

    /// The connection's run: a new one if nothing has put it into another.
    pub(super) fn place(&mut self, id: SessionId) -> RunId {
        let run = match self.session_mut(id).run {
            Some(run) => run,
            None => {
                let run = RunId(self.latest_run.0.saturating_add(1));
                self.enrol(id, run);
                run
            }
        };
        self.run_mut(run).revision += 1;
        run
    }

    /// Counts an event, notes what it was about, and gives the connection's
    /// run.
    fn spoke(&mut self, id: SessionId, latest: (SpanKey, bool)) -> RunId {
        let session = self.session_mut(id);
        session.latest = Some(latest);
        session.counts.events += 1;
        let Some(run) = session.run else {
            return self.place(id);
        };
        let changed = self.run_mut(run);
        changed.counts.events += 1;
        changed.revision += 1;
        run
    }

    /// One producer is in one run, even if it connects twice.
    fn introduce(&mut self, id: SessionId, producer: &Producer<'_>) {
        let session = self.session_mut(id);
        if session.producer.is_some() {
            return;
        }
        session.producer = Some(producer.clone().into_owned());
        let its = (producer.id, SessionId(0))..=(producer.id, SessionId(u64::MAX));
        let known = self.producers.range(its).next().copied();
        self.producers.insert((producer.id, id));
        if let Some((_, other)) = known {
            self.join(id, other);
        }
    }

    /// The connection's span of that id, as a new root if it is the first
    /// that is heard of it, and whether it is.
    fn record(&mut self, session: SessionId, event: &Event<'_>) -> (SpanKey, bool) {
        let (id, at) = (event.span_id(), event.ts_ms());
        let known = self.sessions.entry(session).or_default();
        if let Some(&key) = known.spans.get(&id) {
            return (key, false);
        }
        let ordinal = known.begun_spans;
        known.begun_spans = ordinal.saturating_add(1);
        self.numbered = self.numbered.saturating_add(1);
        let span = Span::new(self.numbered, id, session, ordinal, at);
        let key = self.spans.insert(span);
        known.spans.insert(id, key);
        known.held += 1;
        let parent = match event {
            Event::Start(start) => start.parent_span_id,
            _ => None,
        };
        let parent = parent.and_then(|id| known.spans.get(&id).copied());
        self.recorded_spans += 1;
        self.by_id.entry(id).or_insert(key);
        match parent.filter(|&parent| parent != key) {
            // What most spans do: they start under one of their own connection,
            // and nobody waits for them.
            Some(parent) if self.waiting.is_empty() => self.hang_new(key, parent),
            _ => {
                self.push_root(key);
                self.adopt(id, key);
            }
        }
        (key, true)
    }

    fn apply(&mut self, key: SpanKey, event: &Event<'_>) -> What {
        let span = &mut self.spans[key];
        let had_started = span.started().is_some();
        let what = span.hear(event);
        if what == What::Start && !had_started {
            self.claim(event.span_id(), key);
            if self.spans[key].parent().is_none() {
                self.hang(key);
            }
        }
        what
    }

    /// A started span stands for its id. An id that is used twice is flagged
    /// (`type.id`): the first keeps it.
    fn claim(&mut self, id: SpanId, key: SpanKey) {
        let holder = self.by_id.entry(id).or_insert(key);
        if *holder == key {
            return;
        }
        if self.spans[*holder].started().is_some() {
            self.spans[key].flag(Clause::TypeId);
        } else {
            *holder = key;
        }
    }

    /// Takes in how a span stands now; `before` is `None` for one that is new.
    pub(super) fn settle(&mut self, key: SpanKey, run: RunId, before: Option<State>) {
        let span = &self.spans[key];
        let (session, after) = (span.session(), span.state());
        if span.parent().is_none() {
            if let Some(at) = span.started() {
                let run = self.runs.entry(run).or_default();
                run.call(at, span.name());
            }
            self.count_root(key, Some(after));
        }
        self.count(session, run, before, after);
        let has_ended = |state| matches!(state, State::Ended(_));
        let ended = has_ended(after) && !before.is_some_and(has_ended);
        self.ended_spans += usize::from(ended);
        if ended || before.is_none() {
            self.turns.enter(&mut self.spans, key);
        }
    }

    /// Counts a loss on the connection and, if it is clear in whose stretch
    /// it fell, on that span, which it returns.
    fn lose(
        &mut self,
        session: SessionId,
        key: SpanKey,
        what: What,
        events: u64,
    ) -> Option<(u64, SpanKey)> {
        if events == 0 {
            return None;
        }
        let latest = self.session_mut(session).latest;
        self.came(session, |counts| counts.lost += events);
        let span = self.stretch(latest, (key, what))?;
        self.spans[span].lose(events);
        Some((self.spans[span].number(), span))
    }

    /// The one span that was current before and after a gap: what a
    /// connection spoke of last, against what it speaks of now.
    fn stretch(&self, before: Option<(SpanKey, bool)>, now: (SpanKey, What)) -> Option<SpanKey> {
        let (latest, ended) = before?;
        let before = if ended {
            self.own_parent(latest)?
        } else {
            latest
        };
        let after = match now {
            (key, What::Start) => self.own_parent(key)?,
            (key, _) => key,
        };
        if before == after || self.own_parent(after) == Some(before) {
            Some(before)
        } else {
            (self.own_parent(before) == Some(after)).then_some(after)
        }
    }

    /// The parent on the span's own connection, which does not depend on what
    /// other connections have said so far.
    pub(super) fn own_parent(&self, key: SpanKey) -> Option<SpanKey> {
        let span = &self.spans[key];
        let own = &self.sessions.get(&span.session())?.spans;
        own.get(&span.parent_id()?).copied()
    }

    pub(super) fn session_mut(&mut self, id: SessionId) -> &mut Session {
        self.sessions.entry(id).or_default()
    }

    pub(super) fn run_mut(&mut self, id: RunId) -> &mut Run {
        self.runs.entry(id).or_default()
    }
}
