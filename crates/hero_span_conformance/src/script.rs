//! Scripts: what a case makes the user's code do.

mod check;
mod recipes;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::{Members, Text, Value};

pub(crate) use check::check;
pub(crate) use recipes::without;

/// Operations one after the other.
pub(crate) type Block = Vec<Op>;

/// One operation of a script. The README of `conformance/` gives the meaning
/// of each; the model predicts what it sends and what the user's code sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Op {
    /// A flow, run through the bootstrap entry.
    Flow(Flow),
    /// A step around a block.
    Step(Stretch),
    /// A span around a block.
    Span(Stretch),
    /// A tag on the current span.
    Tag {
        /// A text.
        #[schemars(with = "Text")]
        key: Value,
        /// Any value.
        value: Value,
    },
    /// A log line on the current span.
    Log {
        /// A text.
        #[schemars(with = "Text")]
        message: Value,
        /// `debug`, `info`, `warn` or `error`; absent means that none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<Level>,
        /// Members.
        #[serde(default = "Value::empty_object", skip_serializing_if = "is_empty")]
        #[schemars(with = "Members")]
        fields: Value,
    },
    /// A result of the current span.
    Result {
        /// Any value.
        value: Value,
    },
    /// Raises the SDK's clean failure.
    Fail {
        /// A text.
        #[schemars(with = "Text")]
        reason: Value,
    },
    /// Raises something else.
    Raise(Raise),
    /// Runs a block and stops whatever it raises.
    Catch {
        /// What is run.
        #[serde(rename = "do")]
        body: Block,
    },
    /// Calls a method of an instrumented client.
    Call(Call),
    /// Runs each branch in a thread of its own and waits for all.
    Parallel {
        /// Whether the threads carry the current span.
        #[serde(default, skip_serializing_if = "is_false")]
        wrap: bool,
        /// The branches.
        #[serde(rename = "do")]
        branches: Vec<Block>,
    },
    /// Runs each branch in a task of its own and waits for all.
    Tasks {
        /// The branches.
        #[serde(rename = "do")]
        branches: Vec<Block>,
    },
    /// Runs a block in a forked child and waits for it.
    Fork {
        /// What the child does.
        #[serde(rename = "do")]
        body: Block,
    },
    /// Puts another socket in the place of the SDK's connection and runs a block.
    Hijack {
        /// What happens meanwhile.
        #[serde(rename = "do")]
        body: Block,
    },
    /// Opens spans in generators and closes them in another order.
    Generator(Generator),
    /// Tells the runner and waits for its word.
    Checkpoint {
        /// Which one it is.
        name: String,
    },
    /// Runs a block many times.
    Repeat {
        /// How often.
        times: usize,
        /// What is repeated.
        #[serde(rename = "do")]
        body: Block,
    },
}

/// A flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flow {
    /// A text.
    #[schemars(with = "Text")]
    pub name: Value,
    /// Members: the input.
    #[serde(default = "Value::empty_object", skip_serializing_if = "is_empty")]
    #[schemars(with = "Members")]
    pub input: Value,
    /// Whether the flow is a coroutine.
    #[serde(default, rename = "async", skip_serializing_if = "is_false")]
    pub is_async: bool,
    /// What it does.
    #[serde(default, rename = "do", skip_serializing_if = "Vec::is_empty")]
    pub body: Block,
    /// What it gives.
    #[serde(default = "null", skip_serializing_if = "Value::is_null")]
    pub returns: Value,
}

/// A step or a span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stretch {
    /// A text.
    #[schemars(with = "Text")]
    pub name: Value,
    /// Members.
    #[serde(default = "Value::empty_object", skip_serializing_if = "is_empty")]
    #[schemars(with = "Members")]
    pub tags: Value,
    /// Whether it is put around a function instead of around the block.
    #[serde(default, skip_serializing_if = "is_false")]
    pub decorator: bool,
    /// What happens within.
    #[serde(default, rename = "do", skip_serializing_if = "Vec::is_empty")]
    pub body: Block,
}

/// A call of an instrumented client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    /// The client's class.
    pub class: String,
    /// The method.
    pub method: String,
    /// Positional arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<Value>,
    /// Named arguments: members.
    #[serde(default = "Value::empty_object", skip_serializing_if = "is_empty")]
    #[schemars(with = "Members")]
    pub kwargs: Value,
    /// Whether the method is a coroutine.
    #[serde(default, rename = "async", skip_serializing_if = "is_false")]
    pub is_async: bool,
    /// What the method does before it returns or raises.
    #[serde(default, rename = "do", skip_serializing_if = "Vec::is_empty")]
    pub body: Block,
    /// What it gives.
    #[serde(default = "null", skip_serializing_if = "Value::is_null")]
    pub returns: Value,
    /// What it raises instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raises: Option<Raise>,
}

