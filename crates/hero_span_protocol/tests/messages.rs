//! What is said of a bad line, for each clause that a line can break.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use hero_span_protocol::{Json, SpanId, TimeMs, judge, limit, parse};
use insta::assert_snapshot;

/// An event's line with other fields in place of, or beside, its own.
fn line(base: &[(&str, &str)], changes: &[(&str, &str)]) -> String {
    let mut members: Vec<_> = base.to_vec();
    for &(key, value) in changes {
        match members.iter_mut().find(|(known, _)| *known == key) {
            Some(member) => member.1 = value,
            None => members.push((key, value)),
        }
    }
    members.retain(|(_, value)| !value.is_empty());
    let members: Vec<_> = members
        .iter()
        .map(|(k, v)| format!("\"{k}\":{v}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

const START: &[(&str, &str)] = &[
    ("type", "\"span_start\""),
    ("span_id", "\"00000000000000a1\""),
    ("ts_ms", "1"),
    ("seq", "0"),
    ("parent_span_id", "null"),
    ("name", "\"load\""),
    ("kind", "\"step\""),
];

const TAG: &[(&str, &str)] = &[
    ("type", "\"span_tag\""),
    ("span_id", "\"00000000000000a1\""),
    ("ts_ms", "1"),
    ("seq", "0"),
    ("key", "\"rows\""),
    ("value", "1"),
];

const LOG: &[(&str, &str)] = &[
    ("type", "\"span_log\""),
    ("span_id", "\"00000000000000a1\""),
    ("ts_ms", "1"),
    ("seq", "0"),
    ("message", "\"loaded\""),
];

const END: &[(&str, &str)] = &[
    ("type", "\"span_end\""),
    ("span_id", "\"00000000000000a1\""),
    ("ts_ms", "1"),
    ("seq", "0"),
    ("status", "\"failed\""),
    ("error", "\"no rows\""),
];

/// What parse says.
fn rejected(line: impl AsRef<[u8]>) -> String {
    parse(line.as_ref()).expect_err("a bad line").to_string()
}

fn start(changes: &[(&str, &str)]) -> String {
    rejected(line(START, changes))
}

/// All that judge says.
fn judged(line: impl AsRef<[u8]>) -> String {
    let (_, violations) = judge(line.as_ref());
    let shown: Vec<_> = violations.iter().map(ToString::to_string).collect();
    shown.join("\n")
}

fn text(unit: &str, count: usize) -> String {
    format!("\"{}\"", unit.repeat(count))
}

#[test]
fn good_lines_have_nothing_to_say() {
    for base in [START, TAG, LOG, END] {
        assert_eq!(judged(line(base, &[])), "");
    }
}

#[test]
fn transport_line() {
    assert_snapshot!(rejected(""), @"transport.line at byte 0: expected a JSON object, found an empty line");
    assert_snapshot!(rejected(" \r\n"), @"transport.line at byte 2: expected a JSON object, found an empty line");
    assert_snapshot!(rejected("[1]"), @"transport.line at byte 0: expected a JSON object, found '['");
    assert_snapshot!(rejected("hello"), @"transport.line at byte 0: expected a JSON object, found 'h'");
    assert_snapshot!(rejected("{}{}"), @"transport.line at byte 2: expected the end of the line, found '{'");
    assert_snapshot!(rejected("{}\n{}\n"), @r"transport.line at byte 2: expected one line, found '\n'");
    assert_snapshot!(judged(line(TAG, &[]) + "\r\n"), @"transport.line at byte 89: expected an LF after the object, found a CR");
    assert_snapshot!(judged(format!(" {} \n", line(TAG, &[]))), @"
    transport.line at byte 0: expected '{', found white space
    transport.line at byte 90: expected an LF after the object, found white space
    ");
}

#[test]
fn transport_utf8() {
    assert_snapshot!(rejected("\u{feff}{}"), @"transport.utf8 at byte 0: expected UTF-8 without a byte order mark, found a byte order mark");
    assert_snapshot!(rejected(b"{\"a\":\"\xe9\"}"), @"transport.utf8 at byte 6: expected UTF-8 without a byte order mark, found the byte 0xe9");
}

#[test]
fn transport_i_json() {
    assert_snapshot!(start(&[("extra", "1"), ("extr\\u0061", "2")]), @r#"transport.i-json: extra at byte 128: expected each key once, found "extra" again"#);
    assert_snapshot!(rejected("{\"type\":\"x\",\"type\":\"x\"}"), @r#"transport.i-json: type at byte 12: expected each key once, found "type" again"#);
    assert_snapshot!(start(&[("tags", "{\"a\":1,\"a\":2}")]), @r#"transport.i-json: tags.a at byte 132: expected each key once, found "a" again"#);
    assert_snapshot!(start(&[("params", "[{\"\\n\":1,\"\\n\":2}]")]), @r#"transport.i-json: params at byte 136: expected each key once, found "\n" again"#);
    assert_snapshot!(start(&[("name", "\"\\ud83d!\"")]), @r"transport.i-json: name at byte 98: expected both halves of a surrogate, found \ud83d alone");
    assert_snapshot!(start(&[("tags", "{\"a\":\"\\ude00\"}")]), @r"transport.i-json: tags.a at byte 131: expected both halves of a surrogate, found \ude00 alone");
    assert_snapshot!(start(&[("params", "[-1e999]")]), @"transport.i-json: params at byte 128: expected a number that a double holds, found -1e999");
    assert_snapshot!(start(&[("params", "NaN")]), @"transport.i-json: params at byte 127: expected a JSON value, found 'N'");
    assert_snapshot!(start(&[("params", "[1,]")]), @"transport.i-json: params at byte 130: expected a JSON value, found ']'");
    assert_snapshot!(start(&[("params", "01")]), @"transport.i-json at byte 128: expected ',' or '}', found '1'");
    assert_snapshot!(start(&[("name", "\"\t\"")]), @r"transport.i-json: name at byte 98: expected an escape for a control character, found '\t'");
    assert_snapshot!(start(&[("name", "\"\\x\"")]), @"transport.i-json: name at byte 99: expected an escape of JSON, found 'x'");
    assert_snapshot!(rejected("{\"type\":\"span_tag\",\"span_id\":\"0000"), @"transport.i-json: span_id at byte 34: expected a closing quote, found the end of the line");
    assert_snapshot!(rejected("{\"type\" \"x\"}"), @r#"transport.i-json at byte 8: expected ':', found '"'"#);
    assert_snapshot!(rejected("{type:1}"), @"transport.i-json at byte 1: expected a key in quotes, found 't'");
    assert_snapshot!(rejected("{\"a\":1 \"b\":2}"), @r#"transport.i-json at byte 7: expected ',' or '}', found '"'"#);
    assert_snapshot!(rejected("{\"a\":1e}"), @"transport.i-json: a at byte 7: expected a digit, found '}'");
    assert_snapshot!(rejected("{\"a\":\"\\u00g0\"}"), @"transport.i-json: a at byte 10: expected four hex digits, found 'g'");
}

#[test]
fn type_id() {
    assert_snapshot!(start(&[("span_id", "\"00000000000000A1\"")]), @r#"type.id: span_id at byte 31: expected 16 lower-case hex digits, not all zero, found "00000000000000A1""#);
    assert_snapshot!(start(&[("span_id", "\"0000000000000000\"")]), @r#"type.id: span_id at byte 31: expected 16 lower-case hex digits, not all zero, found "0000000000000000""#);
    assert_snapshot!(start(&[("parent_span_id", "17")]), @"type.id: parent_span_id at byte 85: expected 16 lower-case hex digits, not all zero, found 17");
    assert_snapshot!("".parse::<SpanId>().expect_err("no id"), @r#"type.id: expected 16 lower-case hex digits, not all zero, found """#);
    assert_snapshot!(SpanId::try_from(0).expect_err("no id"), @"type.id: expected 16 lower-case hex digits, not all zero, found 0");
}

#[test]
fn type_time() {
    assert_snapshot!(start(&[("ts_ms", "\"1\"")]), @r#"type.time: ts_ms at byte 58: expected a number, found "1""#);
    assert_snapshot!(judged(line(TAG, &[("ts_ms", "1.0625")])), @"type.time: ts_ms at byte 56: expected at most 3 decimals, found 1.0625");
    assert_snapshot!(judged(line(TAG, &[("ts_ms", "1e3")])), @"type.time: ts_ms at byte 56: expected a number without an exponent, found 1e3");
    assert_snapshot!(judged(line(TAG, &[("ts_ms", "-1")])), @"type.time: ts_ms at byte 56: expected a number from 0 to 9007199254740, found -1");
    assert_snapshot!(judged(line(TAG, &[("ts_ms", "9007199254741")])), @"type.time: ts_ms at byte 56: expected a number from 0 to 9007199254740, found 9007199254741");
    assert_snapshot!(TimeMs::new(f64::NAN).expect_err("no time"), @"type.time: expected a finite number, found NaN");
}

#[test]
fn type_count() {
    assert_snapshot!(start(&[("seq", "-1")]), @"type.count: seq at byte 66: expected an integer from 0 to 9007199254740991, found -1");
    assert_snapshot!(start(&[("seq", "1.5")]), @"type.count: seq at byte 66: expected an integer from 0 to 9007199254740991, found 1.5");
    assert_snapshot!(start(&[("seq", "9007199254740992")]), @"type.count: seq at byte 66: expected an integer from 0 to 9007199254740991, found 9007199254740992");
    assert_snapshot!(start(&[("seq", "null")]), @"type.count: seq at byte 66: expected an integer from 0 to 9007199254740991, found null");
    assert_snapshot!(start(&[("truncated", "{\"name\":\"300\"}")]), @r#"type.count: truncated.name at byte 138: expected an integer from 0 to 9007199254740991, found "300""#);
}

#[test]
fn type_name() {
    assert_snapshot!(start(&[("name", "[]")]), @"type.name: name at byte 97: expected a string, found an array");
    assert_snapshot!(start(&[("type", "1")]), @"type.name: type at byte 8: expected a string, found 1");
    assert_snapshot!(judged(line(TAG, &[("key", "\"\"")])), @"type.name: key at byte 72: expected at least 1 byte, found none");
    assert_snapshot!(judged(line(START, &[("tags", "{\"\":1}")])), @"type.name: tags. at byte 126: expected at least 1 byte, found none");
}

#[test]
fn other_types() {
    assert_snapshot!(rejected(line(LOG, &[("message", "null")])), @"type.text: message at byte 76: expected a string, found null");
    assert_snapshot!(rejected(line(END, &[("error", "null")])), @"type.error: error at byte 92: expected a string, found null");
    assert_snapshot!(start(&[("tags", "[]")]), @"type.members: tags at byte 125: expected an object, found an array");
    assert_snapshot!(start(&[("truncated", "1")]), @"type.sizes: truncated at byte 130: expected an object, found 1");
    assert_snapshot!(start(&[("kind", "1")]), @"type.kind: kind at byte 111: expected a string, found 1");
    assert_snapshot!(judged(line(START, &[("kind", "\"job\"")])), @r#"type.kind: kind at byte 111: expected flow, step, span or rpc, found "job""#);
    assert_snapshot!(rejected(line(LOG, &[("level", "true")])), @"type.level: level at byte 93: expected a string, found true");
    assert_snapshot!(judged(line(LOG, &[("level", "\"trace\"")])), @r#"type.level: level at byte 93: expected debug, info, warn or error, found "trace""#);
    assert_snapshot!(rejected(line(END, &[("status", "\"done\"")])), @r#"type.status: status at byte 75: expected ok, failed or cancelled, found "done""#);
}

#[test]
fn type_producer() {
    assert_snapshot!(start(&[("producer", "\"python\"")]), @r#"type.producer: producer at byte 129: expected an object, found "python""#);
    assert_snapshot!(start(&[("producer", "{}")]), @"type.producer: producer.id at byte 130: expected the field id, found none");
    assert_snapshot!(start(&[("producer", "{\"id\":1}")]), @"type.id: producer.id at byte 135: expected 16 lower-case hex digits, not all zero, found 1");
    assert_snapshot!(
        judged(line(START, &[("producer", "{\"id\":\"00000000000000a1\",\"sdk\":\"\",\"protocol\":2,\"x\":1}")])),
        @r#"
    type.name: producer.sdk at byte 160: expected at least 1 byte, found none
    type.producer: producer.protocol at byte 174: expected 1, found 2
    type.producer: producer.x at byte 176: expected no field but those of a producer, found "x"
    type.producer: producer.version at byte 181: expected the field version, found none
    type.producer: producer.pid at byte 181: expected the field pid, found none
    "#
    );
}

#[test]
fn event_any() {
    assert_snapshot!(rejected("{}"), @"event.any: type at byte 1: expected the field type, found none");
    assert_snapshot!(start(&[("span_id", "")]), @"event.any: span_id at byte 88: expected the field span_id, found none");
    assert_snapshot!(judged("{\"type\":\"span_new\"}"), @r#"event.any: type at byte 8: expected span_start, span_tag, span_log or span_end, found "span_new""#);
    assert_snapshot!(judged(line(TAG, &[("seq", ""), ("note", "1"), ("message", "\"\"")])), @r#"
    event.any: note at byte 81: expected no field but those of span_tag, found "note"
    event.any: message at byte 100: expected no field but those of span_tag, found "message"
    event.any: seq at byte 102: expected the field seq, found none
    "#);
}

#[test]
fn events() {
    assert_snapshot!(start(&[("name", "")]), @"event.span_start: name at byte 103: expected the field name, found none");
    assert_snapshot!(judged(line(START, &[("parent_span_id", ""), ("kind", "")])), @"
    event.span_start: parent_span_id at byte 81: expected the field parent_span_id, found none
    event.span_start: kind at byte 81: expected the field kind, found none
    ");
    assert_snapshot!(rejected(line(TAG, &[("value", "")])), @"event.span_tag: value at byte 78: expected the field value, found none");
    assert_snapshot!(rejected(line(LOG, &[("message", "")])), @"event.span_log: message at byte 65: expected the field message, found none");
    assert_snapshot!(rejected(line(END, &[("status", "")])), @"event.span_end: status at byte 83: expected the field status, found none");
    assert_snapshot!(judged(line(END, &[("error", "")])), @"event.span_end: error at byte 83: expected the field error, found none");
}

#[test]
fn limits_of_a_line() {
    let long = line(TAG, &[("value", &text("a", limit::LINE_BYTES))]);
    assert_snapshot!(rejected(long), @"limit.line at byte 32768: expected at most 32768 bytes with the LF, found 32859");
    let deep = "[".repeat(32) + &"]".repeat(32);
    assert_snapshot!(start(&[("params", &deep)]), @"limit.depth: params at byte 158: expected at most 32 objects and arrays within one another, found one more");
    assert_snapshot!(Json::parse(&deep).expect_err("too deep"), @"limit.depth at byte 31: expected at most 32 objects and arrays within one another, found one more");
}

#[test]
fn limits_of_a_value() {
    assert_snapshot!(judged(line(TAG, &[("value", &text("\u{e9}", 2_049))])), @"limit.value: value at byte 87: expected at most 4096 bytes, found 4098");
    assert_snapshot!(judged(line(TAG, &[("value", &format!("[ {} ]", text("\\u0061", 4_093)))])), @"limit.value: value at byte 87: expected at most 4096 bytes, found 4097");
    assert_snapshot!(judged(line(LOG, &[("message", &text("\\n", 4_097))])), @"limit.value: message at byte 76: expected at most 4096 bytes, found 4097");
    assert_snapshot!(judged(line(END, &[("error", &text("a", 16_385))])), @"limit.error: error at byte 92: expected at most 16384 bytes, found 16385");
    assert_snapshot!(judged(line(START, &[("name", &text("a", 257))])), @"limit.name: name at byte 97: expected at most 256 bytes, found 257");
    let members: Vec<_> = (0..65).map(|i| format!("\"k{i}\":{i}")).collect();
    assert_snapshot!(judged(line(START, &[("tags", &format!("{{{}}}", members.join(",")))])), @"limit.members: tags at byte 125: expected at most 64 members, found 65");
}

#[test]
fn value_numbers() {
    assert_snapshot!(judged(line(TAG, &[("value", "{\"1\":[9007199254740992]}")])), @"value.numbers: value at byte 87: expected integers from -9007199254740991 to 9007199254740991, others as strings, found 9007199254740992");
    assert_snapshot!(judged(line(TAG, &[("value", "-12345678901234567890123")])), @"value.numbers: value at byte 87: expected integers from -9007199254740991 to 9007199254740991, others as strings, found -12345678901234567890123");
    assert_snapshot!(judged(line(TAG, &[("value", "[\"9007199254740992\",1e300,9007199254740992.0]")])), @"");
}

#[test]
fn cuts_that_cannot_be() {
    let truncated = |entry: &str, base, field| {
        let value = text("a", 4_096);
        judged(line(base, &[(field, &value), ("truncated", entry)]))
    };
    assert_snapshot!(truncated("{\"value\":5000}", TAG, "value"), @"");
    assert_snapshot!(truncated("{\"value\":4096}", TAG, "value"), @"value.announced: truncated.value at byte 4207: expected more than the 4096 bytes left, found 4096");
    assert_snapshot!(truncated("{\"value\":65537}", TAG, "value"), @"limit.measured: truncated.value at byte 4207: expected at most 65536, found 65537");
    assert_snapshot!(truncated("{\"params\":5000}", TAG, "value"), @r#"value.announced: truncated.params at byte 4208: expected the name of a field of this event that can be cut, found "params""#);
    assert_snapshot!(truncated("{\"value.x\":5000}", TAG, "value"), @r#"value.announced: truncated.value.x at byte 4209: expected the name of a field of this event that can be cut, found "value.x""#);
    assert_snapshot!(truncated("{\"seq\":5000}", TAG, "value"), @r#"value.announced: truncated.seq at byte 4205: expected the name of a field of this event that can be cut, found "seq""#);
    assert_snapshot!(truncated("{\"error\":17000}", END, "error"), @"value.error: truncated.error at byte 4212: expected a head, LF, three dots, LF and an end that fill 16384 bytes, found 4096 bytes");
    assert_snapshot!(judged(line(TAG, &[("truncated", "{\"value\":5000}")])), @"value.structured: truncated.value at byte 110: expected a string, as what was cut is, found 1");
    assert_snapshot!(judged(line(TAG, &[("value", &text("a", 4_000)), ("truncated", "{\"value\":5000}")])), @"value.cut: truncated.value at byte 4111: expected as much as fits in 4096 bytes, or in a halved limit, found 4000 bytes");
    let tags = |size| judged(line(START, &[("tags", "{\"a\":1}"), ("truncated", size)]));
    assert_snapshot!(tags("{\"tags\":1}"), @"value.announced: truncated.tags at byte 153: expected more than the 1 left, found 1");
    assert_snapshot!(tags("{\"tags\":65}"), @"");
    let key = "k".repeat(256);
    let long_key = |size| {
        let (tags, truncated) = (
            format!("{{\"{key}\":1}}"),
            format!("{{\"tags.{key}\":{size}}}"),
        );
        let judged = judged(line(START, &[("tags", &tags), ("truncated", &truncated)]));
        judged.replace(&key, "KEY")
    };
    assert_snapshot!(long_key(257), @"");
    assert_snapshot!(long_key(256), @"value.structured: truncated.tags.KEY at byte 665: expected a string, as what was cut is, found 1");
    assert_snapshot!(tags("{\"tags.b\":300}"), @r#"value.announced: truncated.tags.b at byte 155: expected the name of a field of this event that can be cut, found "tags.b""#);
    assert_snapshot!(tags("{\"tags.a\":300}"), @"value.structured: truncated.tags.a at byte 155: expected a string, as what was cut is, found 1");
}

#[test]
fn hostile_text_is_shown_safely() {
    let name = "\"\\u001b[2J\\u202e\\n\"";
    assert_snapshot!(start(&[("tags", &format!("{{{name}:1,{name}:2}}"))]), @r#"transport.i-json: tags.\u{1b}[2J\u{202e}\n at byte 148: expected each key once, found "\u{1b}[2J\u{202e}\n" again"#);
    assert_snapshot!(rejected(line(END, &[("status", &text("\\u20ac", 500))])), @r#"type.status: status at byte 75: expected ok, failed or cancelled, found "€€€€€€€€€€€€€€€€€€€€...""#);
}
