//! Ordering: random trees, sequential and side by side.

use proptest::prelude::*;
use proptest::sample::select;

use super::shape::{Surroundings, fit_together, name_everything};
use crate::case::Case;
use crate::schedule::Schedule;
use crate::script::{
    Block, Call, Close, Flow, Generator, GeneratorSpan, Level, Op, Raise, RaiseKind, Stretch,
    StretchKind,
};
use crate::value::Value;

/// Random scripts on a socket that takes everything.
pub(super) fn cases() -> BoxedStrategy<Case> {
    (scripts(), parents())
        .prop_map(|(mut script, parent)| {
            fit_together(&mut script, Surroundings::default());
            name_everything(&mut script);
            Case::new(Schedule::Normal, parent, script)
        })
        .boxed()
}

/// What `HERO_FLOW_PARENT_SPAN` holds: nothing, an id, or none.
fn parents() -> BoxedStrategy<Option<String>> {
    prop_oneof![
        6 => Just(None),
        3 => (1..=u64::MAX).prop_map(|id| Some(format!("{id:016x}"))),
        1 => select(&["", "0000000000000000", "ABCDEF0123456789", "12"]).prop_map(|bad| Some(bad.into())),
    ]
    .boxed()
}

/// Random blocks, not yet named.
pub(super) fn scripts() -> BoxedStrategy<Block> {
    let operation = leaves().prop_recursive(5, 40, 4, |inner| nodes(blocks(inner)));
    prop::collection::vec(operation, 1..6).boxed()
}

fn blocks(inner: BoxedStrategy<Op>) -> BoxedStrategy<Block> {
    prop::collection::vec(inner, 0..4).boxed()
}

fn leaves() -> BoxedStrategy<Op> {
    let unnamed = || Value::text("");
    prop_oneof![
        4 => values().prop_map(move |value| Op::Tag { key: unnamed(), value }),
        4 => (levels(), values()).prop_map(move |(level, value)| Op::Log {
            message: unnamed(),
            level,
            fields: Value::Object(vec![("n".into(), value)]),
        }),
        2 => values().prop_map(|value| Op::Result { value }),
        4 => stretches(Just(Vec::new()).boxed()),
        2 => raises(),
    ]
    .boxed()
}

fn levels() -> impl Strategy<Value = Option<Level>> {
    prop::option::of(select(&[
        Level::Debug,
        Level::Info,
        Level::Warn,
        Level::Error,
    ]))
}

fn values() -> BoxedStrategy<Value> {
    prop_oneof![
        (0..9_i64).prop_map(Value::Int),
        Just(Value::Null),
        Just(Value::text("é\n")),
        Just(Value::Array(vec![Value::Bool(true)])),
    ]
    .boxed()
}

/// Something raised, stopped right away or not.
fn raises() -> BoxedStrategy<Op> {
    const KINDS: [RaiseKind; 5] = [
        RaiseKind::Error,
        RaiseKind::Error,
        RaiseKind::Cancelled,
        RaiseKind::Interrupt,
        RaiseKind::Exit,
    ];
    let raise = (select(&KINDS), prop::option::of(0..4_u8)).prop_map(|(kind, code)| {
        let is_error = kind == RaiseKind::Error;
        Op::Raise(Raise {
            kind,
            type_name: if is_error {
                "Boom".into()
            } else {
                String::new()
            },
            message: if is_error {
                Value::text("no")
            } else {
                Value::Null
            },
            code: code.filter(|_| kind == RaiseKind::Exit),
        })
    });
    let fail = Just(Op::Fail {
        reason: Value::text("not today"),
    });
    (prop_oneof![3 => raise, 1 => fail], any::<bool>())
        .prop_map(|(op, caught)| {
            if caught {
                Op::Catch { body: vec![op] }
            } else {
                op
            }
        })
        .boxed()
}

fn nodes(block: BoxedStrategy<Block>) -> BoxedStrategy<Op> {
    let branches = || prop::collection::vec(block.clone(), 1..4);
    prop_oneof![
        6 => stretches(block.clone()),
        3 => block.clone().prop_map(|body| Op::Catch { body }),
        2 => flows(block.clone()),
        3 => calls(block.clone()),
        2 => (any::<bool>(), branches()).prop_map(|(wrap, branches)| Op::Parallel { wrap, branches }),
        2 => branches().prop_map(|branches| Op::Tasks { branches }),
        2 => generators(block.clone()),
        1 => block.prop_map(|body| Op::Fork { body }),
    ]
    .boxed()
}

fn stretches(block: BoxedStrategy<Block>) -> BoxedStrategy<Op> {
    let tags = prop::collection::vec(values(), 0..2);
    (any::<bool>(), prop::bool::weighted(0.2), tags, block)
        .prop_map(|(is_step, decorator, tags, body)| {
            let tags = tags.into_iter().enumerate();
            let stretch = Stretch {
                name: Value::text(""),
                tags: Value::Object(
                    tags.map(|(index, value)| (format!("t{index}"), value))
                        .collect(),
                ),
                decorator,
                body,
            };
            if is_step {
                Op::Step(stretch)
            } else {
                Op::Span(stretch)
            }
        })
        .boxed()
}

fn flows(block: BoxedStrategy<Block>) -> BoxedStrategy<Op> {
    (any::<bool>(), values(), block)
        .prop_map(|(is_async, returns, body)| {
            Op::Flow(Flow {
                name: Value::text(""),
                input: Value::Object(vec![("day".into(), Value::Int(1))]),
                is_async,
                body,
                returns,
            })
        })
        .boxed()
}

fn calls(block: BoxedStrategy<Block>) -> BoxedStrategy<Op> {
    let raise = Raise {
        kind: RaiseKind::Error,
        type_name: "Refused".into(),
        message: Value::text("no"),
        code: None,
    };
    (
        any::<bool>(),
        prop::collection::vec(values(), 0..3),
        values(),
        prop::bool::weighted(0.2),
        block,
    )
        .prop_map(move |(is_async, args, returns, fails, body)| {
            Op::Call(Call {
                class: String::new(),
                method: "fetch".into(),
                args,
                kwargs: Value::empty_object(),
                is_async,
                body,
                returns,
                raises: fails.then(|| raise.clone()),
            })
        })
        .boxed()
}

/// Two or three generators, closed in any order.
fn generators(block: BoxedStrategy<Block>) -> BoxedStrategy<Op> {
    (2..=3_usize)
        .prop_flat_map(move |count| {
            let order = Just((0..count).collect::<Vec<_>>()).prop_shuffle();
            let then = prop::collection::vec(block.clone(), count);
            (order, then, block.clone())
        })
        .prop_map(|(order, then, body)| {
            let kinds = [StretchKind::Step, StretchKind::Span];
            let spans = kinds.iter().cycle().take(order.len());
            let close = order.into_iter().zip(then);
            Op::Generator(Generator {
                spans: spans
                    .map(|kind| GeneratorSpan {
                        kind: *kind,
                        name: Value::text(""),
                    })
                    .collect(),
                body,
                close: close.map(|(which, body)| Close { which, body }).collect(),
            })
        })
        .boxed()
}