/// What is raised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = check::narrow_raise)]
pub(crate) struct Raise {
    /// Which sort.
    #[serde(default)]
    pub kind: RaiseKind,
    /// An error's type.
    #[serde(default, rename = "type", skip_serializing_if = "String::is_empty")]
    pub type_name: String,
    /// An error's message: a text.
    #[serde(default = "null", skip_serializing_if = "Value::is_null")]
    pub message: Value,
    /// An exit's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u8>,
}

/// The sorts of what a program raises, as `sdk.status` tells them apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RaiseKind {
    /// An ordinary exception.
    #[default]
    Error,
    /// The cancellation of a task.
    Cancelled,
    /// The user's Ctrl-C.
    Interrupt,
    /// The end of the program.
    Exit,
}

impl RaiseKind {
    /// The type that an adapter reports; an error has its own.
    pub(crate) const fn reported_type(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Cancelled => "cancelled",
            Self::Interrupt => "interrupt",
            Self::Exit => "exit",
        }
    }
}

/// Spans that live in generators.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Generator {
    /// One generator each, started in this order.
    pub spans: Vec<GeneratorSpan>,
    /// What happens while all are open.
    #[serde(default, rename = "do", skip_serializing_if = "Vec::is_empty")]
    pub body: Block,
    /// How they are closed: each exactly once.
    pub close: Vec<Close>,
}

/// A span that a generator opens before it yields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GeneratorSpan {
    /// Step or span.
    pub kind: StretchKind,
    /// A text.
    #[schemars(with = "Text")]
    pub name: Value,
}

/// Which of the two stretches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StretchKind {
    /// A step.
    Step,
    /// A span.
    Span,
}

/// One generator is closed, then a block runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Close {
    /// Its place among the spans, from 0.
    pub which: usize,
    /// What happens then.
    #[serde(default, rename = "do", skip_serializing_if = "Vec::is_empty")]
    pub body: Block,
}

/// How much a log line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "LogLevel")]
pub(crate) enum Level {
    /// For whoever looks for a fault.
    Debug,
    /// What absence means.
    Info,
    /// Something is odd.
    Warn,
    /// Something is wrong.
    Error,
}

/// What an SDK need not have; the adapter says which it has.
pub(crate) mod feature {
    /// Operation `parallel`.
    pub(crate) const THREADS: &str = "threads";
    /// Operation `tasks`, and `async` flows and calls.
    pub(crate) const ASYNC: &str = "async";
    /// Operation `fork`.
    pub(crate) const FORK: &str = "fork";
    /// Operation `hijack`.
    pub(crate) const HIJACK: &str = "hijack";
    /// Operation `call`.
    pub(crate) const INSTRUMENT: &str = "instrument";
    /// Operation `generator`.
    pub(crate) const GENERATOR: &str = "generator";
    /// A step or span with `decorator`.
    pub(crate) const DECORATOR: &str = "decorator";
    /// Many cases in one process.
    pub(crate) const REUSE: &str = "reuse";
    /// Recipe `surrogate`: texts can hold one without its other half.
    pub(crate) const SURROGATES: &str = "surrogates";
    /// Recipe `cyclic`: a value can hold itself.
    pub(crate) const CYCLES: &str = "cycles";
}

