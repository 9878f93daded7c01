//! What a million spans cost, and what spans cost whose producer says as much
//! as it can. A program of its own, so that nothing else is measured.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "common/resident.rs"]
mod resident;

use hero_span_collector::Forest;
use hero_span_collector::tree::SessionId;
use hero_span_protocol::{Parsed, parse};
use resident::resident_bytes;

fn hear(forest: &mut Forest, line: &str) {
    let Ok(Parsed::Event(event)) = parse(line.as_bytes()) else {
        panic!("no event: {line}")
    };
    forest.hear(SessionId(1), &event, &[], 0);
}

fn start(forest: &mut Forest, id: u64, parent: u64, name: &str) {
    hear(
        forest,
        &format!(
            r#"{{"type":"span_start","span_id":"{id:016x}","ts_ms":1,"parent_span_id":"{parent:016x}","name":"{name}"}}"#
        ),
    );
}

/// As much as a producer can say of one span.
fn say_everything(forest: &mut Forest, id: u64) {
    let long = "x".repeat(4096);
    for number in 0..20 {
        hear(
            forest,
            &format!(
                r#"{{"type":"span_tag","span_id":"{id:016x}","ts_ms":1,"key":"k{number}","value":"{long}"}}"#
            ),
        );
        hear(
            forest,
            &format!(r#"{{"type":"span_log","span_id":"{id:016x}","ts_ms":1,"message":"{long}"}}"#),
        );
    }
    hear(
        forest,
        &format!(
            r#"{{"type":"span_end","span_id":"{id:016x}","ts_ms":1,"status":"failed","error":"{long}","error_type":"{long}"}}"#
        ),
    );
}

/// Bytes per span of a forest that `grow` makes.
fn cost(spans: u64, grow: impl Fn(&mut Forest, u64)) -> u64 {
    let before = resident_bytes();
    let mut forest = Forest::new();
    for id in 2..spans + 2 {
        grow(&mut forest, id);
    }
    let cost = (resident_bytes() - before) / spans;
    assert_eq!(forest.span_count() as u64, spans);
    cost
}

#[test]
fn a_span_costs_about_a_kibibyte_at_most() {
    let name = "n".repeat(256);
    let full = cost(20_000, |forest, id| {
        start(forest, id, id - 1, &name);
        say_everything(forest, id);
    });
    assert!(full <= 1536, "{full} bytes for a span with everything");
    // Second, as it is larger: what the first gave back weighs little.
    let chain = cost(1_000_000, |forest, id| {
        start(forest, id, id - 1, "a usual name");
    });
    assert!(chain <= 640, "{chain} bytes for a link of a chain");
    eprintln!("{chain} bytes for a link of a chain, {full} for a span with everything");
}
