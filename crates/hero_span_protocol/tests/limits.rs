//! Measuring and cutting, at each limit and beside it.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::borrow::Cow;

use common::cases;
use common::texts::text;
use hero_span_protocol::limits::{cut, cut_error, cut_value, fit, measured, value_bytes};
use hero_span_protocol::{
    Event, Json, Level, Members, Sizes, SpanLog, SpanTag, TimeMs, encode, limit,
};
use proptest::prelude::*;

const WIDTHS: [&str; 4] = ["a", "\u{e9}", "\u{20ac}", "\u{1f600}"];

#[test]
fn cut_ends_on_a_code_point() {
    for unit in WIDTHS {
        let width = unit.len();
        let text = unit.repeat(10);
        for max in 0..text.len() + 2 {
            let expected = unit.repeat((max / width).min(10));
            assert_eq!(cut(&text, max), expected, "{unit} {max}");
        }
    }
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn cut_is_the_longest_prefix_that_fits(text in text(), max in 0_usize..50) {
        let head = cut(&text, max);
        prop_assert!(text.starts_with(head) && head.len() <= max);
        let next = text[head.len()..].chars().next();
        prop_assert!(next.is_none_or(|next| head.len() + next.len_utf8() > max));
    }

    #[test]
    fn cut_error_keeps_head_and_tail(text in text(), max in 8_usize..40, head in 0_usize..3) {
        let error = cut_error(&text, max, head);
        prop_assert!(error.len() <= max);
        if text.len() <= max {
            prop_assert_eq!(&*error, &text);
        } else {
            let (start, end) = error.split_once("\n...\n").expect("the dots");
            prop_assert_eq!(start, cut(&text, head));
            prop_assert!(text.ends_with(end));
            let before = text[..text.len() - end.len()].chars().next_back();
            prop_assert!(before.is_some_and(|before| error.len() + before.len_utf8() > max));
        }
    }
}

#[test]
fn sizes_are_bytes_before_escaping() {
    for (json, bytes) in [
        ("\"\"", 0),
        ("\"a\\n\\u0001\\u00e9\"", 5),
        ("\"\\ud83d\\ude00\"", 4),
        ("1.50", 4),
        ("null", 4),
        ("[ 1, \"\\n\" ]", 8),
        ("{\"a\" : \"\\u00e9\\/\"}", 11),
    ] {
        assert_eq!(
            value_bytes(&Json::parse(json).expect("a value")),
            bytes,
            "{json}"
        );
    }
    assert_eq!(measured(limit::MEASURED_BYTES - 1), 65_535);
    assert_eq!(measured(limit::MEASURED_BYTES), 65_536);
    assert_eq!(measured(limit::MEASURED_BYTES + 1), 65_536);
}

#[test]
fn structured_value_becomes_its_text() {
    let value = Json::parse("{\"k\": [1, \"\\n\"]}").expect("a value");
    assert_eq!(value_bytes(&value), 14);
    assert_eq!(cut_value(&value, 14), (value.clone(), None));
    assert_eq!(
        cut_value(&value, 13),
        (Json::string("{\"k\":[1,\"\\n\"]"), Some(14))
    );
    assert_eq!(cut_value(&value, 4), (Json::string("{\"k\""), Some(14)));
}

fn log(message: &str, fields: Members<'static>) -> Event<'static> {
    Event::Log(SpanLog {
        span_id: "00000000000000a1".parse().expect("an id"),
        ts_ms: TimeMs::new(1.0).expect("a time"),
        seq: Some(0),
        producer: None,
        truncated: Sizes::new(),
        message: Cow::Owned(message.to_owned()),
        level: Level::Info,
        fields,
    })
}

fn message(event: &Event<'_>) -> String {
    match event {
        Event::Log(log) => log.message.to_string(),
        other => panic!("no log: {other:?}"),
    }
}

#[test]
fn value_is_cut_above_its_limit_only() {
    for unit in WIDTHS {
        for bytes in [
            limit::VALUE_BYTES - 1,
            limit::VALUE_BYTES,
            limit::VALUE_BYTES + 1,
        ] {
            let text = "a".repeat(bytes % unit.len()) + &unit.repeat(bytes / unit.len());
            assert_eq!(text.len(), bytes);
            let fitted = fit(&log(&text, Members::new()));
            assert_eq!(message(&fitted), cut(&text, limit::VALUE_BYTES));
            let before = (bytes > limit::VALUE_BYTES).then_some(bytes as u64);
            assert_eq!(fitted.truncated().get("message").copied(), before);
        }
    }
}

#[test]
fn members_left_out_are_counted() {
    let fields = |count: usize| -> Members<'static> {
        let pairs = (0..count).map(|i| (format!("k{i}"), Json::string("v")));
        pairs.collect()
    };
    for (count, before) in [(63, None), (64, None), (65, Some(65)), (1_000, Some(1_000))] {
        let fitted = fit(&log("m", fields(count)));
        assert_eq!(fitted.truncated().get("fields").copied(), before);
    }
}

#[test]
fn key_and_value_are_announced_by_the_larger() {
    let (key, other) = ("k".repeat(300), format!("{}x", "k".repeat(299)));
    let fields = Members::from_iter([
        (key, Json::string("short")),
        (other, Json::string("the same when it is cut")),
        ("v".repeat(300), Json::string(&"v".repeat(5_000))),
    ]);
    let fitted = fit(&log("m", fields));
    let sizes: Vec<_> = fitted
        .truncated()
        .iter()
        .map(|(name, size)| (name.len(), *size))
        .collect();
    assert_eq!(sizes, [(7 + 256, 300), (7 + 256, 5_000), (6, 3)]);
}

#[test]
fn key_that_is_cut_with_its_value_may_be_the_larger() {
    let fields = (0..limit::MEMBERS).map(|i| {
        let key = format!("{i:02}{}", "\0".repeat(398));
        (key, Json::string(&"\0".repeat(300)))
    });
    let fitted = fit(&log("m", fields.collect()));
    assert_eq!(fitted.truncated().len(), limit::MEMBERS);
    assert!(fitted.truncated().iter().all(|&(_, size)| size == 400));
}

#[test]
fn limits_are_halved_until_the_line_fits() {
    let event = log(
        &"\0".repeat(5_000),
        Members::from_iter([("k", Json::string(&"\0".repeat(3_000)))]),
    );
    let fitted = fit(&event);
    assert_eq!(message(&fitted).len(), limit::VALUE_BYTES / 2);
    assert_eq!(fitted.truncated().get("message"), Some(&5_000));
    assert_eq!(fitted.truncated().get("fields.k"), Some(&3_000));
    let mut line = Vec::new();
    encode(&fitted, &mut line);
    assert!(line.len() <= limit::LINE_BYTES);
    assert_eq!(fit(&fitted), fitted);
}

#[test]
fn empty_names_have_a_name() {
    let event = Event::Tag(SpanTag {
        span_id: "00000000000000a1".parse().expect("an id"),
        ts_ms: TimeMs::new(1.0).expect("a time"),
        seq: Some(0),
        producer: None,
        truncated: Sizes::new(),
        key: Cow::Borrowed(""),
        value: Json::string(""),
    });
    let Event::Tag(tag) = fit(&event) else {
        panic!("no tag");
    };
    assert_eq!(tag.key, "unnamed");
}
