//! The critical path: the spans without which a run would have been over
//! sooner.

use std::collections::HashSet;

use hero_span_collector::Forest;
use hero_span_collector::tree::{RunId, SpanKey, State};

/// Spans on the critical path of a run.
#[derive(Debug, Default)]
pub(super) struct Path {
    spans: HashSet<SpanKey>,
    length_ms: Option<f64>,
}

impl Path {
    /// Walks back from the last thing that ended: within a span, from its end
    /// to the child that ended last before, from that child's start to the one
    /// before, and so on.
    pub(super) fn of(forest: &Forest, run: RunId) -> Self {
        let mut path = Self::default();
        let roots = forest.roots(run);
        let first = roots.iter().map(|&key| start(forest, key));
        let last = roots.iter().map(|&key| end(forest, key));
        let ends = first.reduce(f64::min).zip(last.reduce(f64::max));
        path.length_ms = ends.map(|(first, last)| last - first);
        let mut waiting = before(forest, roots, f64::INFINITY);
        while let Some(key) = waiting.pop() {
            if path.spans.insert(key) {
                let until = end(forest, key);
                waiting.extend(before(forest, forest.children(key), until));
            }
        }
        path
    }

    pub(super) fn has(&self, key: SpanKey) -> bool {
        self.spans.contains(&key)
    }

    pub(super) fn count(&self) -> String {
        crate::view::plural(self.spans.len() as u64, "span")
    }

    /// From the first start to the last end; nothing when that is no length.
    pub(super) fn length_ms(&self) -> Option<f64> {
        self.length_ms.filter(|ms| ms.is_finite() && *ms >= 0.0)
    }
}

/// Of spans side by side, those that one has to wait for until then: each ends
/// before the next begins. A child that outlives its parent did not hold it up.
fn before(forest: &Forest, mut keys: Vec<SpanKey>, mut until: f64) -> Vec<SpanKey> {
    keys.sort_by(|&a, &b| end(forest, b).total_cmp(&end(forest, a)));
    let mut found = Vec::new();
    for key in keys {
        if end(forest, key) <= until {
            until = start(forest, key);
            found.push(key);
        }
    }
    found
}

fn start(forest: &Forest, key: SpanKey) -> f64 {
    let span = forest.span(key);
    span.started().unwrap_or(span.last_heard().1).as_f64()
}

/// An open span goes on at least until the latest that is known of its run.
fn end(forest: &Forest, key: SpanKey) -> f64 {
    let span = forest.span(key);
    let run = || forest.run(forest.run_of(span.session())?)?.last_time();
    let latest = match span.state() {
        State::Open => run(),
        State::Unknown | State::Ended(_) => span.ended(),
    };
    latest.unwrap_or(span.last_heard().1).as_f64()
}
