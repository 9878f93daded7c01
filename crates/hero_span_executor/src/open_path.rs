//! Where a run was when it ended.

use std::fmt;
use std::time::Duration;

use hero_span_collector::Forest;
use hero_span_collector::tree::SpanKey;
use hero_span_protocol::Kind;
use serde::Serialize;

/// Names that are kept of a deep path: the outermost, and the rest innermost.
const OUTER: usize = 3;
const INNER: usize = 5;

/// The path to the span that began last of those that are open.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OpenPath {
    /// The spans' names, the outermost first; of a deep path some are left out
    /// in the middle.
    pub names: Vec<String>,
    /// How many are left out.
    pub left_out: usize,
    /// How long the innermost has been open, in milliseconds.
    pub open_ms: f64,
}

impl OpenPath {
    /// The path in these trees at that time, if any span is open.
    pub(crate) fn of(forest: &Forest, now_ms: f64) -> Option<Self> {
        let open = forest.runs().flat_map(|(run, _)| forest.spans_of(run));
        let open = open.filter_map(|key| {
            let span = forest.span(key);
            let started = span.started()?;
            span.ended().is_none().then_some((started, key))
        });
        // Of those that began in the same moment, the last that was heard of.
        let latest = open.max_by(|(one, _), (other, _)| one.as_f64().total_cmp(&other.as_f64()));
        let (started, key) = latest?;
        let (names, left_out) = shortened(path(forest, key));
        Some(Self {
            names,
            left_out,
            open_ms: (now_ms - started.as_f64()).max(0.0),
        })
    }
}

/// The names down to that span. The flow itself goes without saying, unless it
/// is all there is.
fn path(forest: &Forest, key: SpanKey) -> Vec<String> {
    let mut names = Vec::new();
    let mut at = Some(key);
    // A circle of parents has no end.
    while let Some(key) = at.filter(|_| names.len() <= forest.span_count()) {
        let span = forest.span(key);
        let is_root = span.parent().is_none() && span.kind() == Kind::Flow;
        if !is_root || names.is_empty() {
            names.push(span.name().to_owned());
        }
        at = span.parent();
    }
    names.reverse();
    names
}

fn shortened(mut names: Vec<String>) -> (Vec<String>, usize) {
    let left_out = names.len().saturating_sub(OUTER + INNER);
    if left_out > 0 {
        names.drain(OUTER..OUTER + left_out);
    }
    (names, left_out)
}

impl fmt::Display for OpenPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = self.names.clone();
        if self.left_out > 0 {
            names.insert(OUTER, format!("… {} more …", self.left_out));
        }
        write!(f, "inside {}", names.join(" > "))?;
        // It began when its process says: that may be at any time.
        match Duration::try_from_secs_f64(self.open_ms.max(0.0) / 1e3) {
            Ok(open) => write!(f, ", open for {open:.1?}"),
            Err(_) => Ok(()),
        }
    }
}
