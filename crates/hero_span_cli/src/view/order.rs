//! An order of siblings that does not depend on who was faster.

use hero_span_collector::Forest;
use hero_span_collector::tree::SpanKey;

/// Siblings that ran at the same time stand by name and tags; the others keep
/// their order in time. So a flow with threads or tasks shows the same tree
/// each time it runs.
pub(super) fn stable(forest: &Forest, keys: Vec<SpanKey>) -> Vec<SpanKey> {
    let mut ordered = Vec::with_capacity(keys.len());
    let mut together: Vec<SpanKey> = Vec::new();
    let mut until = f64::NEG_INFINITY;
    for key in keys {
        let (start, end) = stretch(forest, key);
        // A clock of whole milliseconds lets one end as the next begins.
        if start >= until {
            flush(forest, &mut together, &mut ordered);
        }
        until = until.max(end);
        together.push(key);
    }
    flush(forest, &mut together, &mut ordered);
    ordered
}

fn flush(forest: &Forest, together: &mut Vec<SpanKey>, ordered: &mut Vec<SpanKey>) {
    together.sort_by_cached_key(|&key| {
        let span = forest.span(key);
        let tags: Vec<_> = span.tags().collect();
        (span.name().to_owned(), format!("{tags:?}"))
    });
    ordered.append(together);
}

/// From start to end, or to whenever while no end was heard.
fn stretch(forest: &Forest, key: SpanKey) -> (f64, f64) {
    let span = forest.span(key);
    let start = span.started().unwrap_or(span.last_heard().1);
    let end = span.ended().map_or(f64::INFINITY, |at| at.as_f64());
    (start.as_f64(), end)
}
