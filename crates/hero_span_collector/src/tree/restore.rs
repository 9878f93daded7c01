//! How a forest is grown again from what was known of its connections and
//! spans.

use hero_span_protocol::{Clause, Producer, SpanId};

use super::Forest;
use super::arena::SpanKey;
use super::run::RunId;
use super::session::{Counts, Ending, Session, SessionId};
use super::span::{Span, SpanRecord};

/// All facts of a [`Session`] but its spans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// The connection's number.
    pub id: SessionId,
    /// The run it belongs to; `None` while it has said nothing.
    pub run: Option<RunId>,
    /// Who writes, if it said so (`type.producer`).
    pub producer: Option<Producer<'static>>,
    /// What came over it.
    pub counts: Counts,
    /// How it ended; `None` while it is open.
    pub ending: Option<Ending>,
}

impl Session {
    /// What is known of it now, as plain data; it does not know its number.
    pub fn record(&self, id: SessionId) -> SessionRecord {
        SessionRecord {
            id,
            run: self.run,
            producer: self.producer.clone(),
            counts: self.counts,
            ending: self.ending,
        }
    }
}

impl Forest {
    /// Takes in a connection as it was known, before its spans. Connections
    /// are not found to be in one run again: they are in the run that their
    /// records name. A connection that is there already stays as it is.
    pub fn restore_session(&mut self, record: SessionRecord) {
        if self.sessions.contains_key(&record.id) {
            return;
        }
        if let Some(producer) = &record.producer {
            self.producers.insert((producer.id, record.id));
        }
        let session = self.session_mut(record.id);
        session.producer = record.producer;
        session.counts = record.counts;
        session.ending = record.ending;
        if let Some(run) = record.run {
            self.enrol(record.id, run);
        }
        if record.ending.is_some() {
            self.idle.push(record.id);
        }
    }

    /// Takes in a span as it was known, after its connection. The same trees
    /// grow from the same records in any order, with one exception: where an
    /// id was used twice in a run, which breaks `type.id`, a span hangs under
    /// either of those that have the id of its parent.
    ///
    /// What is heard later changes the span as if it had been heard from the
    /// beginning.
    pub fn restore(&mut self, record: SpanRecord) -> SpanKey {
        let (session, ordinal) = (record.session, record.ordinal);
        let (id, parent) = (record.id, record.parent_id);
        self.numbered = self.numbered.max(record.number);
        self.recorded_spans += 1;
        let run = self.place(session);
        let span = Span::restore(record);
        let (first, last) = span.times();
        let key = self.spans.insert(span);
        let known = self.session_mut(session);
        known.held += 1;
        known.begun_spans = known.begun_spans.max(ordinal.saturating_add(1));
        self.stand_for(session, id, key);
        self.push_root(key);
        if !self.waiting.is_empty() {
            self.adopt_in(run, id, key);
        }
        if let Some(parent) = parent {
            self.rehang(key, run, parent);
        }
        self.settle(key, run, None);
        self.run_mut(run).stretch(first, last);
        key
    }

    /// Has the span stand for its id where it did before: on its connection,
    /// and for all others.
    fn stand_for(&mut self, session: SessionId, id: SpanId, key: SpanKey) {
        let number = self.spans[key].number();
        let own = &mut self.sessions.entry(session).or_default().spans;
        let holder = own.entry(id).or_insert(key);
        if self.spans[*holder].number() < number {
            *holder = key;
        }
        let claim = claim(&self.spans[key]);
        let holder = self.by_id.entry(id).or_insert(key);
        if claim < self::claim(&self.spans[*holder]) {
            *holder = key;
        }
    }

    fn rehang(&mut self, key: SpanKey, run: RunId, parent_id: SpanId) {
        let parent = self.find_parent(self.spans[key].session(), parent_id);
        match parent.filter(|&parent| self.is_in(run, parent)) {
            Some(parent) => self.attach(key, parent),
            None => {
                self.let_wait(key, parent_id);
            }
        }
    }

    /// As [`Self::adopt`], but only those of the span's own run: records say
    /// which connections are in one.
    fn adopt_in(&mut self, run: RunId, id: SpanId, parent: SpanKey) {
        let Some(waiting) = self.waiting.remove(&id) else {
            return;
        };
        for child in waiting {
            if self.is_in(run, child) {
                self.attach(child, parent);
            } else {
                self.let_wait(child, id);
            }
        }
    }

    fn is_in(&self, run: RunId, key: SpanKey) -> bool {
        self.run_of(self.spans[key].session()) == Some(run)
    }
}

/// Whose right to an id is older, lowest first: see [`Forest::claim`].
fn claim(span: &Span) -> (bool, bool, u64) {
    let came_second = span.broken().contains(Clause::TypeId);
    (span.started().is_none(), came_second, span.number())
}
