//! The runs that come of connections (`consumer.run`), as the collector grows
//! them.

use hero_span_collector::Forest;
use hero_span_collector::tree::{Ending, SessionId, SpanKey};
use hero_span_conformance::Tree;
use hero_span_conformance::parser::Heard;

/// One entry for each run: its roots, and below each span its children. The
/// connections come one after the other.
pub(super) fn grow(connections: &[Heard]) -> Vec<Tree> {
    let mut forest = Forest::new();
    for (session, events) in (1..).map(SessionId).zip(connections) {
        forest.open(session);
        for event in events {
            forest.hear(session, event, &[], 0);
        }
        forest.close(session, Ending::Closed);
    }
    let runs = forest.runs().map(|(run, _)| forest.roots(run));
    runs.map(|roots| tree(&forest, &roots)).collect()
}

fn tree(forest: &Forest, spans: &[SpanKey]) -> Tree {
    let entry = |&key: &SpanKey| {
        let id = forest.span(key).id().to_string();
        (id, tree(forest, &forest.children(key)))
    };
    Tree(spans.iter().map(entry).collect())
}
