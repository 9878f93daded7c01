//! How many spans of a run stand how, kept up to date event by event.

use std::ops::AddAssign;

use hero_span_protocol::Status;

use super::Forest;
use super::arena::SpanKey;
use super::run::RunId;
use super::session::SessionId;
use super::span::State;

/// Spans by how they stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub spans: u64,
    /// Those that ended well.
    pub ok: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those that were cancelled.
    pub cancelled: u64,
    /// Those that started, and of which no end was heard.
    pub open: u64,
    /// Those of which neither start nor end was heard.
    pub unknown: u64,
}

impl Tally {
    pub(super) fn add(&mut self, state: State) {
        self.spans += 1;
        *self.standing(state) += 1;
    }

    fn remove(&mut self, state: State) {
        self.spans -= 1;
        *self.standing(state) -= 1;
    }

    fn standing(&mut self, state: State) -> &mut u64 {
        match state {
            State::Ended(Status::Ok) => &mut self.ok,
            State::Ended(Status::Failed) => &mut self.failed,
            State::Ended(Status::Cancelled) => &mut self.cancelled,
            State::Open => &mut self.open,
            State::Unknown => &mut self.unknown,
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.spans += other.spans;
        self.ok += other.ok;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.open += other.open;
        self.unknown += other.unknown;
    }
}

impl Forest {
    /// Has a span count among its run's roots as one that stands like this, or
    /// not at all.
    pub(super) fn count_root(&mut self, key: SpanKey, state: Option<State>) {
        let Some(run) = self.run_of(self.spans[key].session()) else {
            return;
        };
        let before = std::mem::replace(&mut self.spans[key].links.root_as, state);
        if before == state {
            return;
        }
        let roots = &mut self.run_mut(run).roots;
        before.into_iter().for_each(|state| roots.remove(state));
        state.into_iter().for_each(|state| roots.add(state));
    }

    /// Counts that a span of a connection, which is in that run by now, came
    /// to stand otherwise; `before` is `None` for one that is new.
    pub(super) fn count(
        &mut self,
        session: SessionId,
        run: RunId,
        before: Option<State>,
        after: State,
    ) {
        if before == Some(after) {
            return;
        }
        let opened = u64::from(after == State::Open);
        let closed = u64::from(before == Some(State::Open));
        let session = self.session_mut(session);
        session.open = session.open + opened - closed;
        let is_over = session.ending.is_some();
        let run = self.run_mut(run);
        if let Some(before) = before {
            run.tally.remove(before);
        }
        run.tally.add(after);
        if is_over {
            run.left_open = run.left_open + opened - closed;
        }
    }
}
