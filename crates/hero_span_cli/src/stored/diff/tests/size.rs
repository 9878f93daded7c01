//! Runs as wide and as deep as they come.

use std::time::{Duration, Instant};

use hero_span_collector::tree::State;
use hero_span_protocol::{Kind, Status};
use insta::assert_snapshot;

use super::super::tree::{Called, Seen};
use super::script::{Compared, Span};

/// Far more than it takes, and far less than in quadratic time.
const A_WHILE: Duration = Duration::from_secs(30);

fn span(at: u64, above: Option<usize>, took_ms: f64) -> Span {
    let began_ms = at as f64 * 10.0;
    Span {
        called: Called {
            name: Some("item".into()),
            kind: Kind::Step,
        },
        seen: Seen {
            above,
            number: at,
            state: State::Ended(Status::Ok),
            began_ms,
            ended_ms: Some(began_ms + took_ms),
            duration_ms: Some(took_ms),
            failure: None,
        },
        lines: Vec::new(),
    }
}

#[track_caller]
fn told(before: Vec<Span>, after: Vec<Span>) -> String {
    let begun = Instant::now();
    let told = Compared::of([before, after]).told();
    let took = begun.elapsed();
    assert!(took < A_WHILE, "{took:?}");
    told
}

/// So many siblings, numbered from there on.
fn wide(count: u64, from: u64, took_ms: f64) -> Vec<Span> {
    (from..from + count)
        .map(|at| span(at, None, took_ms))
        .collect()
}

#[test]
fn a_hundred_thousand_siblings_make_a_few_rows() {
    let before = wide(100_000, 0, 1.0);
    let after = wide(100_500, 1_000_000, 2.0);
    assert_snapshot!(told(before, after), @"
    they differ: 500 new, 100000 slower
    new in run 2
      + item ×500 of 100500 (first item #100001)  step
    slower
      item ×100000  1 min 40 s → 3 min 20 s +100% in all  median 1.00 ms → 2.00 ms
    ");
}

#[test]
fn a_hundred_thousand_siblings_that_ran_at_once_are_matched() {
    let before = wide(100_000, 0, 1_000.0);
    let after = wide(99_999, 1_000_000, 1_000.0);
    assert_snapshot!(told(before, after), @"
    they differ: 1 gone
    gone since run 1
      - item #100000  step
    ");
}

/// Each under the one before.
fn deep(count: u64, from: u64, took_ms: f64) -> Vec<Span> {
    let spans = (0..count).map(|at| {
        let above = usize::try_from(at).ok().and_then(|at| at.checked_sub(1));
        span(from + at, above, took_ms)
    });
    spans.collect()
}

#[test]
fn a_tree_twenty_thousand_deep_is_compared_without_recursion() {
    let before = deep(20_000, 0, 1.0);
    let after = deep(20_001, 1_000_000, 1_000.0);
    let told = told(before, after);
    let mut lines = told.lines();
    assert_snapshot!(lines.by_ref().take(4).collect::<Vec<_>>().join("\n"), @"
    they differ: 1 new, 20000 slower
    new in run 2
      + … › item › item › item › item › item › item › item › item  step
    slower
    ");
    assert_eq!(lines.next(), Some("  item  1.00 ms → 1.00 s +99900%"));
    assert_eq!(lines.next_back(), Some("  … 19950 more rows (--limit N)"));
}

#[test]
fn rows_as_json_are_bounded_however_deep_they_are() {
    let comparison = Compared::of([deep(20_000, 0, 1.0), deep(20_000, 1_000_000, 1_000.0)]);
    let comparison = comparison.compare();
    let json = serde_json::to_value(comparison.json()).expect("JSON");
    let last = &json["slower"][9_999];
    assert_eq!(last["depth"], 9_999);
    assert_eq!(last["path"].as_array().map(Vec::len), Some(32));
}

#[test]
fn whatever_a_producer_names_rows_are_bounded() {
    let named = |from: u64, value: u64| -> Vec<Span> {
        let spans = (0..10_100).map(|at| {
            let mut span = span(from + at, None, 1.0);
            span.called.name = Some(format!("item {at}").into());
            span.lines = vec![format!(
                r#"{{"type":"span_start","span_id":"0000000000000001","ts_ms":1,"name":"n","params":{value}}}"#
            )];
            span
        });
        spans.collect()
    };
    let comparison = Compared::of([named(0, 1), named(1_000_000, 2)]).compare();
    let json = serde_json::to_value(comparison.json()).expect("JSON");
    assert_eq!(json["values"].as_array().map(Vec::len), Some(10_000));
    assert_eq!(json["left_out"]["values"], 100);
    let told = told(named(0, 1), named(1_000_000, 2));
    assert!(told.starts_with("they differ: 10100 values\n"), "{told}");
    assert!(told.ends_with("\n· 100 more values not told"), "{told}");
}

#[test]
fn a_span_with_tags_beyond_number_is_compared_in_part() {
    let tagged = |number: u64, value: u64| {
        let mut span = span(number, None, 1.0);
        let lines = (0..1_500).map(|at| {
            format!(
                r#"{{"type":"span_tag","span_id":"0000000000000001","ts_ms":1,"key":"k{at}","value":{value}}}"#
            )
        });
        span.lines = lines.collect();
        vec![span]
    };
    let told = told(tagged(1, 1), tagged(2, 2));
    assert!(told.starts_with("they differ: 1000 values\n"), "{told}");
    let part = "\n· 1 value known only in part: the same up to there";
    assert!(told.ends_with(part), "{told}");
}
