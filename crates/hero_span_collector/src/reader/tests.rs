//! What bytes say, whatever the chunks they come in.

use proptest::prelude::*;

use super::Reader;
use crate::message::Said;
use crate::session::Reading;
use crate::tree::Ending;

const START: &str = r#"{"type":"span_start","span_id":"00000000000000a1","ts_ms":1,"parent_span_id":null,"name":"a"}"#;
const END: &str = r#"{"type":"span_end","span_id":"00000000000000a1","ts_ms":2,"status":"ok"}"#;

fn read(bytes: &[u8], chunk: usize) -> (Vec<Said<'_>>, Option<u64>) {
    let mut reader = Reader::default();
    let mut heard = Vec::new();
    for bytes in bytes.chunks(chunk.max(1)) {
        reader.push(bytes, &mut heard);
    }
    match reader.close(Ending::Closed) {
        Said::Closed { torn, .. } => (heard, torn),
        other => panic!("not over: {other:?}"),
    }
}

/// What was said, in short, one a line.
fn describe((heard, torn): (Vec<Said>, Option<u64>)) -> String {
    let mut lines: Vec<_> = heard.iter().map(describe_one).collect();
    lines.extend(torn.map(|bytes| format!("torn: {bytes}")));
    lines.join("\n")
}

fn describe_one(said: &Said) -> String {
    match said {
        Said::Event(told) => {
            let findings = told.findings.iter().map(|found| {
                let excused = if found.explained_by_loss {
                    " (excused)"
                } else {
                    ""
                };
                format!(" {}{excused}", found.clause)
            });
            let findings: String = findings.collect();
            let name = told.event.type_name();
            format!("{}: {name}, lost {}{findings}", told.line, told.lost)
        }
        Said::Skipped(skipped) => {
            let (line, lines, name) = (skipped.line, skipped.lines, &skipped.type_name);
            format!("{line}: skipped {name} x{lines}")
        }
        Said::Rejected(rejected) => {
            let (line, lines) = (rejected.line, rejected.lines);
            format!("{line}: {} x{lines}", rejected.violation.clause)
        }
        other => format!("{other:?}"),
    }
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let expected: Vec<_> = expected.lines().map(str::trim).collect();
    let found = describe(read(text.as_bytes(), usize::MAX));
    assert_eq!(found, expected.join("\n").trim());
}

#[test]
fn events_come_with_their_lines() {
    check(
        &format!("{START}\n{END}\n"),
        "1: span_start, lost 0 rule.producer-first
         2: span_end, lost 0",
    );
}

#[test]
fn bad_lines_cost_no_other_and_are_told_by_clause() {
    check(
        &format!("{START}\n\n{{}}\nnonsense\n\n{END}\n"),
        "1: span_start, lost 0 rule.producer-first
         6: span_end, lost 0
         2: transport.line x3
         3: event.any x1",
    );
}

#[test]
fn unknown_types_are_told_by_name() {
    check(
        "{\"type\":\"b\"}\n{\"type\":\"a\"}\n{\"type\":\"b\"}\n",
        "1: skipped b x2
         2: skipped a x1",
    );
}

#[test]
fn a_flood_of_unknown_types_is_told_in_few_words() {
    let lines: String = (0..100)
        .map(|n| format!("{{\"type\":\"t{n}\"}}\n"))
        .collect();
    let (heard, _) = read(lines.as_bytes(), usize::MAX);
    assert_eq!(heard.len(), super::TYPES);
    let lines = |said: &Said| match said {
        Said::Skipped(skipped) => skipped.lines,
        _ => 0,
    };
    assert_eq!(heard.iter().map(lines).sum::<u64>(), 100);
}

#[test]
fn a_last_line_without_its_end_is_torn_even_if_it_would_parse() {
    check(
        &format!("{START}\n{END}"),
        &format!(
            "1: span_start, lost 0 rule.producer-first\ntorn: {}",
            END.len()
        ),
    );
}

#[test]
fn a_line_is_too_long_by_one_byte() {
    let line = |bytes: usize| {
        let head = r#"{"type":"x","pad":""#;
        format!("{head}{}\"}}\n", "p".repeat(bytes - head.len() - 3))
    };
    check(&line(32_768), "1: skipped x x1");
    check(
        &format!("{}{START}\n", line(32_769)),
        "2: span_start, lost 0 rule.producer-first (excused)
         1: limit.line x1",
    );
}

#[test]
fn a_gap_in_seq_is_a_loss_but_for_lines_that_came() {
    let with =
        |line: &str, seq: u64| line.replace("\"ts_ms\"", &format!("\"seq\":{seq},\"ts_ms\""));
    check(
        &format!("{}\n{}\n", with(START, 0), with(END, 5)),
        "1: span_start, lost 0 rule.producer-first
         2: span_end, lost 4",
    );
    check(
        &format!(
            "{}\nrejected\n{{\"type\":\"skipped\"}}\n{}\n",
            with(START, 0),
            with(END, 5)
        ),
        "1: span_start, lost 0 rule.producer-first
         4: span_end, lost 2
         2: transport.line x1
         3: skipped skipped x1",
    );
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(START.to_owned()),
        Just(END.to_owned()),
        Just(r#"{"type":"later"}"#.to_owned()),
        Just(format!("[{}]", "1,".repeat(20_000))),
        "[ -~]{0,40}",
    ]
}

/// Events one by one, and how many lines of each sort came.
fn account((heard, torn): (Vec<Said>, Option<u64>)) -> (Vec<String>, u64, u64, Option<u64>) {
    let events = heard.iter().filter(|said| matches!(said, Said::Event(_)));
    let events = events.map(describe_one).collect();
    let (mut skipped, mut rejected) = (0, 0);
    for said in &heard {
        match said {
            Said::Skipped(lines) => skipped += lines.lines,
            Said::Rejected(lines) => rejected += lines.lines,
            _ => {}
        }
    }
    (events, skipped, rejected, torn)
}

proptest! {
    #[test]
    fn chunks_do_not_matter(lines in proptest::collection::vec(line(), 0..12), chunk in 1..70_000_usize) {
        let text = lines.join("\n");
        let whole = account(read(text.as_bytes(), usize::MAX));
        let total = whole.0.len() as u64 + whole.1 + whole.2;
        prop_assert_eq!(total, text.matches('\n').count() as u64, "every line is accounted for");
        prop_assert_eq!(whole, account(read(text.as_bytes(), chunk)));
    }
}
