//! How a forest grows: from what connections say, and from their ends.

use hero_span_protocol::{Clause, Event, Producer, SpanId, SpanLog, TimeMs};

use super::arena::SpanKey;
use super::run::RunId;
use super::session::{Ending, Session, SessionId};
use super::span::{Span, What};
use super::{Forest, Run};

/// Where an event went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// The span it was about.
    pub span: SpanKey,
    /// The run that span now belongs to.
    pub run: RunId,
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
        self.introduce(session, event.producer());
        let key = self.record(session, event.span_id(), event.ts_ms());
        let what = self.apply(key, event);
        self.lose(session, key, what, lost);
        let span = &mut self.spans[key];
        span.heard(what, event.ts_ms());
        flags.iter().for_each(|&clause| span.flag(clause));
        if !(0.0..=TimeMs::MAX_SENT).contains(&event.ts_ms().as_f64()) {
            span.flag(Clause::TypeTime);
        }
        let heard = self.session_mut(session);
        heard.latest = Some((key, what == What::End));
        heard.counts.events += 1;
        let run = self.place(session);
        Heard { span: key, run }
    }

    /// Lines of an unknown type came (`consumer.unknown-type`).
    pub fn skip(&mut self, session: SessionId, lines: u64) {
        self.session_mut(session).counts.skipped += lines;
        self.place(session);
    }

    /// Bad lines came (`consumer.bad-line`).
    pub fn reject(&mut self, session: SessionId, lines: u64) {
        self.session_mut(session).counts.rejected += lines;
        self.place(session);
    }

    /// The connection ended within a line (`transport.torn`).
    pub fn tear(&mut self, session: SessionId) {
        self.session_mut(session).counts.torn += 1;
        self.place(session);
    }

    /// The connection is over. Its open spans stay open (`consumer.open`).
    pub fn close(&mut self, session: SessionId, ending: Ending) {
        let closed = self.session_mut(session);
        if closed.ending.replace(ending).is_some() {
            return;
        }
        if let Some(run) = closed.run {
            let run = self.run_mut(run);
            run.connected = run.connected.saturating_sub(1);
            run.revision += 1;
        }
    }

    /// The connection's run: a new one if nothing has put it into another.
    fn place(&mut self, id: SessionId) -> RunId {
        let run = match self.session_mut(id).run {
            Some(run) => run,
            None => {
                self.begun_runs += 1;
                let run = RunId(self.begun_runs);
                self.enrol(id, run);
                run
            }
        };
        self.run_mut(run).revision += 1;
        run
    }

    /// One producer is in one run, even if it connects twice.
    fn introduce(&mut self, id: SessionId, producer: Option<&Producer<'_>>) {
        let Some(producer) = producer else { return };
        let session = self.session_mut(id);
        if session.producer.is_some() {
            return;
        }
        session.producer = Some(producer.clone().into_owned());
        let first = *self.producers.entry(producer.id).or_insert(id);
        self.join(id, first);
    }

    /// The connection's span of that id, as a new root if it is the first
    /// that is heard of it.
    fn record(&mut self, session: SessionId, id: SpanId, at: TimeMs) -> SpanKey {
        let known = &mut self.sessions.entry(session).or_default().spans;
        if let Some(&key) = known.get(&id) {
            return key;
        }
        let ordinal = u32::try_from(known.len()).unwrap_or(u32::MAX);
        let key = self.spans.insert(Span::new(id, session, ordinal, at));
        known.insert(id, key);
        self.recorded_spans += 1;
        self.by_id.entry(id).or_insert(key);
        self.push_root(key);
        self.adopt(id, key);
        key
    }

    fn apply(&mut self, key: SpanKey, event: &Event<'_>) -> What {
        match event {
            Event::Start(start) => {
                if self.spans[key].start(start) {
                    self.claim(start.span_id, key);
                    self.hang(key);
                }
                What::Start
            }
            Event::Tag(tag) => {
                let details = self.spans[key].details();
                details.tag(&tag.key, tag.value.as_str());
                What::Tag
            }
            Event::Log(log) => {
                let text = log_text(log);
                self.spans[key].details().log(log.ts_ms, log.level, &text);
                What::Log
            }
            Event::End(end) => {
                self.spans[key].end(end);
                What::End
            }
        }
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

    /// Counts a loss on the connection and, if it is clear in whose stretch
    /// it fell, on that span.
    fn lose(&mut self, session: SessionId, key: SpanKey, what: What, events: u64) {
        if events == 0 {
            return;
        }
        let latest = self.session_mut(session).latest;
        self.session_mut(session).counts.lost += events;
        if let Some(span) = self.stretch(latest, (key, what)) {
            self.spans[span].lose(events);
        }
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
    fn own_parent(&self, key: SpanKey) -> Option<SpanKey> {
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

fn log_text(log: &SpanLog<'_>) -> String {
    let mut text = log.message.to_string();
    for (key, value) in log.fields.iter() {
        text.push_str("  ");
        text.push_str(key);
        text.push('=');
        text.push_str(value.as_str());
    }
    text
}
