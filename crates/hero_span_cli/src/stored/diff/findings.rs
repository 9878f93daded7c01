//! What differs between two runs.

use std::collections::HashMap;

use hero_span_collector::tree::State;
use hero_span_protocol::Status;

use super::groups::{Groups, Spot};
use super::pairs::{Pairs, Side};
use super::said::{Said, What};
use super::times::{Timing, Tolerance, durations, timings};
use super::tree::{Failure, PathId, Seen, Tree};
use super::value::Change;

/// All that was found, most of it in the second run's order.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Spans that are in both runs.
    pub(super) matched: u64,
    /// The same by path.
    matched_by_path: HashMap<PathId, u64>,
    /// What failed first in the second run and did not fail in the first: its
    /// place in the second, and how it stands in the first.
    pub(super) failed_first: Option<(usize, Option<State>)>,
    pub(super) states: Groups<(State, State), Standing>,
    pub(super) new: Groups<State, Alone>,
    pub(super) gone: Groups<State, Alone>,
    pub(super) slower: Vec<Timing>,
    pub(super) faster: Vec<Timing>,
    pub(super) values: Groups<(What, String), Changed>,
    /// Pairs of which one has no end, or no start, or makes no sense.
    pub(super) untimed: u64,
    /// Values that are the same up to where they were cut.
    pub(super) so_far: u64,
}

/// How a span stands in both runs.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) before: State,
    pub(super) after: State,
    /// Why the first one failed, in the second run or else in the first.
    pub(super) failure: Option<Box<Failure>>,
    /// All of them failed for that.
    pub(super) is_same: bool,
}

/// Spans of one run only.
#[derive(Debug)]
pub(super) struct Alone {
    pub(super) state: State,
    /// How many spans hang under them, all in all.
    pub(super) beneath: u64,
}

/// A value that differs.
#[derive(Debug)]
pub(super) struct Changed {
    pub(super) what: What,
    /// That of the first span.
    pub(super) change: Change,
    /// It is that of all of them.
    pub(super) is_same: bool,
}

/// Compares two runs; without a tolerance, durations are not. `read` reads what
/// the span of that number said.
pub(super) fn compare<E>(
    before: &Tree,
    after: &Tree,
    tolerance: Option<Tolerance>,
    mut read: impl FnMut(u64) -> Result<Said, E>,
) -> Result<Findings, E> {
    let pairs = Pairs::of(before, after, |span| Ok(read(span)?.given()))?;
    let mut findings = Findings {
        failed_first: failed_first(before, after, &pairs),
        ..Findings::default()
    };
    findings.add_alone(before, after, &pairs);
    for (one, other) in pairs.iter() {
        findings.add_pair((before, one), (after, other), &mut read)?;
    }
    if let Some(tolerance) = tolerance {
        let is_untimed = |pair: &(usize, usize)| durations((before, after), *pair).is_none();
        findings.untimed = pairs.iter().filter(is_untimed).count() as u64;
        [findings.slower, findings.faster] = timings(pairs.iter(), before, after, tolerance);
    }
    Ok(findings)
}

/// The first failure that is new. One that came up from a child is told there.
fn failed_first(before: &Tree, after: &Tree, pairs: &Pairs) -> Option<(usize, Option<State>)> {
    let earlier = |at: usize| {
        let other = pairs.other(Side::After, at);
        other.map(|other| before.node(other).seen.state)
    };
    let is_new = |at: &usize| {
        let failure = after.node(*at).seen.failure.as_ref();
        let is_origin = failure.is_some_and(|failure| failure.is_origin);
        is_origin && earlier(*at) != Some(State::Ended(Status::Failed))
    };
    let first = (0..after.len()).filter(is_new).min_by(|&one, &other| {
        let [one, other] = [one, other].map(|at| &after.node(at).seen);
        let ended = one.ended_ms.partial_cmp(&other.ended_ms);
        ended
            .unwrap_or(std::cmp::Ordering::Equal)
            .then(one.number.cmp(&other.number))
    });
    first.map(|at| (at, earlier(at)))
}

impl Findings {
    pub(super) fn is_none(&self) -> bool {
        let sorts = [
            self.states.list().is_empty(),
            self.new.list().is_empty(),
            self.gone.list().is_empty(),
            self.values.list().is_empty(),
            self.slower.is_empty(),
            self.faster.is_empty(),
        ];
        sorts.iter().all(|is_empty| *is_empty)
    }

    /// How many pairs have that path.
    pub(super) fn matched_with(&self, path: PathId) -> u64 {
        self.matched_by_path.get(&path).copied().unwrap_or(0)
    }

    fn add_alone(&mut self, before: &Tree, after: &Tree, pairs: &Pairs) {
        for at in pairs.alone(Side::Before, before) {
            add_alone(&mut self.gone, before, at, Spot::Gone(at));
        }
        for at in pairs.alone(Side::After, after) {
            add_alone(&mut self.new, after, at, Spot::New(at));
        }
    }

    fn add_pair<E>(
        &mut self,
        (before, one): (&Tree, usize),
        (after, other): (&Tree, usize),
        read: &mut impl FnMut(u64) -> Result<Said, E>,
    ) -> Result<(), E> {
        let path = after.node(other).path;
        let spot = Spot::Pair(one, other);
        self.matched += 1;
        *self.matched_by_path.entry(path).or_default() += 1;
        let [one, other] = [before.node(one), after.node(other)].map(|node| &node.seen);
        let stand_alike = one.state == other.state;
        if !stand_alike {
            let states = (one.state, other.state);
            let standing = Standing::of(one, other);
            self.states
                .add(path, states, spot, standing, Standing::join);
        }
        let found = read(one.number)?.compare(&read(other.number)?, stand_alike);
        self.so_far += found.so_far;
        for (what, change) in found.changes {
            let key = (what.clone(), change.place.clone());
            let changed = Changed {
                what,
                change,
                is_same: true,
            };
            self.values.add(path, key, spot, changed, Changed::join);
        }
        Ok(())
    }
}

fn add_alone(groups: &mut Groups<State, Alone>, tree: &Tree, at: usize, spot: Spot) {
    let node = tree.node(at);
    let alone = Alone {
        state: node.seen.state,
        beneath: node.beneath as u64,
    };
    groups.add(node.path, node.seen.state, spot, alone, |all, alone| {
        all.beneath += alone.beneath;
    });
}

impl Standing {
    fn of(before: &Seen, after: &Seen) -> Self {
        let failure = after.failure.as_ref().or(before.failure.as_ref());
        Self {
            before: before.state,
            after: after.state,
            failure: failure.cloned(),
            is_same: true,
        }
    }

    fn join(&mut self, other: &Self) {
        self.is_same &= self.failure == other.failure;
    }
}

impl Changed {
    fn join(&mut self, other: &Self) {
        self.is_same &= self.change == other.change;
    }
}
