//! The stream rules, one by one.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::collections::HashSet;
use std::fmt::Write;

use common::streams::{Brief, What};
use hero_span_protocol::{Event, SpanId, Stream};
use insta::assert_snapshot;

/// The id that a letter stands for: `a` is 00000000000000a1.
fn id(letter: &str) -> SpanId {
    let hex = format!("00000000000000{letter}1");
    hex.parse().expect("a letter from a to f")
}

/// Reads one event: its seq (or `-`), with `!` if it carries producer, what it
/// is, its span, then `<` with a parent and `@` with a time.
fn event(line: &str, index: usize) -> Event<'static> {
    let words: Vec<_> = line.split(' ').collect();
    let [number, what, span, options @ ..] = words.as_slice() else {
        panic!("no event: {line}");
    };
    let option = |mark| options.iter().find_map(|option| option.strip_prefix(mark));
    let ms = option('@').map_or(index as f64, |ms| ms.parse().expect("a time"));
    let brief = Brief {
        what: match *what {
            "start" => What::Start(option('<').map(id)),
            "tag" => What::Tag,
            "log" => What::Log,
            "end" => What::End,
            _ => panic!("no event: {line}"),
        },
        span: id(span),
        ms,
        seq: number.trim_end_matches('!').parse().ok(),
        has_producer: number.ends_with('!'),
    };
    brief.event()
}

/// Runs a stream of events, `rejected` and `skipped` lines parted by `/`, and
/// shows what is found, what stays open, what was lost.
fn run(mut stream: Stream, script: &str) -> String {
    let mut shown = String::new();
    for (index, line) in script.split(" / ").enumerate() {
        match line {
            "rejected" => stream.observe_rejected(),
            "skipped" => stream.observe_skipped(),
            line => {
                for finding in stream.observe(&event(line, index)) {
                    let excuse = if finding.explained_by_loss {
                        " (excused)"
                    } else {
                        ""
                    };
                    let clause = finding.clause;
                    let (expected, found) = (finding.expected, finding.found);
                    writeln!(
                        shown,
                        "{line}: {clause}: expected {expected}, found {found}{excuse}"
                    )
                    .expect("room");
                }
            }
        }
    }
    for open in stream.open_spans() {
        writeln!(shown, "open {open}").expect("room");
    }
    if stream.lost() > 0 {
        writeln!(shown, "lost {}", stream.lost()).expect("room");
    }
    shown
}

fn check(script: &str) -> String {
    run(Stream::new(), script)
}

#[test]
fn good_stream_has_no_findings() {
    assert_snapshot!(check("0! start a / 1 start b <a / 2 tag b / 3 log a / 4 end b / 5 end a"), @"");
}

#[test]
fn child_may_outlive_its_parent() {
    assert_snapshot!(check("0! start a / 1 start b <a / 2 end a / 3 tag b / 4 end b"), @"");
}

