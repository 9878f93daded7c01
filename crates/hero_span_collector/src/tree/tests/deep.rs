//! A chain a million deep, in the three orders it can arrive in.

use hero_span_protocol::{Event, Kind, Members, SpanId, SpanStart, TimeMs};

use crate::tree::{Forest, SessionId, Span, SpanKey};

const DEEP: u64 = 1_000_000;

fn link(number: u64) -> Event<'static> {
    let id = |number| SpanId::try_from(number).expect("not zero");
    Event::Start(SpanStart {
        span_id: id(number + 1),
        ts_ms: TimeMs::new(number as f64).expect("a time"),
        seq: None,
        producer: None,
        truncated: Members::new(),
        parent_span_id: (number > 0).then(|| id(number)),
        name: "link".into(),
        kind: Kind::Step,
        tags: Members::new(),
        params: None,
    })
}

fn chain(numbers: impl Iterator<Item = u64>) -> Forest {
    let mut forest = Forest::new();
    for number in numbers {
        let session = SessionId(1 + number % 2);
        forest.hear(session, &link(number), &[], 0);
    }
    forest
}

/// Walks down the only path, and counts its spans.
fn walk(forest: &Forest) -> usize {
    let (run, _) = forest.runs().next().expect("a run");
    let mut keys = forest.roots(run);
    let mut depth = 0;
    while let [key] = keys[..] {
        depth += 1;
        keys = forest.children(key);
    }
    assert_eq!(keys, Vec::<SpanKey>::new(), "one path");
    depth
}

#[track_caller]
fn check(numbers: impl Iterator<Item = u64>) {
    let forest = chain(numbers);
    assert_eq!(forest.runs().count(), 1);
    assert_eq!(walk(&forest), DEEP as usize);
    drop(forest);
}

#[test]
fn a_chain_a_million_deep_from_its_root() {
    check(0..DEEP);
}

#[test]
fn a_chain_a_million_deep_from_its_tip() {
    check((0..DEEP).rev());
}

#[test]
fn a_chain_a_million_deep_in_no_order() {
    // Multiplying by a number prime to a million visits each link once.
    check((0..DEEP).map(|number| number * 700_001 % DEEP));
}

#[test]
fn a_circle_a_million_long() {
    let mut forest = chain(1..DEEP);
    let Event::Start(mut first) = link(0) else {
        unreachable!()
    };
    first.parent_span_id = SpanId::try_from(DEEP).ok();
    forest.hear(SessionId(1), &Event::Start(first), &[], 0);
    assert_eq!(walk(&forest), DEEP as usize);
}

#[test]
fn a_span_is_small() {
    assert!(size_of::<Span>() <= 256, "{} bytes", size_of::<Span>());
}
