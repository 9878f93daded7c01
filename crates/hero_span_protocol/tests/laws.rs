//! What holds for any event and any line.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use common::lines::{damaged, draft};
use common::{cases, event, uncut_event};
use hero_span_protocol::{
    ACCEPT_SCHEMA, Checker, EMIT_SCHEMA, Event, Parsed, encode, judge, limit, limits, parse,
};
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::Value;
use std::sync::LazyLock;

fn encoded(event: &Event<'_>) -> Vec<u8> {
    let mut line = Vec::new();
    encode(event, &mut line);
    line
}

fn validator(schema: &str) -> Validator {
    let schema: Value = serde_json::from_str(schema).expect("a schema");
    jsonschema::validator_for(&schema).expect("a valid schema")
}

static ACCEPT: LazyLock<Validator> = LazyLock::new(|| validator(ACCEPT_SCHEMA));
static EMIT: LazyLock<Validator> = LazyLock::new(|| validator(EMIT_SCHEMA));

/// What the accept schema says of a line, as far as a schema can: of a line
/// that is JSON and repeats no key.
fn parses_by_schema(line: &str) -> Option<bool> {
    let value: Value = serde_json::from_str(line).ok()?;
    Some(ACCEPT.is_valid(&value))
}

fn repeats_a_key(line: &[u8]) -> bool {
    parse(line).is_err_and(|error| error.expected() == "each key once")
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn what_is_written_is_read_back(event in event()) {
        let line = encoded(&event);
        prop_assert_eq!(line.iter().position(|&byte| byte == b'\n'), Some(line.len() - 1));
        prop_assert_eq!(parse(&line), Ok(Parsed::Event(event.clone())));
        let borrowed = parse(&line).map(|parsed| match parsed {
            Parsed::Event(event) => event.into_owned(),
            Parsed::Skipped { .. } => unreachable!(),
        });
        prop_assert_eq!(borrowed, Ok(event));
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes: Vec<u8>) {
        no_panic(&bytes);
    }

    #[test]
    fn damaged_lines_do_no_harm(bytes in event().prop_flat_map(|event| damaged(encoded(&event)))) {
        no_panic(&bytes);
    }

    #[test]
    fn parse_agrees_with_the_accept_schema(draft in draft()) {
        let line = draft.line();
        if repeats_a_key(line.as_bytes()) || line.len() >= limit::LINE_BYTES {
            return Ok(());
        }
        let parsed = parse(line.as_bytes());
        prop_assert_eq!(parsed.is_ok(), parses_by_schema(&line).unwrap_or(false), "{:?}", parsed);
    }

    #[test]
    fn what_judge_passes_the_emit_schema_passes(draft in draft()) {
        let line = draft.line();
        let (_, violations) = judge(line.as_bytes());
        let value: Option<Value> = serde_json::from_str(&line).ok();
        let is_valid = value.is_some_and(|value| EMIT.is_valid(&value));
        prop_assert!(is_valid || !violations.is_empty());
    }

    #[test]
    fn judge_takes_what_parse_takes(draft in draft()) {
        let line = draft.line();
        let (event, violations) = judge(line.as_bytes());
        match parse(line.as_bytes()) {
            Ok(Parsed::Event(parsed)) => prop_assert_eq!(event, Some(parsed)),
            Ok(Parsed::Skipped { .. }) => prop_assert!(event.is_none() && !violations.is_empty()),
            Err(error) => {
                prop_assert!(event.is_none());
                prop_assert!(violations.contains(&error.into()), "{:?}", violations);
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn what_is_cut_to_fit_can_be_sent(event in uncut_event()) {
        let line = encoded(&limits::fit(&event));
        prop_assert!(line.len() <= limit::LINE_BYTES);
        let (judged, violations) = judge(&line);
        prop_assert_eq!(&violations, &[], "{}", String::from_utf8_lossy(&line));
        prop_assert_eq!(judged.map(|event| limits::fit(&event)), Some(limits::fit(&event)));
        let value: Value = serde_json::from_slice(&line).expect("JSON");
        prop_assert!(EMIT.is_valid(&value));
    }
}

fn no_panic(bytes: &[u8]) {
    let parsed = parse(bytes);
    let (event, violations) = judge(bytes);
    if let Err(error) = &parsed {
        assert!(error.at() <= bytes.len().max(limit::LINE_BYTES));
        assert!(!error.to_string().chars().any(char::is_control));
    }
    assert_eq!(event.is_some(), matches!(parsed, Ok(Parsed::Event(_))));
    for violation in violations {
        assert!(!violation.to_string().chars().any(char::is_control));
    }
    let mut checker = Checker::default();
    checker.feed(bytes);
    checker.finish();
}
