//! Texts and values of chosen sizes.

use std::ops::RangeInclusive;

use hero_span_protocol::contract::limit;
use proptest::prelude::*;
use proptest::sample::select;

use crate::value::{Hostility, NotFinite, Recipe, Shape, Value};

/// Characters of one to four bytes, and those that JSON escapes or that
/// break naive code.
const CHARS: [&str; 14] = [
    "a", "é", "€", "😀", "\"", "\\", "\n", "\u{1}", "\u{7f}", "\u{2028}", "\t", "/", "\u{0}",
    "e\u{301}",
];

/// Sizes in bytes around a limit, below it, far beyond it, and around the
/// point where sizes are no longer measured.
pub(super) fn sizes(limit: usize) -> BoxedStrategy<usize> {
    let around = |size: usize| size.saturating_sub(4)..=size + 4;
    prop_oneof![
        6 => around(limit),
        2 => 0..=limit,
        2 => limit..=limit * 4,
        1 => around(limit::MEASURED_BYTES),
        1 => around(limit::MEASURED_BYTES * 3 / 2),
    ]
    .boxed()
}

/// A text whose size is around that limit.
pub(super) fn texts(limit: usize) -> BoxedStrategy<Value> {
    sizes(limit).prop_flat_map(text_of).boxed()
}

/// A text of exactly that many bytes, or a little more when it is very short.
pub(super) fn text_of(bytes: usize) -> impl Strategy<Value = Value> {
    let ends = || prop::collection::vec(pieces(), 0..3);
    (select(&CHARS), ends(), ends(), last_pieces()).prop_map(move |(char, head, mut tail, last)| {
        tail.extend(last);
        fill(bytes, char, head, tail)
    })
}

/// A short text, which no limit cuts.
pub(super) fn short_texts() -> BoxedStrategy<Value> {
    prop::collection::vec(pieces(), 0..6).prop_map(join).boxed()
}

/// A piece of a text. Only low surrogates, so that no two make a pair.
fn pieces() -> BoxedStrategy<Value> {
    prop_oneof![
        6 => select(&CHARS).prop_map(Value::text),
        3 => any::<char>().prop_map(Value::text),
        1 => (0xDC00_u16..=0xDFFF).prop_map(|unit| Recipe::Surrogate { unit }.into()),
    ]
    .boxed()
}

/// At the very end a high surrogate has nothing to pair with either.
fn last_pieces() -> impl Strategy<Value = Option<Value>> {
    let high = (0xD800_u16..=0xDBFF).prop_map(|unit| Recipe::Surrogate { unit }.into());
    prop::option::weighted(0.1, high)
}

fn fill(bytes: usize, char: &str, head: Vec<Value>, tail: Vec<Value>) -> Value {
    let ends: usize = head.iter().chain(&tail).map(size).sum();
    let middle = bytes.saturating_sub(ends);
    let padding = Value::text("x".repeat(middle % char.len()));
    let text = Recipe::Text {
        char: char.into(),
        bytes: middle,
    };
    let parts = head.into_iter().chain([padding, text.into()]).chain(tail);
    join(parts.filter(|part| size(part) > 0).collect())
}

fn join(mut parts: Vec<Value>) -> Value {
    match parts.len() {
        0 => Value::text(""),
        1 => parts.remove(0),
        _ => Recipe::Join { parts }.into(),
    }
}

fn size(text: &Value) -> usize {
    text.to_text().map_or(0, |text| text.len())
}

/// Any value: texts and structures around the limit of values, numbers and
/// objects that JSON cannot hold, and structures around the deepest level.
pub(super) fn values() -> BoxedStrategy<Value> {
    prop_oneof![
        4 => texts(limit::VALUE_BYTES),
        4 => structures(),
        2 => plain_values(),
        2 => numbers(),
        2 => deep_values(1..=limit::DEPTH + 3),
        1 => others(),
    ]
    .boxed()
}

