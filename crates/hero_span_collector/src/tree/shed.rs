//! What is let go so that memory stays bounded: old spans that nothing hangs
//! under, and whole runs.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};

use super::Forest;
use super::arena::SpanKey;
use super::run::RunId;
use super::session::{Session, SessionId};
use super::turns::Line;

impl Forest {
    /// Lets go of spans: first of ended ones, the earliest end first, until at
    /// most `keep_ended` of them are held; then, if more than `keep_in_all`
    /// spans are held in all, also of open ones, those heard of first. Only a
    /// span that nothing hangs under is let go: one that has children comes
    /// after them, so more ended spans stay while what hangs under them runs.
    ///
    /// Of a span that was let go stays that it counts ([`Run::tally`],
    /// [`Span::children_let_go`], [`Run::roots_let_go`]). An event for it
    /// makes a new span with a number of its own, and a span that names it as
    /// its parent waits for it in vain, as a root.
    ///
    /// Connections that are over go with the last of their spans.
    ///
    /// It costs as much as what it lets go, however many spans are held.
    ///
    /// [`Run::tally`]: super::Run::tally
    /// [`Run::roots_let_go`]: super::Run::roots_let_go
    /// [`Span::children_let_go`]: super::Span::children_let_go
    pub fn shed(&mut self, keep_ended: usize, keep_in_all: usize) {
        self.shed_ended(keep_ended);
        while self.spans.len() > keep_in_all
            && (self.take_turn(Line::Open) || self.take_turn(Line::Ended))
        {
            // Something ended may have stayed for the sake of what went.
            self.shed_ended(keep_ended);
        }
        for session in std::mem::take(&mut self.idle) {
            self.let_go_session(session);
        }
    }

    fn shed_ended(&mut self, keep: usize) {
        while self.ended_spans > keep && self.take_turn(Line::Ended) {}
    }

    /// Lets the first of a line go, or out of the line if something hangs
    /// under it. Says whether there was anyone.
    fn take_turn(&mut self, line: Line) -> bool {
        let Some(key) = self.turns.first(line) else {
            return false;
        };
        self.turns.leave(&mut self.spans, key);
        if self.spans[key].child_count() == 0 {
            self.let_go(key);
        }
        true
    }

    /// Lets go of a span that nothing hangs under. Nobody finds its tree by
    /// it either: a span's way to its representative leads upwards.
    fn let_go(&mut self, key: SpanKey) {
        let span = &self.spans[key];
        let (session, parent) = (span.session(), span.parent());
        self.unlink(key);
        if let Some(run) = self.run_of(session) {
            let run = self.run_mut(run);
            run.let_go += 1;
            run.roots_let_go += u64::from(parent.is_none());
        }
        if let Some(parent) = parent {
            self.spans[parent].lose_child();
        }
        self.forget_latest(session, key);
        self.remove(key);
        self.let_go_session(session);
    }

    /// Lets go of a connection that is over and holds no span.
    fn let_go_session(&mut self, id: SessionId) {
        let is_done = |session: &&Session| session.ending.is_some() && session.held == 0;
        let Some(session) = self.sessions.get(&id).filter(is_done) else {
            return;
        };
        let place = session.place;
        let Some(run) = session.run.and_then(|run| self.runs.get_mut(&run)) else {
            return;
        };
        if run.sessions.get(place) != Some(&id) {
            return;
        }
        run.sessions.swap_remove(place);
        run.sessions_let_go += 1;
        if let Some(&moved) = run.sessions.get(place) {
            self.session_mut(moved).place = place;
        }
        self.forget_session(id);
    }

    fn forget_session(&mut self, id: SessionId) {
        let session = self.sessions.remove(&id);
        let producer = session.and_then(|session| session.producer);
        if let Some(producer) = producer {
            self.producers.remove(&(producer.id, id));
        }
        tighten(&mut self.sessions);
    }

    /// What was spoken of last is what a loss may have fallen on. After an end
    /// that is the parent, which may be held still.
    fn forget_latest(&mut self, session: SessionId, key: SpanKey) {
        let latest = self.session_mut(session).latest;
        let Some((_, ended)) = latest.filter(|(latest, _)| *latest == key) else {
            return;
        };
        let parent = self.own_parent(key).filter(|&parent| parent != key);
        let parent = parent.map(|parent| (parent, false));
        self.session_mut(session).latest = parent.filter(|_| ended);
    }

    /// Lets go of a run and everything in it.
    pub fn forget(&mut self, run: RunId) {
        let spans: Vec<_> = self.spans_of(run).collect();
        let Some(run) = self.runs.remove(&run) else {
            return;
        };
        for id in run.sessions {
            self.forget_session(id);
        }
        for key in spans {
            self.remove(key);
        }
    }

    /// Takes a span out of everything but the links to its parent and its
    /// siblings.
    fn remove(&mut self, key: SpanKey) {
        let span = &self.spans[key];
        let (id, session) = (span.id(), span.session());
        let has_ended = span.ended().is_some();
        if let Some(session) = self.sessions.get_mut(&session) {
            session.held -= 1;
            if session.spans.get(&id) == Some(&key) {
                session.spans.remove(&id);
                tighten(&mut session.spans);
            }
        }
        if self.by_id.get(&id) == Some(&key) {
            self.by_id.remove(&id);
            tighten(&mut self.by_id);
        }
        self.stop_waiting(key);
        self.turns.leave(&mut self.spans, key);
        self.ended_spans -= usize::from(has_ended);
        self.spans.remove(key);
    }

    /// A root that waits for its parent waits no longer.
    fn stop_waiting(&mut self, key: SpanKey) {
        let span = &self.spans[key];
        let Some(parent) = span.parent_id().filter(|_| span.is_orphan()) else {
            return;
        };
        let place = span.links.place;
        let Some(waiting) = self.waiting.get_mut(&parent) else {
            return;
        };
        if waiting.get(place) != Some(&key) {
            return;
        }
        waiting.swap_remove(place);
        if let Some(&moved) = waiting.get(place) {
            self.spans[moved].links.place = place;
        }
        if waiting.is_empty() {
            self.waiting.remove(&parent);
            tighten(&mut self.waiting);
        } else if waiting.capacity() > spacious(waiting.len()) {
            waiting.shrink_to(2 * waiting.len());
        }
    }
}

/// Gives back what a map holds for far more entries than it has.
fn tighten<K: Eq + Hash, V, S: BuildHasher>(map: &mut HashMap<K, V, S>) {
    if map.capacity() > spacious(map.len()) {
        map.shrink_to(2 * map.len());
    }
}

/// Room for so many more entries is given back. It must be more than twice
/// what is kept then, so that giving back is rare.
pub(super) fn spacious(entries: usize) -> usize {
    4 * entries + 64
}
