//! Which span of one run is which of the other.
//!
//! Roots are looked at first, then what hangs under each pair. Among siblings
//! with one path the n-th is the n-th. Where some of them ran at the same
//! time, who of them began first is chance: those that were given the same go
//! together first, and what is left as it began.

use std::collections::{HashMap, VecDeque};

use super::tree::{PathId, Tree};

/// Each span's counterpart in the other run, by their places in the trees.
#[derive(Debug)]
pub(super) struct Pairs {
    in_after: Vec<Option<usize>>,
    in_before: Vec<Option<usize>>,
}

/// Which run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Before,
    After,
}

/// Siblings with one path, in order.
type Alike = Vec<usize>;

impl Pairs {
    /// `given` tells what a span was given, as a number that is the same for
    /// the same; it is asked only of siblings that ran at the same time.
    pub(super) fn of<E>(
        before: &Tree,
        after: &Tree,
        mut given: impl FnMut(u64) -> Result<u64, E>,
    ) -> Result<Self, E> {
        let mut pairs = Self {
            in_after: vec![None; before.len()],
            in_before: vec![None; after.len()],
        };
        let mut waiting = vec![(None, None)];
        while let Some((above, above_after)) = waiting.pop() {
            for (ours, theirs) in by_path(before, above, after, above_after) {
                for (one, other) in couple((before, ours), (after, theirs), &mut given)? {
                    pairs.in_after[one] = Some(other);
                    pairs.in_before[other] = Some(one);
                    waiting.push((Some(one), Some(other)));
                }
            }
        }
        Ok(pairs)
    }

    /// The pairs in the second run's order, the first run's span first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, usize)> {
        let spans = self.in_before.iter().enumerate();
        spans.filter_map(|(after, before)| Some(((*before)?, after)))
    }

    /// A span's counterpart.
    pub(super) fn other(&self, side: Side, at: usize) -> Option<usize> {
        match side {
            Side::Before => self.in_after[at],
            Side::After => self.in_before[at],
        }
    }

    /// The spans without a counterpart whose parents have one, or have none
    /// above them: with all beneath them, those that are in one run only.
    pub(super) fn alone(&self, side: Side, tree: &Tree) -> impl Iterator<Item = usize> {
        (0..tree.len()).filter(move |&at| {
            let is_known = |at| self.other(side, at).is_some();
            !is_known(at) && tree.node(at).seen.above.is_none_or(is_known)
        })
    }
}

/// What hangs under two spans that are a pair, by path, where both have some.
fn by_path(
    before: &Tree,
    above: Option<usize>,
    after: &Tree,
    above_after: Option<usize>,
) -> impl Iterator<Item = (Alike, Alike)> {
    let mut found: HashMap<PathId, (Alike, Alike)> = HashMap::new();
    for at in before.below(above) {
        found.entry(before.node(at).path).or_default().0.push(at);
    }
    for at in after.below(above_after) {
        if let Some((_, theirs)) = found.get_mut(&after.node(at).path) {
            theirs.push(at);
        }
    }
    found.into_values()
}

/// Pairs siblings with one path.
fn couple<E>(
    (before, ours): (&Tree, Alike),
    (after, theirs): (&Tree, Alike),
    given: &mut impl FnMut(u64) -> Result<u64, E>,
) -> Result<Vec<(usize, usize)>, E> {
    let is_clear = theirs.is_empty() || ours.len().max(theirs.len()) == 1;
    if is_clear || !(is_together(before, &ours) || is_together(after, &theirs)) {
        return Ok(ours.into_iter().zip(theirs).collect());
    }
    let mut same: HashMap<u64, VecDeque<usize>> = HashMap::new();
    for at in theirs {
        let number = given(after.node(at).seen.number)?;
        same.entry(number).or_default().push_back(at);
    }
    let mut pairs = Vec::new();
    let mut left = Vec::new();
    for at in ours {
        let number = given(before.node(at).seen.number)?;
        match same.get_mut(&number).and_then(VecDeque::pop_front) {
            Some(other) => pairs.push((at, other)),
            None => left.push(at),
        }
    }
    let mut rest: Vec<_> = same.into_values().flatten().collect();
    rest.sort_unstable();
    pairs.extend(left.into_iter().zip(rest));
    Ok(pairs)
}

/// Whether some of them ran at the same time.
fn is_together(tree: &Tree, spans: &[usize]) -> bool {
    let mut until = f64::NEG_INFINITY;
    spans.iter().any(|&at| {
        let seen = &tree.node(at).seen;
        // A clock of whole milliseconds lets one end as the next begins.
        let overlaps = seen.began_ms < until;
        until = until.max(seen.ended_ms.unwrap_or(f64::INFINITY));
        overlaps
    })
}
