//! The accept reading of good lines, and how events are written.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use hero_span_protocol::{Event, Kind, Level, Parsed, encode, limit, parse};
use insta::assert_snapshot;

fn event(line: &str) -> Event<'_> {
    match parse(line.as_bytes()).expect("a good line") {
        Parsed::Event(event) => event,
        Parsed::Skipped { type_name } => panic!("skipped {type_name}"),
    }
}

/// The line as this crate writes it.
fn rewritten(line: &str) -> String {
    let mut out = Vec::new();
    encode(&event(line), &mut out);
    let line = String::from_utf8(out).expect("UTF-8");
    line.strip_suffix('\n').expect("an LF").to_owned()
}

const LEAST_START: &str =
    r#"{"type":"span_start","span_id":"00000000000000a1","ts_ms":1,"name":"x"}"#;

fn start(more: &str) -> String {
    LEAST_START.replace('}', &format!(",{more}}}"))
}

#[test]
fn only_required_fields_are_needed() {
    let Event::Start(start) = event(LEAST_START) else {
        panic!("no start");
    };
    assert_eq!((start.seq, start.parent_span_id), (None, None));
    assert_eq!(start.kind, Kind::Span);
    assert!(start.producer.is_none() && start.params.is_none());
    assert!(start.tags.is_empty() && start.truncated.is_empty());
}

#[test]
fn unknown_words_have_a_reading() {
    let kind = |word: &str| match event(&start(&format!("\"kind\":\"{word}\""))) {
        Event::Start(start) => start.kind,
        other => panic!("no start: {other:?}"),
    };
    assert_eq!(
        (kind("rpc"), kind("job"), kind("")),
        (Kind::Rpc, Kind::Span, Kind::Span)
    );
    let line = r#"{"type":"span_log","span_id":"00000000000000a1","ts_ms":1,"message":"m","level":"fatal"}"#;
    let Event::Log(log) = event(line) else {
        panic!("no log");
    };
    assert_eq!(log.level, Level::Info);
}

#[test]
fn counts_may_be_written_as_any_number() {
    for (seq, expected) in [
        ("0", 0),
        ("-0", 0),
        ("1.0", 1),
        ("1e2", 100),
        ("15000e-3", 15),
        ("9007199254740991", 9_007_199_254_740_991),
        ("9007199254740991.0", 9_007_199_254_740_991),
    ] {
        assert_eq!(
            event(&start(&format!("\"seq\":{seq}"))).seq(),
            Some(expected),
            "{seq}"
        );
    }
}

#[test]
fn order_escapes_and_space_do_not_matter() {
    let line = "\t{ \"n\\u0061me\" : \"x\" ,\"ts_ms\":1.0,\"\\u0074ype\":\"span\\u005fstart\", \
                \"span_id\":\"00000000000000\\u00611\" } \r\n";
    assert_eq!(event(line), event(LEAST_START));
    let crlf = format!("{LEAST_START}\r\n");
    assert_eq!(event(&crlf), event(LEAST_START));
}

#[test]
fn line_may_fill_its_limit() {
    for (bytes, is_good) in [(limit::LINE_BYTES, true), (limit::LINE_BYTES + 1, false)] {
        let room = bytes - start("\"x\":\"\"").len() - 1;
        let line = start(&format!("\"x\":\"{}\"", "x".repeat(room)));
        assert_eq!(line.len() + 1, bytes);
        assert_eq!(parse(line.as_bytes()).is_ok(), is_good);
        assert_eq!(parse(format!("{line}\n").as_bytes()).is_ok(), is_good);
    }
}

#[test]
fn unknown_fields_are_ignored() {
    let line = start("\"new\":{\"a\":[1]},\"message\":7,\"status\":null");
    assert_eq!(event(&line), event(LEAST_START));
}

#[test]
fn unknown_types_are_skipped_whatever_their_fields() {
    for line in [
        r#"{"type":"span_link"}"#,
        r#"{"type":"span_link","span_id":7,"ts_ms":"x"}"#,
    ] {
        let skipped = Parsed::Skipped {
            type_name: "span_link".into(),
        };
        assert_eq!(parse(line.as_bytes()), Ok(skipped));
    }
}

#[test]
fn text_without_escapes_is_borrowed() {
    let line = start("\"tags\":{\"a\":\"\\n\"},\"params\":\"\\n\"");
    let Event::Start(start) = event(&line) else {
        panic!("no start");
    };
    let place = line.as_bytes().as_ptr_range();
    let is_borrowed = |text: &str| place.contains(&text.as_ptr());
    assert!(is_borrowed(&start.name));
    assert!(
        start
            .tags
            .iter()
            .all(|(key, value)| is_borrowed(key) && is_borrowed(value.as_str()))
    );
    assert!(
        start
            .params
            .is_some_and(|params| is_borrowed(params.as_str()))
    );
}

#[test]
fn events_are_written_compact() {
    let producer = "\"producer\":{\"id\":\"00000000000000f1\",\"sdk\":\"rust\",\"version\":\"1\",\"protocol\":1,\"pid\":7}";
    let full = start(&format!(
        "\"seq\":0, {producer},\"parent_span_id\":\"00000000000000b1\",\"kind\":\"rpc\",\
         \"tags\":{{\"a\": 1,\"\\u00e9\":[]}},\"params\":{{}},\"truncated\":{{\"name\":300}}"
    ));
    assert_snapshot!(rewritten(&full), @r#"{"type":"span_start","span_id":"00000000000000a1","ts_ms":1,"seq":0,"producer":{"id":"00000000000000f1","sdk":"rust","version":"1","protocol":1,"pid":7},"parent_span_id":"00000000000000b1","name":"x","kind":"rpc","tags":{"a":1,"é":[]},"params":{},"truncated":{"name":300}}"#);
    assert_snapshot!(rewritten(LEAST_START), @r#"{"type":"span_start","span_id":"00000000000000a1","ts_ms":1,"parent_span_id":null,"name":"x","kind":"span"}"#);
    assert_snapshot!(rewritten(r#"{"type":"span_tag","span_id":"00000000000000a1","ts_ms":1e3,"seq":1,"key":"a\u000a\u0001\/","value":null}"#), @r#"{"type":"span_tag","span_id":"00000000000000a1","ts_ms":1000,"seq":1,"key":"a\n\u0001/","value":null}"#);
    assert_snapshot!(rewritten(r#"{"type":"span_log","span_id":"00000000000000a1","ts_ms":-1.5,"message":"\ud83d\ude00","level":"error","fields":{"":0}}"#), @r#"{"type":"span_log","span_id":"00000000000000a1","ts_ms":-1.5,"message":"😀","level":"error","fields":{"":0}}"#);
    assert_snapshot!(rewritten(r#"{"type":"span_log","span_id":"00000000000000a1","ts_ms":1,"message":"","level":"info"}"#), @r#"{"type":"span_log","span_id":"00000000000000a1","ts_ms":1,"message":""}"#);
    assert_snapshot!(rewritten(r#"{"type":"span_end","span_id":"00000000000000a1","ts_ms":1,"status":"failed","error":"why","error_type":"E","result":0}"#), @r#"{"type":"span_end","span_id":"00000000000000a1","ts_ms":1,"status":"failed","error":"why","error_type":"E","result":0}"#);
}
