//! Which spans to show when not all fit: what runs now, then what was heard
//! of last.

use std::cmp::Reverse;
use std::collections::HashSet;

use hero_span_collector::Forest;
use hero_span_collector::tree::{RunId, SpanKey, State};
use hero_span_protocol::TimeMs;

/// At most `room` spans of a run, each with everything above it. A span too
/// deep for the room left is passed over.
pub(crate) fn choose(forest: &Forest, run: RunId, room: usize) -> HashSet<SpanKey> {
    let mut chosen = HashSet::new();
    for key in likeliest(forest, run, room) {
        let missing = missing_above(forest, key, &chosen, room - chosen.len());
        chosen.extend(missing.unwrap_or_default());
    }
    chosen
}

/// The `room` spans that matter most, without sorting all of them.
fn likeliest(forest: &Forest, run: RunId, room: usize) -> Vec<SpanKey> {
    let mut keys: Vec<_> = forest.spans_of(run).collect();
    if room < keys.len() {
        keys.select_nth_unstable_by_key(room, |&key| rank(forest, key));
        keys.truncate(room);
    }
    keys.sort_by_cached_key(|&key| rank(forest, key));
    keys
}

/// Lowest first: running spans, then by the last thing heard.
fn rank(forest: &Forest, key: SpanKey) -> (bool, Reverse<TimeMs>, SpanKey) {
    let span = forest.span(key);
    let running = span.state() == State::Open && !forest.is_left_open(key);
    (!running, Reverse(span.last_heard().1), key)
}

/// The span and those above it that are not chosen yet, if they fit.
fn missing_above(
    forest: &Forest,
    key: SpanKey,
    chosen: &HashSet<SpanKey>,
    room: usize,
) -> Option<Vec<SpanKey>> {
    let up = std::iter::successors(Some(key), |&key| forest.span(key).parent());
    let missing = up.take_while(|key| !chosen.contains(key));
    let missing: Vec<_> = missing.take(room + 1).collect();
    (missing.len() <= room).then_some(missing)
}
