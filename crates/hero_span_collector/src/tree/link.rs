//! Who hangs under whom: late parents, cycles, and runs that turn out to be
//! one.

use hero_span_protocol::SpanId;

use super::arena::SpanKey;
use super::run::RunId;
use super::session::SessionId;
use super::{Forest, Run};

impl Forest {
    /// Hangs a started span under the parent it names, or lets it wait for
    /// that parent as a root.
    pub(super) fn hang(&mut self, key: SpanKey) {
        let span = &self.spans[key];
        let Some(parent_id) = span.parent_id() else {
            return;
        };
        match self.find_parent(span.session(), parent_id) {
            Some(parent) => self.attach(key, parent),
            None => self.wait(key, parent_id),
        }
    }

    /// The roots that waited for this span hang under it from now on.
    pub(super) fn adopt(&mut self, id: SpanId, parent: SpanKey) {
        // Mostly nobody waits for anybody.
        if self.waiting.is_empty() {
            return;
        }
        for child in self.waiting.remove(&id).unwrap_or_default() {
            self.attach(child, parent);
        }
    }

    /// A connection's own spans come first: another one may use the same id.
    pub(super) fn find_parent(&self, session: SessionId, id: SpanId) -> Option<SpanKey> {
        let own = self.sessions.get(&session)?.spans.get(&id);
        own.or_else(|| self.by_id.get(&id)).copied()
    }

    /// All that wait for one parent will be in its run, so they are in one
    /// run already.
    fn wait(&mut self, key: SpanKey, parent: SpanId) {
        let first = self.let_wait(key, parent);
        self.join(self.spans[first].session(), self.spans[key].session());
    }

    /// Adds a root to those that wait for one parent; returns the first.
    pub(super) fn let_wait(&mut self, key: SpanKey, parent: SpanId) -> SpanKey {
        let waiting = self.waiting.entry(parent).or_default();
        self.spans[key].links.place = waiting.len();
        waiting.push(key);
        waiting[0]
    }

    pub(super) fn attach(&mut self, child: SpanKey, parent: SpanKey) {
        self.join(self.spans[child].session(), self.spans[parent].session());
        let above = self.tree_of(parent);
        let below = self.tree_of(child);
        if above == below {
            self.open_cycle(child, parent);
        } else {
            self.move_under(child, parent);
            self.spans[below].links.tree = Some(above);
        }
    }

    /// `child` stands above `parent`, so hanging it there would close a
    /// circle. The earliest span of the circle stays a root, which is the
    /// same one whatever arrived last.
    fn open_cycle(&mut self, child: SpanKey, parent: SpanKey) {
        let up = |key: &SpanKey| self.spans[*key].parent();
        let circle = std::iter::successors(Some(parent), up);
        let Some(first) = circle.min_by_key(|&key| self.order(key)) else {
            return;
        };
        self.spans[first].mark_cycle();
        if first != child {
            self.unlink(first);
            self.push_root(first);
            self.count_root(first, Some(self.spans[first].state()));
            self.move_under(child, parent);
            self.point_up(first);
        }
    }

    /// Has the whole tree find its representative in its root: where a circle
    /// was opened, some spans found it below them. A tree has one circle at
    /// most, for its root names its parent already; so no span is seen twice.
    fn point_up(&mut self, root: SpanKey) {
        let mut next = Some(root);
        while let Some(key) = next {
            self.spans[key].links.tree = (key != root).then_some(root);
            next = self.next_in_tree(root, key);
        }
    }

    /// The representative of a span's tree. Each look-up halves the path that
    /// it walks, so the next one is shorter.
    fn tree_of(&mut self, mut key: SpanKey) -> SpanKey {
        while let Some(next) = self.spans[key].links.tree {
            let after = self.spans[next].links.tree;
            if after.is_some() {
                self.spans[key].links.tree = after;
            }
            key = next;
        }
        key
    }

    pub(super) fn push_root(&mut self, key: SpanKey) {
        let session = self.spans[key].session();
        let next = self.session_mut(session).first_root.replace(key);
        self.spans[key].links.parent = None;
        self.put_before(key, next);
    }

    /// Hangs a span under one of its own connection, when it is nowhere yet and
    /// nothing hangs under it.
    pub(super) fn hang_new(&mut self, child: SpanKey, parent: SpanKey) {
        let above = self.tree_of(parent);
        self.put_under(child, parent);
        self.spans[child].links.tree = Some(above);
    }

    fn move_under(&mut self, child: SpanKey, parent: SpanKey) {
        self.count_root(child, None);
        self.unlink(child);
        self.put_under(child, parent);
    }

    fn put_under(&mut self, child: SpanKey, parent: SpanKey) {
        let above = &mut self.spans[parent].links;
        above.children += 1;
        let next = above.first_child.replace(child);
        self.spans[child].links.parent = Some(parent);
        self.put_before(child, next);
    }

    fn put_before(&mut self, key: SpanKey, next: Option<SpanKey>) {
        let links = &mut self.spans[key].links;
        links.next = next;
        links.previous = None;
        if let Some(next) = next {
            self.spans[next].links.previous = Some(key);
        }
    }

    /// Takes a span out of its siblings.
    pub(super) fn unlink(&mut self, key: SpanKey) {
        let session = self.spans[key].session();
        let links = &self.spans[key].links;
        let (parent, previous, next) = (links.parent, links.previous, links.next);
        if let Some(next) = next {
            self.spans[next].links.previous = previous;
        }
        match (previous, parent) {
            (Some(previous), _) => self.spans[previous].links.next = next,
            (None, Some(parent)) => self.spans[parent].links.first_child = next,
            (None, None) => self.session_mut(session).first_root = next,
        }
        if let Some(parent) = parent {
            let above = &mut self.spans[parent];
            above.links.children -= 1;
            if above.links.children == 0 && !above.turn.is_in_line() {
                self.turns.come_back(&mut self.spans, parent);
            }
        }
    }

    /// Makes the runs of two connections one. The lower number stays.
    pub(super) fn join(&mut self, one: SessionId, other: SessionId) {
        match (self.run_of(one), self.run_of(other)) {
            (Some(run), Some(same)) if run == same => {}
            (Some(run), Some(other)) => self.merge(run.min(other), run.max(other)),
            (Some(run), None) => self.enrol(other, run),
            (None, Some(run)) => self.enrol(one, run),
            // One connection that has just begun to speak.
            (None, None) => {}
        }
    }

    fn merge(&mut self, stays: RunId, goes: RunId) {
        let Some(gone) = self.runs.remove(&goes) else {
            return;
        };
        self.joined_runs += 1;
        self.joined.push((stays, goes));
        let before = self.run_mut(stays).sessions.len();
        for (place, &session) in (before..).zip(&gone.sessions) {
            let session = self.session_mut(session);
            session.run = Some(stays);
            session.place = place;
        }
        self.run_mut(stays).absorb(gone);
    }

    /// Puts a connection without a run into one, which may be new.
    pub(super) fn enrol(&mut self, id: SessionId, run: RunId) {
        let session = self.session_mut(id);
        session.run = Some(run);
        let counts = session.counts;
        let connected = usize::from(session.ending.is_none());
        self.latest_run = self.latest_run.max(run);
        let joins = self.runs.entry(run).or_insert_with(|| {
            self.begun_runs += 1;
            Run::default()
        });
        joins.counts += counts;
        let place = joins.add(id, connected);
        self.session_mut(id).place = place;
    }
}
