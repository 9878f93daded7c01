//! The rules of each connection (`rule.*`).

use std::collections::HashSet;

use hero_span_protocol::{SpanId, Stream};

use super::{Place, Wire};
use crate::case::Case;
use crate::finding::Finding;

/// Adds a finding for each rule that an event breaks.
pub(super) fn judge_rules(case: &Case, wire: &mut Wire) {
    let started: HashSet<SpanId> = wire
        .connections
        .iter()
        .flatten()
        .map(|arrival| arrival.event.span_id())
        .collect();
    let environment = case.root_parent();
    let mut found = Vec::new();
    for (index, arrivals) in wire.connections.iter().enumerate() {
        let mut parents: HashSet<SpanId> = environment.into_iter().collect();
        if index > 0 {
            let own: HashSet<SpanId> = arrivals
                .iter()
                .map(|arrival| arrival.event.span_id())
                .collect();
            parents.extend(started.difference(&own));
        }
        let mut stream = Stream::with_parents(parents);
        for arrival in arrivals {
            let broken = stream.observe(&arrival.event).into_iter();
            let broken =
                broken.filter(|finding| !(finding.explained_by_loss && case.socket.stalls()));
            found.extend(broken.map(|finding| {
                let words = format!("{} of span {}", finding.found, finding.span_id);
                Place::of(arrival).finds(Finding::of(finding.clause, finding.expected, words))
            }));
        }
    }
    wire.findings.extend(found);
}
