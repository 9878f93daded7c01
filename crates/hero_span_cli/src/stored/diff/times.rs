//! Who took longer, and who did not.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde::Serialize;

use super::tree::{PathId, Tree};
use crate::duration;
use crate::view;

/// How far two durations may be apart and count as the same: both when both
/// are said, so that either is enough.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Tolerance {
    /// A share of the shorter one.
    share: Option<f64>,
    ms: Option<f64>,
}

/// Two runs of one flow on a busy machine are further apart only by chance.
pub(super) const USUAL: &str = "30%,100ms";

impl Tolerance {
    /// Reads `20%`, `50ms`, or both with a comma between.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut tolerance = Self {
            share: None,
            ms: None,
        };
        for part in text.split(',') {
            let part = part.trim();
            let known = match part.strip_suffix('%') {
                Some(percent) => {
                    let share = percentage(percent).ok_or_else(expected)?;
                    tolerance.share.replace(share)
                }
                None => {
                    let found = duration::parse(part).map_err(|_| expected())?;
                    tolerance.ms.replace(found.as_secs_f64() * 1e3)
                }
            };
            if known.is_some() {
                return Err(expected());
            }
        }
        Ok(tolerance)
    }

    /// Whether the second one is longer, shorter or near enough. Turned round,
    /// the answer is too: a share is one of the shorter of both.
    pub(super) fn judge(self, before: f64, after: f64) -> Ordering {
        let apart = (after - before).abs();
        let within_share = |share| apart <= share * before.min(after);
        let within_ms = |ms| apart <= ms;
        if self.share.is_some_and(within_share) || self.ms.is_some_and(within_ms) {
            return Ordering::Equal;
        }
        after.partial_cmp(&before).unwrap_or(Ordering::Equal)
    }

    /// `30% or 100 ms`.
    pub(super) fn text(self) -> String {
        let share = self.share.map(|share| format!("{}%", share * 100.0));
        let ms = self.ms.map(view::duration);
        let parts: Vec<_> = [share, ms].into_iter().flatten().collect();
        parts.join(" or ")
    }
}

fn percentage(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let percent: f64 = text.parse().ok().filter(|_| is_plain)?;
    Some(percent / 100.0)
}

fn expected() -> String {
    "expected a share such as 20%, a duration such as 50ms, or both as in 20%,50ms".to_owned()
}

/// All pairs with one path whose durations are known.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Timing {
    /// In all, and not only one or the other of them.
    pub(super) in_all: bool,
    /// The first that is told of.
    pub(super) first: (usize, usize),
    pub(super) count: u64,
    pub(super) total_ms: [f64; 2],
    pub(super) median_ms: [f64; 2],
    /// Those that by themselves differ this way.
    pub(super) beyond: u64,
    /// The one of these that differs most.
    pub(super) most: Option<(usize, usize)>,
}

impl Timing {
    /// How many spans are told of: all, or those that by themselves differ.
    pub(super) fn spans(&self) -> u64 {
        if self.in_all { self.count } else { self.beyond }
    }
}

/// What took longer, then what took less long, in the second run's order.
/// Spans with one path are judged together, by how long they took in all: one
/// of a thousand varies, their sum does not. Those that are beyond the
/// tolerance by themselves are told too.
pub(super) fn timings(
    pairs: impl Iterator<Item = (usize, usize)>,
    before: &Tree,
    after: &Tree,
    tolerance: Tolerance,
) -> [Vec<Timing>; 2] {
    let trees = (before, after);
    let mut places: HashMap<PathId, usize> = HashMap::new();
    let mut groups: Vec<Vec<(usize, usize)>> = Vec::new();
    for pair in pairs {
        if durations(trees, pair).is_some() {
            let place = places.entry(after.node(pair.1).path);
            let at = *place.or_insert(groups.len());
            if at == groups.len() {
                groups.push(Vec::new());
            }
            groups[at].push(pair);
        }
    }
    [Ordering::Greater, Ordering::Less].map(|way| {
        let found = groups.iter();
        let mut found: Vec<_> = found
            .filter_map(|group| timing(trees, group, tolerance, way))
            .collect();
        found.sort_by_key(|timing| timing.first.1);
        found
    })
}

/// How long both took, in milliseconds, if that is known.
pub(super) fn durations(
    (before, after): (&Tree, &Tree),
    (one, other): (usize, usize),
) -> Option<(f64, f64)> {
    let before = before.node(one).seen.duration_ms?;
    Some((before, after.node(other).seen.duration_ms?))
}

fn timing(
    trees: (&Tree, &Tree),
    group: &[(usize, usize)],
    tolerance: Tolerance,
    way: Ordering,
) -> Option<Timing> {
    let of = |pair: &(usize, usize)| durations(trees, *pair).unwrap_or_default();
    let judge = |pair: &&(usize, usize)| {
        let (before, after) = of(pair);
        tolerance.judge(before, after) == way
    };
    let sides = [
        group.iter().map(|pair| of(pair).0).collect::<Vec<_>>(),
        group.iter().map(|pair| of(pair).1).collect(),
    ];
    let total_ms = [&sides[0], &sides[1]].map(|side| side.iter().sum());
    let overall = tolerance.judge(total_ms[0], total_ms[1]);
    let in_all = overall == way;
    let beyond: Vec<_> = group.iter().filter(judge).collect();
    // What is slower in all, with one in it that is faster, is slower.
    let is_told = in_all || (overall == Ordering::Equal && !beyond.is_empty());
    let first = if in_all {
        group.first()
    } else {
        beyond.first().copied()
    };
    let apart = |pair: &(usize, usize)| (of(pair).0 - of(pair).1).abs();
    let most = beyond.iter().copied().reduce(|most, pair| {
        if apart(pair) > apart(most) {
            pair
        } else {
            most
        }
    });
    is_told.then_some(Timing {
        in_all,
        first: *first?,
        count: group.len() as u64,
        total_ms,
        median_ms: sides.map(median),
        beyond: beyond.len() as u64,
        most: most.copied(),
    })
}

fn median(mut side: Vec<f64>) -> f64 {
    side.sort_by(f64::total_cmp);
    let middle = side.len() / 2;
    match side.len() {
        0 => 0.0,
        count if count % 2 == 1 => side[middle],
        _ => f64::midpoint(side[middle - 1], side[middle]),
    }
}
