//! The rules of each connection (`rule.*`).

use std::collections::HashSet;

use hero_span_protocol::contract::Clause;
use hero_span_protocol::{Event, SpanId, Stream};

use super::{Place, Wire};
use crate::case::Case;
use crate::finding::Finding;
use crate::model::Expected;

/// Adds a finding for each rule that an event breaks.
pub(super) fn judge_rules(case: &Case, expected: &Expected, wire: &mut Wire) {
    let mut found = Vec::new();
    for (index, arrivals) in wire.connections.iter().enumerate() {
        let foreign = spans_elsewhere(wire, index);
        let mut parents: HashSet<SpanId> = case.root_parent().into_iter().collect();
        if index > 0 {
            parents.extend(&foreign);
        }
        let mut stream = Stream::with_parents(parents);
        for arrival in arrivals {
            let broken = stream.observe(&arrival.event).into_iter();
            let broken =
                broken.filter(|finding| !(finding.explained_by_loss && case.socket.stalls()));
            found.extend(broken.map(|finding| {
                let clause = match finding.clause {
                    // A child that speaks of a span of its parent.
                    Clause::RuleStartFirst if foreign.contains(&finding.span_id) => Clause::SdkFork,
                    clause => clause,
                };
                let words = format!("{} of span {}", finding.found, finding.span_id);
                Place::of(arrival).finds(Finding::of(clause, finding.expected, words))
            }));
        }
    }
    if expected.processes > 1 {
        found.extend(shared_producer(wire));
        if !found.is_empty() {
            found.splice(0..0, shared_connection(wire, expected));
        }
    }
    wire.findings.extend(found);
}

/// The spans that other connections speak of, and that do not start on this.
fn spans_elsewhere(wire: &Wire, index: usize) -> HashSet<SpanId> {
    let own = wire.connections.get(index).into_iter().flatten();
    let own = own.filter(|arrival| matches!(arrival.event, Event::Start(_)));
    let own: HashSet<SpanId> = own.map(|arrival| arrival.event.span_id()).collect();
    let others = wire.connections.iter().enumerate();
    let others = others.filter(|(other, _)| *other != index);
    let ids = others.flat_map(|(_, arrivals)| arrivals);
    let ids = ids.map(|arrival| arrival.event.span_id());
    ids.filter(|id| !own.contains(id)).collect()
}

/// Two processes that write on one connection break its rules (`sdk.fork`).
fn shared_connection(wire: &Wire, expected: &Expected) -> Option<Finding> {
    let writes = |process: &usize| {
        expected
            .events
            .iter()
            .any(|event| event.process == *process)
    };
    let writers = (0..expected.processes).filter(writes).count();
    let found = wire.connections.len();
    (found < writers).then(|| {
        let expected = format!("{writers} connections, one for each process");
        Finding::of(Clause::SdkFork, expected, found.to_string())
    })
}

/// Each process is a producer of its own (`sdk.fork`).
fn shared_producer(wire: &Wire) -> Option<Finding> {
    let mut known = HashSet::new();
    let arrivals = wire.connections.iter().flatten();
    let mut producers =
        arrivals.filter_map(|arrival| Some((arrival, arrival.event.producer()?.id)));
    let (arrival, id) = producers.find(|(_, id)| !known.insert(*id))?;
    let expected = "a producer id that no other connection has";
    let finding = Finding::of(Clause::SdkFork, expected, id.to_string()).field("producer.id");
    Some(Place::of(arrival).finds(finding))
}
