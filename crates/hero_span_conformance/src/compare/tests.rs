//! Streams against the model: which difference is found first.

use hero_span_protocol::judge;

use super::{Arrival, Matcher};
use crate::model::predict;
use crate::script::Block;

const SCRIPT: &str = r#"[{"op":"step","name":"a","do":[{"op":"log","message":"one"},{"op":"tag","key":"k","value":[1]},
    {"op":"span","name":"b"}]}]"#;

const STREAM: [&str; 6] = [
    r#"{"type":"span_start","span_id":"00000000000000a1","ts_ms":1,"seq":0,"parent_span_id":null,"name":"a","kind":"step"}"#,
    r#"{"type":"span_log","span_id":"00000000000000a1","ts_ms":2,"seq":1,"message":"one"}"#,
    r#"{"type":"span_tag","span_id":"00000000000000a1","ts_ms":3,"seq":2,"key":"k","value":[1]}"#,
    r#"{"type":"span_start","span_id":"00000000000000a2","ts_ms":4,"seq":3,"parent_span_id":"00000000000000a1","name":"b","kind":"span"}"#,
    r#"{"type":"span_end","span_id":"00000000000000a2","ts_ms":5,"seq":4,"status":"ok"}"#,
    r#"{"type":"span_end","span_id":"00000000000000a1","ts_ms":6,"seq":5,"status":"ok"}"#,
];

fn follow(script: &str, lines: &[String], may_lose: bool) -> String {
    let script: Block = serde_json::from_str(script).unwrap();
    let expected = predict(&script);
    let arrivals: Vec<Arrival> = lines
        .iter()
        .map(|line| Arrival::new(1, 0, line.as_bytes(), judge(line.as_bytes()).0.unwrap()))
        .collect();
    let mut matcher = Matcher::new(&expected, None, false);
    let progress = matcher.follow(0, &arrivals, may_lose);
    match progress.failure {
        Some((index, difference)) => format!(
            "{index}: {} {}: expected {}, found {}",
            difference.clause, difference.field, difference.expected, difference.found
        ),
        None => format!(
            "{} matched, {} lost",
            progress.matched.len(),
            progress.lost.len()
        ),
    }
}

/// The stream with one text replaced, or a line left out if it is `None`.
fn stream(line: usize, change: Option<(&str, &str)>) -> Vec<String> {
    let mut lines: Vec<String> = STREAM.map(str::to_owned).to_vec();
    match change {
        Some((original, changed)) => {
            assert!(lines[line].contains(original));
            lines[line] = lines[line].replace(original, changed);
        }
        None => drop(lines.remove(line)),
    }
    lines
}

fn check(line: usize, change: Option<(&str, &str)>, expected: &str) {
    assert_eq!(follow(SCRIPT, &stream(line, change), false), expected);
}

#[test]
fn the_right_stream_matches() {
    check(0, Some(("a", "a")), "6 matched, 0 lost");
}

#[test]
fn a_prefix_matches_as_far_as_it_goes() {
    assert_eq!(
        follow(SCRIPT, &stream(5, None)[..4], false),
        "4 matched, 0 lost"
    );
}

#[test]
fn a_wrong_field_is_named() {
    check(
        0,
        Some(("\"a\"", "\"aa\"")),
        "0: event.span_start name: expected \"a\", found \"aa\"",
    );
    check(
        2,
        Some(("[1]", "[2]")),
        "2: event.span_tag value: expected [1], found [2]",
    );
    check(
        2,
        Some(("[1]", "\"[1]\"")),
        "2: limit.value value: expected [1], found the string \"[1]\"",
    );
    check(
        3,
        Some(("\"span\"", "\"step\"")),
        "3: type.kind kind: expected \"span\", found \"step\"",
    );
    check(
        5,
        Some(("\"ok\"", "\"cancelled\"")),
        "5: sdk.status status: expected \"ok\", found \"cancelled\"",
    );
}

#[test]
fn a_wrong_parent_is_named() {
    check(
        3,
        Some(("\"00000000000000a1\"", "null")),
        "3: sdk.parent parent_span_id: expected 00000000000000a1 (step \"a\"), found null",
    );
}

#[test]
fn what_was_not_cut_must_not_be_announced() {
    check(
        1,
        Some((
            "\"message\":\"one\"",
            "\"message\":\"one\",\"truncated\":{\"message\":9000}",
        )),
        "1: value.announced truncated.message: expected nothing, for it was not cut, found 9000",
    );
}