/// Values that stand as they are.
pub(super) fn plain_values() -> BoxedStrategy<Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(|number| Value::Int(number.into())),
        (-1e9..1e9).prop_map(Value::Float),
        short_texts(),
        Just(Value::Array(Vec::new())),
    ]
    .boxed()
}

/// Structures whose compact text is around the limit of values.
fn structures() -> BoxedStrategy<Value> {
    let text = || texts(limit::VALUE_BYTES - 6);
    let members = (0..=800_usize, plain_values());
    prop_oneof![
        text().prop_map(|text| Value::Array(vec![text])),
        (short_texts(), text()).prop_map(|(key, text)| map(vec![(key, text)])),
        (text(), values_within()).prop_map(|(text, value)| Value::Array(vec![text, value])),
        members.prop_map(|(count, value)| Recipe::Members { count, value }.into()),
        prop::collection::vec((keys(), values_within()), 0..4).prop_map(map),
    ]
    .boxed()
}

fn values_within() -> BoxedStrategy<Value> {
    prop_oneof![3 => plain_values(), 1 => numbers(), 1 => deep_values(1..=5)].boxed()
}

/// Keys of any kind. No two kinds are equal in a language that takes 1 and
/// true for the same key.
fn keys() -> BoxedStrategy<Value> {
    prop_oneof![
        3 => short_texts(),
        1 => (2..9_i64).prop_map(Value::Int),
        1 => Just(Value::Null),
        1 => Just(Value::Array(vec![Value::Int(7), Value::text("x")])),
    ]
    .boxed()
}

fn map(pairs: Vec<(Value, Value)>) -> Value {
    let mut unique: Vec<(Value, Value)> = Vec::new();
    for (key, value) in pairs {
        if unique.iter().all(|(known, _)| *known != key) {
            unique.push((key, value));
        }
    }
    Recipe::Map { pairs: unique }.into()
}

/// Numbers that not every JSON reader keeps, and their neighbours.
fn numbers() -> BoxedStrategy<Value> {
    let edge = i64::try_from(limit::INTEGER_MAX).unwrap_or(i64::MAX);
    let digits = |digits: String| Recipe::Integer { digits }.into();
    prop_oneof![
        select(&[
            NotFinite::NaN,
            NotFinite::Infinity,
            NotFinite::NegativeInfinity
        ])
        .prop_map(|value| Recipe::Number { value }.into()),
        (edge - 2..=edge + 2).prop_map(Value::Int),
        (-edge - 2..=-edge + 2).prop_map(Value::Int),
        "-?[1-9][0-9]{15,60}".prop_map(digits),
        // Beyond 4,300 digits the contract lets an SDK give up; see value.other.
        (4_080..4_200_usize).prop_map(|exponent| Recipe::PowerOfTen { exponent }.into()),
    ]
    .boxed()
}

/// Containers within one another, and within themselves.
pub(super) fn deep_values(levels: RangeInclusive<usize>) -> BoxedStrategy<Value> {
    let shapes = || select(&[Shape::Array, Shape::Object]);
    prop_oneof![
        4 => (shapes(), levels).prop_map(|(of, levels)| Recipe::Deep { of, levels }.into()),
        1 => shapes().prop_map(|of| Recipe::Cyclic { of }.into()),
    ]
    .boxed()
}

/// What JSON cannot hold.
fn others() -> BoxedStrategy<Value> {
    const HOSTILE: [Hostility; 4] = [
        Hostility::Plain,
        Hostility::Raises,
        Hostility::Long,
        Hostility::NotText,
    ];
    let other = prop_oneof![
        (0..9_000_usize).prop_map(|bytes| Recipe::Bytes { bytes }.into()),
        select(&HOSTILE).prop_map(|describes| Recipe::Object { describes }.into()),
        prop::collection::vec((0..9_i64).prop_map(Value::Int), 0..4)
            .prop_map(|items| Recipe::Set { items }.into()),
    ];
    (other, any::<bool>())
        .prop_map(|(other, within)| {
            if within {
                Value::Array(vec![other])
            } else {
                other
            }
        })
        .boxed()
}
