//! What failed, before the tree: each failure where it happened, with the
//! spans above it.

use hero_span_collector::Forest;
use hero_span_collector::tree::{RunId, SpanKey};

use crate::view::{Look, error_text, is_origin, plural};

/// Failures that are told in full.
const TOLD: usize = 10;

/// Spans of a path that are named.
const NAMED: usize = 8;

pub(super) fn lines(forest: &Forest, run: RunId, look: Look) -> Vec<String> {
    let mut failed: Vec<_> = forest
        .spans_of(run)
        .filter(|&key| is_origin(forest, key))
        .collect();
    failed.sort_by_key(|&key| (forest.span(key).ended(), forest.span(key).number()));
    let mut lines: Vec<_> = failed
        .iter()
        .take(TOLD)
        .map(|&key| line(forest, key, look))
        .collect();
    if failed.len() > TOLD {
        let more = plural((failed.len() - TOLD) as u64, "more failure");
        lines.push(look.paint.dim(&format!("  {more}")));
    }
    lines
}

fn line(forest: &Forest, key: SpanKey, look: Look) -> String {
    let span = forest.span(key);
    let text = error_text(span.error_type(), span.error_line());
    let path = path(forest, key, look);
    let mark = look.paint.bad("✗");
    if text.is_empty() {
        return format!("{mark} {path}");
    }
    format!("{mark} {path}: {}", look.paint.bad(&text))
}

/// The names from the root down, the middle of a long path left out.
fn path(forest: &Forest, key: SpanKey, look: Look) -> String {
    let up = std::iter::successors(Some(key), |&key| forest.span(key).parent());
    let mut names: Vec<_> = up
        .take(NAMED + 1)
        .map(|key| look.name(forest.span(key)))
        .collect();
    if names.len() > NAMED {
        names.truncate(NAMED);
        names.push("…".to_owned());
    }
    names.reverse();
    names.join(" › ")
}