#[test]
fn open_spans_stay_open_in_the_order_they_began() {
    assert_snapshot!(check("0! start c / 1 start a <c / 2 start b <c / 3 end a"), @"
    open 00000000000000c1
    open 00000000000000b1
    ");
}

#[test]
fn start_first() {
    assert_snapshot!(check("0! tag a / 1 log a / 2 end a"), @"0! tag a: rule.start-first: expected span_start as the first event of 00000000000000a1, found span_tag");
    assert_snapshot!(check("0! end a / 1 start a"), @"
    0! end a: rule.start-first: expected span_start as the first event of 00000000000000a1, found span_end
    open 00000000000000a1
    ");
}

#[test]
fn start_may_have_been_lost() {
    assert_snapshot!(check("0! start a / 2 tag b / 3 end b / 4 end a"), @"
    2 tag b: rule.start-first: expected span_start as the first event of 00000000000000b1, found span_tag (excused)
    lost 1
    ");
    assert_snapshot!(check("0! start a / rejected / 2 tag b / 3 end b / 4 end a"), @"2 tag b: rule.start-first: expected span_start as the first event of 00000000000000b1, found span_tag (excused)");
    assert_snapshot!(check("0! start a / skipped / 2 tag b / 3 end b / 4 end a"), @"2 tag b: rule.start-first: expected span_start as the first event of 00000000000000b1, found span_tag");
}

#[test]
fn loss_does_not_excuse_a_start_that_comes_late() {
    assert_snapshot!(check("0! start a / 2 tag b / 3 start b / 4 end b / 5 end a"), @"
    2 tag b: rule.start-first: expected span_start as the first event of 00000000000000b1, found span_tag (excused)
    3 start b: rule.start-first: expected span_start as the first event of 00000000000000b1, found it after other events
    lost 1
    ");
}

#[test]
fn start_once() {
    assert_snapshot!(check("0! start a / 1 start a / 2 end a"), @"1 start a: rule.start-once: expected one span_start of 00000000000000a1, found another while it is open");
    assert_snapshot!(check("0! start a / 1 end a / 2 start a / 3 tag a / 4 end a"), @"2 start a: rule.start-once: expected one span_start of 00000000000000a1, found another after its end");
    assert_snapshot!(check("0! start a / 2 start a / 3 end a"), @"
    2 start a: rule.start-once: expected one span_start of 00000000000000a1, found another while it is open
    lost 1
    ");
}

#[test]
fn end_last() {
    assert_snapshot!(check("0! start a / 1 end a / 2 tag a"), @"2 tag a: rule.end-last: expected no span_tag after the end of 00000000000000a1, found one");
    assert_snapshot!(check("0! start a / 1 end a / 2 log a / 3 log a"), @"
    2 log a: rule.end-last: expected no span_log after the end of 00000000000000a1, found one
    3 log a: rule.end-last: expected no span_log after the end of 00000000000000a1, found one
    ");
}

#[test]
fn end_once() {
    assert_snapshot!(check("0! start a / 1 end a / 2 end a"), @"2 end a: rule.end-once: expected one span_end of 00000000000000a1, found another");
    assert_snapshot!(check("0! start a / 1 end a / 9 end a"), @"
    9 end a: rule.end-once: expected one span_end of 00000000000000a1, found another
    lost 7
    ");
}

#[test]
fn parent_started() {
    assert_snapshot!(check("0! start b <a / 1 start a / 2 end b / 3 end a"), @"1 start a: rule.parent-started: expected the start of 00000000000000a1 before that of its child 00000000000000b1, found it after");
    assert_snapshot!(check("0! start a <a / 1 end a"), @"0! start a <a: rule.parent-started: expected a parent that started before 00000000000000a1, found the span itself");
}

#[test]
fn parent_of_another_producer_is_taken_as_such() {
    assert_snapshot!(check("0! start b <a / 1 start c <a / 2 end b / 3 end c"), @"");
}

#[test]
fn parents_of_other_producers_can_be_named() {
    let stream = || Stream::with_parents(HashSet::from([id("a")]));
    assert_snapshot!(run(stream(), "0! start b <a / 1 end b"), @"");
    assert_snapshot!(run(stream(), "0! start b <c / 1 end b"), @"0! start b <c: rule.parent-started: expected a parent that started before 00000000000000b1, found 00000000000000c1, never started");
    assert_snapshot!(run(stream(), "0! start a / 2 start b <c / 3 end b / 4 end a"), @"
    2 start b <c: rule.parent-started: expected a parent that started before 00000000000000b1, found 00000000000000c1, never started (excused)
    lost 1
    ");
}

#[test]
fn time_order() {
    assert_snapshot!(check("0! start a @5 / 1 tag a @5 / 2 log a @4.999 / 3 end a @5"), @"2 log a @4.999: rule.time-order: expected a ts_ms of 00000000000000a1 from 5 on, found 4.999");
    assert_snapshot!(check("0! start a @5 / 1 start b <a @3 / 2 end b @4 / 3 end a @5"), @"");
}

#[test]
fn seq_rises() {
    assert_snapshot!(check("0! start a / 1 tag a / 1 tag a / 2 end a"), @"1 tag a: rule.seq-rises: expected a seq above 1, found 1");
    assert_snapshot!(check("0! start a / 2 tag a / 1 tag a / 3 end a"), @"
    1 tag a: rule.seq-rises: expected a seq above 2, found 1
    lost 2
    ");
    assert_snapshot!(check("0! start a / 1 tag a / 0 tag a / 1 end a"), @"0 tag a: rule.seq-rises: expected a seq above 1, found 0");
}

#[test]
fn gaps_are_counted() {
    assert_snapshot!(check("3! start a / 4 tag a / 7 end a"), @"lost 5");
    assert_snapshot!(check("0! start a / - tag a / rejected / skipped / 5 end a"), @"lost 1");
    assert_snapshot!(check("0! start a / rejected / 1 end a"), @"");
}

#[test]
fn producer_first() {
    assert_snapshot!(check("0 start a / 1 end a"), @"0 start a: rule.producer-first: expected producer on the first event, found none");
    assert_snapshot!(check("0! start a / 1! end a"), @"1! end a: rule.producer-first: expected producer on the first event only, found it on a later one");
    assert_snapshot!(check("0 start a / 1! end a"), @"0 start a: rule.producer-first: expected producer on the first event, found none");
}

#[test]
fn producer_may_have_been_lost() {
    assert_snapshot!(check("1 start a / 2 end a"), @"
    1 start a: rule.producer-first: expected producer on the first event, found none (excused)
    lost 1
    ");
    assert_snapshot!(check("rejected / 1 start a / 2 end a"), @"1 start a: rule.producer-first: expected producer on the first event, found none (excused)");
    assert_snapshot!(check("skipped / 1 start a / 2 end a"), @"");
    assert_snapshot!(check("1! start a / 2 end a"), @"lost 1");
    assert_snapshot!(check("rejected / 1 start a / 2! end a"), @"
    1 start a: rule.producer-first: expected producer on the first event, found none (excused)
    2! end a: rule.producer-first: expected producer on the first event only, found it on a later one
    ");
}

#[test]
fn what_is_forgotten_is_judged_as_never_seen() {
    let check = |script| run(Stream::remembering(1), script);
    // The latest is remembered.
    assert_snapshot!(check("0! start a / 1 end a / 2 end a"), @"2 end a: rule.end-once: expected one span_end of 00000000000000a1, found another");
    assert_snapshot!(check("0! start a / 1 start b / 2 end a / 3 end b / 4 end a / 5 end b"), @"
    4 end a: rule.start-first: expected span_start as the first event of 00000000000000a1, found span_end
    5 end b: rule.start-first: expected span_start as the first event of 00000000000000b1, found span_end
    ");
    assert_snapshot!(check("0! start a / 1 start b / 2 end a / 3 end b / 4 tag a / 5 end a"), @"4 tag a: rule.start-first: expected span_start as the first event of 00000000000000a1, found span_tag");
    assert_snapshot!(check("0! start a / 1 start b / 2 end a / 3 end b / 4 start a / 5 end a"), @"");
    // A parent that was forgotten is taken as another producer's.
    assert_snapshot!(check("0! start a / 1 start b / 2 end a / 3 end b / 4 start c <a / 5 start a / 6 end c / 7 end a"), @"5 start a: rule.parent-started: expected the start of 00000000000000a1 before that of its child 00000000000000c1, found it after");
    // Of the parents that are only named, the latest is remembered.
    assert_snapshot!(check("0! start a <e / 1 start b <f / 2 start e / 3 start f"), @"
    3 start f: rule.parent-started: expected the start of 00000000000000f1 before that of its child 00000000000000b1, found it after
    open 00000000000000a1
    open 00000000000000b1
    open 00000000000000e1
    open 00000000000000f1
    ");
    // What is open is not forgotten.
    assert_snapshot!(check("0! start a / 1 start b / 2 end b / 3 start c / 4 end c / 5 start a"), @"
    5 start a: rule.start-once: expected one span_start of 00000000000000a1, found another while it is open
    open 00000000000000a1
    ");
}

#[test]
fn one_event_can_break_several_rules() {
    assert_snapshot!(check("0! start a / 1 end a / 1! tag a @0"), @"
    1! tag a @0: rule.seq-rises: expected a seq above 1, found 1
    1! tag a @0: rule.producer-first: expected producer on the first event only, found it on a later one
    1! tag a @0: rule.time-order: expected a ts_ms of 00000000000000a1 from 1 on, found 0
    1! tag a @0: rule.end-last: expected no span_tag after the end of 00000000000000a1, found one
    ");
}
