//! The scanner takes what serde_json takes, less what I-JSON and the contract
//! forbid: a key twice in one object (`transport.i-json`), too deep a value
//! (`limit.depth`).
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::collections::HashSet;
use std::fmt;

use common::cases;
use common::texts::{json_value, noisy, noisy_json};
use hero_span_protocol::{Clause, Json, limit};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// What serde_json reads, and what it does not mind.
#[derive(Debug, Default)]
struct Facts {
    depth: usize,
    repeats_a_key: bool,
}

/// Walks a value with serde_json and takes the facts down.
struct Probe<'f> {
    facts: &'f mut Facts,
    depth: usize,
}

impl Probe<'_> {
    fn inner(&mut self) -> Probe<'_> {
        self.facts.depth = self.facts.depth.max(self.depth + 1);
        Probe {
            depth: self.depth + 1,
            facts: self.facts,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Probe<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Probe<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self.inner())?.is_some() {}
        self.inner();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = members.next_key::<String>()? {
            members.next_value_seed(self.inner())?;
            self.facts.repeats_a_key |= !keys.insert(key);
        }
        self.inner();
        Ok(())
    }
}

fn probe(text: &str) -> Result<Facts, serde_json::Error> {
    let mut facts = Facts::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let probe = Probe {
        facts: &mut facts,
        depth: 0,
    };
    probe.deserialize(&mut reader)?;
    reader.end()?;
    Ok(facts)
}

/// Asserts that the scanner and serde_json say the same of a text.
fn check(text: &str) {
    let scanned = Json::parse(text);
    let expected = match probe(text) {
        Err(_) => None,
        Ok(facts) => Some(!facts.repeats_a_key && facts.depth < limit::DEPTH),
    };
    match (&scanned, expected) {
        (Ok(json), Some(true)) => check_value(json, text),
        (Err(_), Some(false)) => {}
        (Err(error), None) => assert!(
            matches!(error.clause(), Clause::TransportIJson | Clause::LimitDepth),
            "{error}"
        ),
        _ => panic!("the scanner says {scanned:?}, serde_json expects {expected:?}: {text:?}"),
    }
}

/// The value is the same, also when it is made compact.
fn check_value(json: &Json<'_>, text: &str) {
    let value: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(json.to_value(), value);
    let compact: Value = serde_json::from_str(&json.to_compact()).expect("JSON");
    assert_eq!(compact, value);
    assert_eq!(json.text().as_deref(), value.as_str());
    assert_eq!(json.is_structured(), value.is_array() || value.is_object());
}

/// Pieces that make nearly JSON.
const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"a\":",
    "\"a\"",
    "\"\\u0061\":",
    "\"b\":",
    "1",
    "-",
    "0",
    "01",
    "-0",
    "1.",
    "1.5",
    ".5",
    "1e5",
    "1E+",
    "1e-400",
    "1e400",
    "e",
    "true",
    "tru",
    "false",
    "null",
    "nul",
    "NaN",
    "Infinity",
    "\"",
    "\\",
    "\\u",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"\\ude00\"",
    "\"\\ud83d\\u0041\"",
    "\"\\ud83d\\ud83d\"",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\u00E9\\/\\b\"",
    "\t",
    " ",
    "\r",
    "\n",
    "\"\t\"",
    "\"\u{7f}\"",
    "\u{e9}",
    "\u{a0}",
    "\0",
];

proptest! {
    #![proptest_config(cases(1_024))]

    #[test]
    fn on_valid_text(text in noisy_json()) {
        check(&text);
    }

    #[test]
    fn on_damaged_text(text in noisy_json(), at: Index, token in select(TOKENS), cut: bool) {
        let starts: Vec<_> = text.char_indices().map(|(start, _)| start).collect();
        let at = starts[at.index(starts.len())];
        let mut rest = text[at..].chars();
        if cut {
            rest.next();
        }
        check(&format!("{}{token}{}", &text[..at], rest.as_str()));
    }

    #[test]
    fn on_loose_pieces(tokens in vec(select(TOKENS), 0..12)) {
        check(&tokens.concat());
        check(&format!("[{}]", tokens.concat()));
        check(&format!("{{\"a\":{}}}", tokens.join(",")));
    }

    #[test]
    fn on_arbitrary_text(text: String) {
        check(&text);
    }

    #[test]
    fn on_numbers(text in "-?[0-9]{1,3}(\\.[0-9]{0,25})?([eE][+-]?[0-9]{0,4})?") {
        check(&text);
    }

    #[test]
    fn on_long_numbers(digits in "[1-9][0-9]{290,330}", exponent in "(e-?[0-9]{1,2})?") {
        check(&format!("{digits}{exponent}"));
    }

    #[test]
    fn compact_text_is_that_of_serde_json(value in json_value(), noise in vec(any::<u8>(), 1..16)) {
        let noisy = noisy(&value, &noise);
        let json = Json::parse(&noisy).expect("a value");
        let compact = json.to_compact();
        prop_assert_eq!(&*compact, value.to_string());
        prop_assert!(compact.len() <= noisy.len());
    }
}

fn nested(open: &str, close: &str, depth: usize) -> String {
    format!("{}{}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn depth_is_counted_to_the_limit() {
    for depth in [1, 2, 30, 31, 32, 33, 127] {
        check(&nested("[", "]", depth));
        check(&nested("{\"a\":[", "]}", depth / 2));
        check(&format!("[{0},{0}]", nested("[", "]", depth - 1)));
    }
    assert!(Json::parse(&nested("[", "]", limit::DEPTH - 1)).is_ok());
    assert!(Json::parse(&nested("[", "]", limit::DEPTH)).is_err());
    assert!(Json::parse(&"[".repeat(1_000_000)).is_err());
}

#[test]
fn keys_are_told_apart_among_few_and_many() {
    for count in [1, 7, 8, 9, 10, 64, 1_000] {
        let keys: Vec<_> = (0..count).map(|i| format!("\"k{i}\":{i}")).collect();
        check(&format!("{{{}}}", keys.join(",")));
        for repeated in [0, count / 2, count - 1] {
            check(&format!("{{{},\"k{repeated}\":0}}", keys.join(",")));
            check(&format!("{{{},\"\\u006b{repeated}\":0}}", keys.join(",")));
        }
    }
}
