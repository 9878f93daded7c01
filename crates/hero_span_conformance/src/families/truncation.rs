//! Truncation: any text, any limit, in any field.

use hero_span_protocol::contract::limit;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::text::{deep_values, plain_values, sizes, text_of, texts, values};
use crate::case::Case;
use crate::schedule::Schedule;
use crate::script::{Call, Flow, Level, Op, Raise, RaiseKind, Stretch};
use crate::value::{Recipe, Value};

/// Names that are parameters of the SDK's own calls in some language.
const TAKEN: [&str; 6] = ["level", "message", "self", "name", "key", "value"];

/// What a line of such a log holds besides its values, give or take what
/// `LENGTHS` covers: an SDK may or may not send a level, and decimals.
const REST_OF_LINE: usize = 215;
const LENGTHS: usize = 64;
/// So many of these lengths stand in one case at most: such lines take long.
const LENGTHS_AT_ONCE: usize = 16;

/// A step with one to three operations that push a limit.
pub(super) fn cases() -> BoxedStrategy<Case> {
    prop::collection::vec(operations(), 1..=3)
        .prop_map(|operations| {
            let body = caught(operations);
            let script = vec![step(Value::text("t"), Value::empty_object(), body)];
            Case::new(Schedule::Normal, None, script)
        })
        .boxed()
}

/// What raises must not keep the next operation from running.
fn caught(operations: Vec<Op>) -> Vec<Op> {
    let catch = |op: Op| Op::Catch { body: vec![op] };
    operations.into_iter().map(catch).collect()
}

fn operations() -> BoxedStrategy<Op> {
    prop_oneof![
        2 => names().prop_map(|name| step(name, Value::empty_object(), Vec::new())),
        3 => members().prop_map(|tags| step(Value::text("tags"), tags, Vec::new())),
        3 => (names(), values()).prop_map(|(key, value)| Op::Tag { key, value }),
        3 => logs(),
        2 => values().prop_map(|value| holding(Op::Result { value })),
        2 => texts(limit::ERROR_BYTES).prop_map(|reason| holding(Op::Fail { reason })),
        2 => raises().prop_map(|raise| holding(Op::Raise(raise))),
        2 => flows(),
        3 => calls(),
        1 => lines(),
    ]
    .boxed()
}

fn step(name: Value, tags: Value, body: Vec<Op>) -> Op {
    Op::Step(Stretch {
        name,
        tags,
        decorator: false,
        body,
    })
}

fn holding(op: Op) -> Op {
    step(Value::text("holds"), Value::empty_object(), vec![op])
}

fn names() -> BoxedStrategy<Value> {
    prop_oneof![12 => texts(limit::NAME_BYTES), 1 => Just(Value::text(""))].boxed()
}

/// Logs whose lines have lengths around the limit of lines: seven full values
/// and one that grows byte by byte.
fn lines() -> BoxedStrategy<Op> {
    let full = Recipe::Text {
        char: "x".into(),
        bytes: limit::VALUE_BYTES,
    };
    const FULL: usize = 7;
    let room = limit::LINE_BYTES - FULL * limit::VALUE_BYTES - REST_OF_LINE;
    let log = move |bytes: usize| {
        let mut pairs: Vec<(Value, Value)> = (0..FULL)
            .map(|index| (Value::text(format!("k{index}")), full.clone().into()))
            .collect();
        let last = Recipe::Text {
            char: "y".into(),
            bytes,
        };
        pairs.push((Value::text("k"), last.into()));
        Op::Log {
            message: Value::text("m"),
            level: None,
            fields: Recipe::Map { pairs }.into(),
        }
    };
    subsequence((0..LENGTHS).collect::<Vec<_>>(), 1..=LENGTHS_AT_ONCE)
        .prop_map(move |lengths| Op::Catch {
            body: lengths.into_iter().map(|more| log(room + more)).collect(),
        })
        .boxed()
}

fn logs() -> BoxedStrategy<Op> {
    let levels = prop::option::of(select(&[
        Level::Debug,
        Level::Info,
        Level::Warn,
        Level::Error,
    ]));
    (texts(limit::VALUE_BYTES), levels, members())
        .prop_map(|(message, level, fields)| Op::Log {
            message,
            level,
            fields,
        })
        .boxed()
}

fn raises() -> BoxedStrategy<Raise> {
    let types = prop_oneof![
        3 => Just("Boom".to_owned()),
        1 => (250..260_usize).prop_map(|bytes| "E".repeat(bytes)),
    ];
    (types, texts(limit::ERROR_BYTES))
        .prop_map(|(type_name, message)| Raise {
            kind: RaiseKind::Error,
            type_name,
            message,
            code: None,
        })
        .boxed()
}

fn flows() -> BoxedStrategy<Op> {
    let named = (1..=limit::NAME_BYTES + 4).prop_flat_map(text_of);
    (named, members(), values())
        .prop_map(|(name, input, returns)| {
            Op::Flow(Flow {
                name,
                input,
                is_async: false,
                body: Vec::new(),
                returns,
            })
        })
        .boxed()
}

fn calls() -> BoxedStrategy<Op> {
    let arguments = prop::collection::vec(values(), 0..3);
    // "rpc:", a class, ".", a method: together around the limit of names.
    let class = prop_oneof![3 => Just(1_usize), 1 => 240..260_usize];
    (class, arguments, members(), values())
        .prop_map(|(class, args, kwargs, returns)| {
            Op::Call(Call {
                class: "C".repeat(class),
                method: "fetch".into(),
                args,
                kwargs,
                is_async: false,
                body: Vec::new(),
                returns,
                raises: None,
            })
        })
        .boxed()
}

/// Members: few with long keys and values, many, or so many that the line is
/// too long.
fn members() -> BoxedStrategy<Value> {
    let key = || names().prop_filter("a parameter's name", is_free);
    let few = prop::collection::vec((key(), values()), 0..4);
    let counts = || prop_oneof![3 => limit::MEMBERS - 2..=limit::MEMBERS + 2, 1 => 0..200_usize];
    let many = (counts(), plain_values());
    let heavy_value = prop_oneof![
        sizes(limit::VALUE_BYTES).prop_flat_map(text_of),
        sizes(300).prop_flat_map(text_of)
    ];
    let heavy = (1..=limit::MEMBERS + 2, heavy_value);
    let deep = deep_values(limit::DEPTH - 4..=limit::DEPTH + 1);
    prop_oneof![
        2 => Just(Value::empty_object()),
        4 => few.prop_map(as_members),
        1 => many.prop_map(|(count, value)| Recipe::Members { count, value }.into()),
        2 => heavy.prop_map(|(count, value)| Recipe::Members { count, value }.into()),
        1 => deep.prop_map(|value| as_members(vec![(Value::text("deep"), value)])),
    ]
    .boxed()
}

fn is_free(key: &Value) -> bool {
    let text = key.to_text().unwrap_or_default();
    !TAKEN.contains(&text.as_str())
}

/// No key twice: what a program cannot write, a script must not ask for.
fn as_members(pairs: Vec<(Value, Value)>) -> Value {
    let mut unique: Vec<(Value, Value)> = Vec::new();
    for (key, value) in pairs {
        let text = key.to_text();
        if unique.iter().all(|(known, _)| known.to_text() != text) {
            unique.push((key, value));
        }
    }
    Recipe::Map { pairs: unique }.into()
}
