//! What a run costs that goes on for long: the same, however many spans it
//! has had. A program of its own, so that nothing else is measured.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "common/resident.rs"]
mod resident;

use hero_span_collector::Forest;
use hero_span_collector::tree::{Ending, SessionId, Tally};
use hero_span_protocol::{Event, Kind, Members, SpanEnd, SpanId, SpanStart, Status, TimeMs};
use resident::resident_bytes;

const SPANS: u64 = 2_000_000;
const ROOT: u64 = SPANS + 1;

fn id(number: u64) -> SpanId {
    SpanId::try_from(number).expect("not zero")
}

fn start(number: u64, parent: Option<u64>) -> Event<'static> {
    Event::Start(SpanStart {
        span_id: id(number),
        ts_ms: TimeMs::new(number as f64).expect("a time"),
        seq: None,
        producer: None,
        truncated: Members::new(),
        parent_span_id: parent.map(id),
        name: "a usual name".into(),
        kind: Kind::Step,
        tags: Members::new(),
        params: None,
    })
}

fn end(number: u64, status: Status) -> Event<'static> {
    Event::End(SpanEnd {
        span_id: id(number),
        ts_ms: TimeMs::new(number as f64 + 0.5).expect("a time"),
        seq: None,
        producer: None,
        truncated: Members::new(),
        status,
        error: None,
        error_type: None,
        result: None,
    })
}

/// As many short spans as a busy service has in an hour, each thousand on a
/// connection of its own, under one span that stays open.
#[test]
fn a_run_that_goes_on_costs_the_same() {
    let before = resident_bytes();
    let mut forest = Forest::new();
    forest.hear(SessionId(1), &start(ROOT, None), &[], 0);
    for number in 1..=SPANS {
        let session = SessionId(2 + number / 1_000);
        forest.hear(session, &start(number, Some(ROOT)), &[], 0);
        let status = if number % 3 == 0 {
            Status::Failed
        } else {
            Status::Ok
        };
        forest.hear(session, &end(number, status), &[], 0);
        if number % 1_000 == 999 {
            forest.close(session, Ending::Closed);
            forest.shed(50_000, 1_000_000);
        }
    }
    let grown = resident_bytes().saturating_sub(before);
    let (id, run) = forest.runs().next().expect("a run");
    let tally = Tally {
        spans: SPANS + 1,
        ok: SPANS - SPANS / 3,
        failed: SPANS / 3,
        cancelled: 0,
        open: 1,
        unknown: 0,
    };
    assert_eq!(run.tally(), tally);
    assert_eq!(forest.counts(id).events, 2 * SPANS + 1);
    assert_eq!(run.sessions_ever(), 2 + SPANS / 1_000);
    assert!(run.sessions().len() < 60, "{}", run.sessions().len());
    assert!(forest.span_count() <= 51_001, "{}", forest.span_count());
    eprintln!("{} kB for {SPANS} spans", grown / 1024);
    assert!(grown < 64 << 20, "{grown} bytes");
}