impl Op {
    /// The blocks within it.
    pub(crate) fn blocks(&self) -> Vec<&Block> {
        match self {
            Self::Flow(Flow { body, .. })
            | Self::Step(Stretch { body, .. })
            | Self::Span(Stretch { body, .. })
            | Self::Call(Call { body, .. })
            | Self::Catch { body }
            | Self::Fork { body }
            | Self::Hijack { body }
            | Self::Repeat { body, .. } => vec![body],
            Self::Parallel { branches, .. } | Self::Tasks { branches } => branches.iter().collect(),
            Self::Generator(generator) => {
                let closes = generator.close.iter().map(|close| &close.body);
                std::iter::once(&generator.body).chain(closes).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The blocks within it, to change.
    pub(crate) fn blocks_mut(&mut self) -> Vec<&mut Block> {
        match self {
            Self::Flow(Flow { body, .. })
            | Self::Step(Stretch { body, .. })
            | Self::Span(Stretch { body, .. })
            | Self::Call(Call { body, .. })
            | Self::Catch { body }
            | Self::Fork { body }
            | Self::Hijack { body }
            | Self::Repeat { body, .. } => vec![body],
            Self::Parallel { branches, .. } | Self::Tasks { branches } => {
                branches.iter_mut().collect()
            }
            Self::Generator(generator) => {
                let closes = generator.close.iter_mut().map(|close| &mut close.body);
                std::iter::once(&mut generator.body).chain(closes).collect()
            }
            _ => Vec::new(),
        }
    }

    fn own_features(&self) -> Vec<&'static str> {
        let mut needed = Vec::new();
        match self {
            Self::Parallel { .. } => needed.push(feature::THREADS),
            Self::Tasks { .. } => needed.push(feature::ASYNC),
            Self::Fork { .. } => needed.push(feature::FORK),
            Self::Hijack { .. } => needed.push(feature::HIJACK),
            Self::Generator(_) => needed.push(feature::GENERATOR),
            Self::Call(_) => needed.push(feature::INSTRUMENT),
            Self::Step(stretch) | Self::Span(stretch) if stretch.decorator => {
                needed.push(feature::DECORATOR);
            }
            _ => {}
        }
        if matches!(
            self,
            Self::Flow(Flow { is_async: true, .. }) | Self::Call(Call { is_async: true, .. })
        ) {
            needed.push(feature::ASYNC);
        }
        needed
    }
}

/// The features that a script needs, for its operations and for its values.
pub(crate) fn features(script: &[Op]) -> BTreeSet<&'static str> {
    let mut needed = recipes::features(script);
    add_features(script, &mut needed);
    needed
}

fn add_features(script: &[Op], needed: &mut BTreeSet<&'static str>) {
    for op in script {
        needed.extend(op.own_features());
        for block in op.blocks() {
            add_features(block, needed);
        }
    }
}

/// Whether several threads, tasks or processes write at once.
pub(crate) fn is_concurrent(script: &[Op]) -> bool {
    script.iter().any(|op| {
        let is_itself = matches!(op, Op::Parallel { .. } | Op::Tasks { .. } | Op::Fork { .. });
        is_itself || op.blocks().into_iter().any(|block| is_concurrent(block))
    })
}

fn null() -> Value {
    Value::Null
}

fn is_empty(value: &Value) -> bool {
    *value == Value::empty_object()
}

fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Block {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn every_operation_comes_back_as_it_was() {
        let json = concat!(
            r#"[{"op":"flow","name":"f","input":{"day":1},"async":true,"do":[{"op":"tag","key":"k","value":null}],"returns":[1]},"#,
            r#"{"op":"step","name":"s","tags":{"a":1},"decorator":true},{"op":"span","name":{"gen":"text","char":"é","bytes":9}},"#,
            r#"{"op":"log","message":"m","level":"warn","fields":{"z":1}},{"op":"result","value":3},"#,
            r#"{"op":"catch","do":[{"op":"fail","reason":"r"}]},{"op":"raise","kind":"exit","code":3},"#,
            r#"{"op":"call","class":"C","method":"m","args":[1],"kwargs":{"k":2},"raises":{"kind":"error","type":"E","message":"no"}},"#,
            r#"{"op":"parallel","wrap":true,"do":[[],[]]},{"op":"tasks","do":[[]]},{"op":"fork","do":[]},{"op":"hijack","do":[]},"#,
            r#"{"op":"generator","spans":[{"kind":"step","name":"g"}],"close":[{"which":0}]},"#,
            r#"{"op":"checkpoint","name":"mid"},{"op":"repeat","times":3,"do":[]}]"#
        );
        assert_eq!(serde_json::to_string(&read(json)).unwrap(), json);
    }

    #[test]
    fn a_script_names_the_features_it_needs() {
        let script = read(
            r#"[{"op":"step","name":"s","do":[{"op":"fork","do":[{"op":"flow","name":"f","async":true}]}]}]"#,
        );
        assert_eq!(features(&script), BTreeSet::from(["async", "fork"]));
    }

    #[test]
    fn an_unknown_member_is_an_error() {
        let error = serde_json::from_str::<Block>(r#"[{"op":"step","nmae":"s"}]"#).unwrap_err();
        assert!(error.to_string().contains("nmae"), "{error}");
    }
}