#[test]
fn a_field_too_many_is_named() {
    check(
        3,
        Some(("\"kind\"", "\"params\":{},\"kind\"")),
        "3: event.span_start params: expected nothing, found \"{}\"",
    );
}

#[test]
fn a_missing_event_is_named_by_the_gap_it_leaves() {
    check(
        1,
        None,
        "1: event.any seq: expected 1, for nothing was lost, found 2",
    );
}

#[test]
fn losses_are_taken_where_they_may_be() {
    assert_eq!(follow(SCRIPT, &stream(1, None), true), "5 matched, 1 lost");
}

#[test]
fn a_span_whose_start_was_lost_is_known_by_what_follows() {
    assert_eq!(follow(SCRIPT, &stream(3, None), true), "5 matched, 1 lost");
}

#[test]
fn losses_must_be_counted() {
    let mut lines = stream(1, None);
    lines[1] = lines[1].replace("\"seq\":2", "\"seq\":1");
    assert_eq!(
        follow(SCRIPT, &lines, true),
        "1: event.any seq: expected at least 2, that of span_tag k of step \"a\", found 1"
    );
}

const SIDE_BY_SIDE: &str =
    r#"[{"op":"parallel","do":[[{"op":"step","name":"a"}],[{"op":"step","name":"b"}]]}]"#;

fn start(name: &str, id: &str, seq: usize) -> String {
    format!(
        r#"{{"type":"span_start","span_id":"00000000000000{id}","ts_ms":1,"seq":{seq},"parent_span_id":null,"name":"{name}","kind":"step"}}"#
    )
}

fn end(id: &str, seq: usize) -> String {
    format!(
        r#"{{"type":"span_end","span_id":"00000000000000{id}","ts_ms":2,"seq":{seq},"status":"ok"}}"#
    )
}

#[test]
fn what_runs_side_by_side_may_come_in_any_order() {
    let orders = [
        [
            start("a", "a1", 0),
            start("b", "b1", 1),
            end("a1", 2),
            end("b1", 3),
        ],
        [
            start("b", "b1", 0),
            start("a", "a1", 1),
            end("a1", 2),
            end("b1", 3),
        ],
        [
            start("b", "b1", 0),
            end("b1", 1),
            start("a", "a1", 2),
            end("a1", 3),
        ],
    ];
    for order in orders {
        assert_eq!(follow(SIDE_BY_SIDE, &order, false), "4 matched, 0 lost");
    }
}

#[test]
fn within_a_branch_the_order_stays() {
    let wrong = [start("a", "a1", 0), end("a1", 1), end("a1", 2)];
    let words = follow(SIDE_BY_SIDE, &wrong, false);
    assert!(
        words.starts_with("2: sdk.delivered type: expected span_start of step \"b\""),
        "{words}"
    );
}

/// A log with so many fields of 4,096 bytes that arrive with `bytes` each.
fn fields_cut_to(count: usize, bytes: usize) -> String {
    let script = format!(
        r#"[{{"op":"step","name":"a","do":[{{"op":"log","message":"m","fields":{{"gen":"members","count":{count},
            "value":{{"gen":"text","char":"v","bytes":4096}}}}}}]}}]"#
    );
    let value = "v".repeat(bytes);
    let fields: Vec<String> = (0..count)
        .map(|index| format!(r#""k{index}":"{value}""#))
        .collect();
    let sizes: Vec<String> = (0..count)
        .map(|index| format!(r#""fields.k{index}":4096"#))
        .collect();
    let truncated = if bytes < 4096 {
        format!(r#","truncated":{{{}}}"#, sizes.join(","))
    } else {
        String::new()
    };
    let log = format!(
        r#"{{"type":"span_log","span_id":"00000000000000a1","ts_ms":2,"seq":1,"message":"m","fields":{{{}}}{truncated}}}"#,
        fields.join(",")
    );
    follow(&script, &[STREAM[0].to_owned(), log], false)
}

#[test]
fn limits_are_halved_only_until_the_line_fits() {
    assert_eq!(fields_cut_to(7, 4096), "2 matched, 0 lost");
    assert_eq!(fields_cut_to(10, 2048), "2 matched, 0 lost");
    assert_eq!(
        fields_cut_to(10, 1024),
        "1: value.line truncated: expected limits halved until the line fits: 1 times, found halved 2 times"
    );
    assert_eq!(
        fields_cut_to(7, 4000),
        "1: limit.value fields.k0: expected …\"vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv\"… (4096 bytes), \
         found …\"vvvvvvvvvvvvvvvvvvvvvvvv\" (4000 bytes), differs at byte 4000"
    );
}
