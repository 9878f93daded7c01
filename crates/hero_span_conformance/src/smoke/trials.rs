//! What the smoke test asks for.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use crate::script::feature;

/// One script, and what the adapter must make of it.
pub(super) struct Trial {
    pub(super) script: Cow<'static, str>,
    pub(super) expected: Expected,
    /// What conformance/README.md says about it.
    pub(super) page: &'static str,
}

/// How a script must end.
pub(super) enum Expected {
    /// The user's code saw this JSON.
    Returned(Cow<'static, str>),
    /// That, or the language cannot do it.
    ReturnedIfKnown(Cow<'static, str>),
    /// This error left the script.
    Raised(&'static str, &'static str),
    /// One checkpoint, and nothing seen.
    Checkpoint(&'static str),
    /// The adapter does not know it.
    Unsupported,
    /// Anything but a failure of the adapter: the SDK has its part in it.
    AnyOutcome,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned(value) => write!(f, r#"{{"outcome":"returned","value":{value}}}"#),
            Self::ReturnedIfKnown(value) => write!(
                f,
                r#"{{"outcome":"returned","value":{value}}}, or unsupported"#
            ),
            Self::Raised(kind, message) => write!(
                f,
                r#"{{"outcome":"raised","type":"{kind}","message":"{message}"}}"#
            ),
            Self::Checkpoint(name) => {
                write!(
                    f,
                    r#"{{"at":"{name}"}} {{"outcome":"returned","value":[]}}"#
                )
            }
            Self::Unsupported => f.write_str(r#"{"unsupported":"…"}"#),
            Self::AnyOutcome => f.write_str("an outcome, or unsupported"),
        }
    }
}

const SAW: &str = "What the code saw is an array, with one entry for each flow, call, catch, \
    parallel, tasks, fork and hijack, in the order they came to their end";
const OWN_WORDS: &str = "If what came back is the very value that the script gave, the adapter \
    repeats the script's JSON for it, recipe and all";
const LEFT: &str = "{\"id\":…,\"outcome\":\"raised\",\"type\":…,\"message\":…}: an exception left \
    the script";
const UNKNOWN: &str = "{\"id\":…,\"unsupported\":\"…\"}: an operation or value that the adapter \
    does not know";
const CHECKPOINT: &str = "When the script comes to a checkpoint, the adapter says at and waits \
    for go";
const ERRORED: &str = "{\"id\":…,\"errored\":\"…\"}: the adapter itself failed";

/// What is asked of an adapter with these features, the plainest first.
pub(super) fn trials(features: &BTreeSet<String>) -> Vec<Trial> {
    let mut trials = structure();
    trials.extend(RAISES.iter().map(raise));
    trials.extend(MESSAGES.iter().map(|message| own_words(message)));
    trials.extend(BRANCHES.iter().filter_map(|branches| {
        let is_declared = features.contains(branches.0);
        is_declared.then(|| returned(branches.1, branches.2, SAW))
    }));
    trials.extend(RETURNS.iter().map(|value| flow(value)));
    trials.extend(OPTIONAL.iter().filter_map(|(feature, script)| {
        let is_declared = features.contains(*feature);
        (!is_declared).then(|| trial(*script, Expected::AnyOutcome, ERRORED))
    }));
    trials
}

fn structure() -> Vec<Trial> {
    let unknown = r#"[{"op":"no-such-operation"}]"#;
    let deep =
        r#"[{"op":"catch","do":[{"op":"repeat","times":1,"do":[{"op":"no-such-operation"}]}]}]"#;
    vec![
        returned("[]", "[]", "value is what it saw"),
        returned(r#"[{"op":"catch","do":[]}]"#, "[null]", SAW),
        returned(
            r#"[{"op":"catch","do":[{"op":"raise","type":"Smoke","message":"no"},{"op":"catch","do":[]}]}]"#,
            r#"[{"type":"Smoke","message":"no"}]"#,
            SAW,
        ),
        returned(
            r#"[{"op":"repeat","times":2,"do":[{"op":"catch","do":[{"op":"catch","do":[]}]}]},{"op":"repeat","times":0,"do":[{"op":"catch","do":[]}]}]"#,
            "[null,null,null,null]",
            SAW,
        ),
        trial(
            r#"[{"op":"catch","do":[]},{"op":"raise","kind":"error","type":"Smoke","message":"é"}]"#,
            Expected::Raised("Smoke", "é"),
            LEFT,
        ),
        trial(unknown, Expected::Unsupported, UNKNOWN),
        trial(deep, Expected::Unsupported, UNKNOWN),
        trial(
            r#"[{"op":"repeat","times":1,"do":[{"op":"checkpoint","name":"smoke"}]}]"#,
            Expected::Checkpoint("smoke"),
            CHECKPOINT,
        ),
    ]
}

/// Raises that a language may not have, and what the code sees of them.
const RAISES: [(&str, &str); 5] = [
    (
        r#"{"op":"raise","kind":"cancelled"}"#,
        r#"{"type":"cancelled","message":null}"#,
    ),
    (
        r#"{"op":"raise","kind":"interrupt"}"#,
        r#"{"type":"interrupt","message":null}"#,
    ),
    (
        r#"{"op":"raise","kind":"exit","code":3}"#,
        r#"{"type":"exit","message":3}"#,
    ),
    (
        r#"{"op":"raise","kind":"exit"}"#,
        r#"{"type":"exit","message":null}"#,
    ),
    (
        r#"{"op":"fail","reason":"no"}"#,
        r#"{"type":"Failed","message":"no"}"#,
    ),
];

fn raise((op, seen): &(&str, &str)) -> Trial {
    let script = format!(r#"[{{"op":"catch","do":[{op}]}}]"#);
    let expected = Expected::ReturnedIfKnown(format!("[{seen}]").into());
    trial(script, expected, OWN_WORDS)
}

/// Messages that must come back as the script writes them.
const MESSAGES: [&str; 4] = [
    r#""""#,
    r#"{"gen":"text","char":"é","bytes":5000}"#,
    r#"{"gen":"join","parts":["a\n\u0000",{"gen":"text","char":"😀","bytes":8}]}"#,
    r#"{"gen":"surrogate","unit":55296}"#,
];

fn own_words(message: &str) -> Trial {
    let script =
        format!(r#"[{{"op":"catch","do":[{{"op":"raise","type":"Smoke","message":{message}}}]}}]"#);
    let seen = format!(r#"[{{"type":"Smoke","message":{message}}}]"#);
    trial(script, Expected::ReturnedIfKnown(seen.into()), OWN_WORDS)
}

/// Features whose branches need nothing of the SDK.
const BRANCHES: [(&str, &str, &str); 2] = [
    (
        feature::THREADS,
        r#"[{"op":"parallel","do":[[],[{"op":"catch","do":[]},{"op":"raise","type":"Smoke","message":"no"}]]}]"#,
        r#"[[[],[null,{"type":"Smoke","message":"no"}]]]"#,
    ),
    (
        feature::ASYNC,
        r#"[{"op":"tasks","do":[[],[{"op":"catch","do":[]},{"op":"raise","type":"Smoke","message":"no"}]]}]"#,
        r#"[[[],[null,{"type":"Smoke","message":"no"}]]]"#,
    ),
];

/// Every sort of value, for a flow to return.
const RETURNS: [&str; 12] = [
    r#"{"plain":[null,true,-1,2.5,"é"]}"#,
    r#"{"gen":"number","value":"NaN"}"#,
    r#"{"gen":"integer","digits":"-90071992547409930"}"#,
    r#"{"gen":"power-of-ten","exponent":400}"#,
    r#"{"gen":"deep","of":"array","levels":40}"#,
    r#"{"gen":"deep","of":"object","levels":40}"#,
    r#"{"gen":"cyclic","of":"object"}"#,
    r#"{"gen":"members","count":70,"value":1}"#,
    r#"{"gen":"map","pairs":[[1,"a"],["1","b"],[null,"c"],[[1,2],"d"]]}"#,
    r#"{"gen":"bytes","bytes":100}"#,
    r#"{"gen":"set","items":[1,2]}"#,
    r#"{"gen":"object","describes":"raises"}"#,
];

/// What comes back is for the cases to judge: the SDK has its hand in it.
fn flow(value: &str) -> Trial {
    let script = format!(r#"[{{"op":"flow","name":"smoke","returns":{value}}}]"#);
    trial(script, Expected::AnyOutcome, ERRORED)
}

/// What needs a feature may also work without its being declared.
const OPTIONAL: [(&str, &str); 6] = [
    (feature::THREADS, r#"[{"op":"parallel","do":[[]]}]"#),
    (feature::ASYNC, r#"[{"op":"tasks","do":[[]]}]"#),
    (feature::FORK, r#"[{"op":"fork","do":[]}]"#),
    (
        feature::INSTRUMENT,
        r#"[{"op":"call","class":"C","method":"m"}]"#,
    ),
    (
        feature::GENERATOR,
        r#"[{"op":"generator","spans":[{"kind":"span","name":"s"}],"close":[{"which":0}]}]"#,
    ),
    (
        feature::DECORATOR,
        r#"[{"op":"span","name":"s","decorator":true}]"#,
    ),
];

fn returned(script: &'static str, seen: &'static str, page: &'static str) -> Trial {
    trial(script, Expected::Returned(seen.into()), page)
}

fn trial(script: impl Into<Cow<'static, str>>, expected: Expected, page: &'static str) -> Trial {
    Trial {
        script: script.into(),
        expected,
        page,
    }
}
