//! What runner and adapter say to each other: one JSON object a line.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::script::{Op, feature};
use crate::value::Value;

/// The number of this adapter contract.
pub(crate) const CONTRACT: u64 = 1;

/// What the runner says.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "cmd", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Command<'a> {
    /// The first word.
    Start {
        /// The number of the adapter contract.
        contract: u64,
    },
    /// Run one case.
    Run {
        /// Stands in every answer that belongs to the case.
        id: &'a str,
        /// What `HERO_FLOW_SPAN_SOCK` holds; null unsets it.
        socket: Option<&'a str>,
        /// What `HERO_FLOW_PARENT_SPAN` holds; null unsets it.
        parent: Option<&'a str>,
        /// What the user's code does.
        script: &'a [Op],
    },
    /// Go on after a checkpoint.
    Go {
        /// The case.
        id: &'a str,
    },
    /// The last word.
    Stop,
}

/// Who the adapter speaks for: its answer to `start`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Hello {
    /// The SDK's language.
    pub sdk: String,
    /// The SDK's version.
    pub version: String,
    /// The protocol it writes.
    pub protocol: u64,
    /// What it can do, by the names of the adapter contract.
    pub features: BTreeSet<String>,
}

/// An answer about a case.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// A checkpoint was reached; the adapter waits for `go`.
    At(String),
    /// The script is over.
    Done {
        /// What the user's code saw.
        outcome: Outcome,
        /// What appeared on stdout and stderr meanwhile.
        printed: String,
    },
    /// The SDK or the adapter does not have this operation.
    Unsupported(String),
    /// The adapter itself failed.
    Errored(String),
}

/// What the user's code saw at the end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// The script came to its end.
    Returned(Value),
    /// An exception left the script.
    Raised {
        /// The exception's type.
        type_name: String,
        /// Its message.
        message: Value,
    },
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned(value) => write!(f, "returned {value}"),
            Self::Raised { type_name, message } => write!(f, "raised {type_name} {message}"),
        }
    }
}

/// What an SDK may have; a name that is none would leave cases out in silence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Feature {
    Threads,
    Async,
    Fork,
    Hijack,
    Instrument,
    Generator,
    Decorator,
    Reuse,
    Surrogates,
    Cycles,
}

impl Feature {
    const fn name(self) -> &'static str {
        match self {
            Self::Threads => feature::THREADS,
            Self::Async => feature::ASYNC,
            Self::Fork => feature::FORK,
            Self::Hijack => feature::HIJACK,
            Self::Instrument => feature::INSTRUMENT,
            Self::Generator => feature::GENERATOR,
            Self::Decorator => feature::DECORATOR,
            Self::Reuse => feature::REUSE,
            Self::Surrogates => feature::SURROGATES,
            Self::Cycles => feature::CYCLES,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawHello {
    /// That the adapter speaks this contract.
    #[schemars(extend("const" = true))]
    ok: bool,
    /// The SDK's language.
    sdk: String,
    /// The SDK's version.
    version: String,
    /// The protocol it writes.
    protocol: u64,
    /// What it can do, by the names of the adapter contract.
    features: BTreeSet<Feature>,
}

/// The script came to its end, or an exception left it.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum RawDone {
    /// The script came to its end.
    Returned {
        /// The case.
        id: String,
        /// What the user's code saw.
        value: Vec<Value>,
        /// What appeared on stdout and stderr meanwhile.
        #[serde(default)]
        printed: String,
    },
    /// An exception left the script.
    Raised {
        /// The case.
        id: String,
        /// The exception's type.
        #[serde(rename = "type")]
        type_name: String,
        /// Its message.
        message: Value,
        /// What appeared on stdout and stderr meanwhile.
        #[serde(default)]
        printed: String,
    },
}

/// A checkpoint was reached; the adapter waits for `go`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawAt {
    /// The case.
    id: String,
    /// The checkpoint.
    at: String,
}

/// The SDK or the adapter does not have this operation.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawUnsupported {
    /// The case.
    id: String,
    /// The operation or value.
    unsupported: String,
}

/// The adapter itself failed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawErrored {
    /// The case.
    id: String,
    /// Why.
    errored: String,
}

/// Whatever an adapter may say, for the schema: when it is read, its members
/// say which one it must be, so that a message can be about that one.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is there for its schema")]
pub(crate) enum AnyAnswer {
    Done(RawDone),
    At(RawAt),
    Unsupported(RawUnsupported),
    Errored(RawErrored),
    Hello(RawHello),
}

/// Reads the answer to `start`; the message says what is wrong with it.
pub(crate) fn read_hello(line: &str) -> Result<Hello, String> {
    let raw: RawHello = read(line)?;
    if !raw.ok {
        return Err("expected \"ok\":true, found false".into());
    }
    Ok(Hello {
        sdk: raw.sdk,
        version: raw.version,
        protocol: raw.protocol,
        features: raw
            .features
            .into_iter()
            .map(|feature| feature.name().into())
            .collect(),
    })
}

/// Whether a line is an answer, or a hello, no matter which was asked for.
pub(crate) fn is_answer(line: &str) -> bool {
    read_hello(line).is_ok() || read_answer(line).is_ok()
}

/// Which answer a line wants to be.
#[derive(Deserialize)]
struct Marks {
    #[serde(default)]
    at: Option<IgnoredAny>,
    /// A string, for serde would take a number for the place of a variant.
    #[serde(default)]
    outcome: Option<String>,
    #[serde(default)]
    unsupported: Option<IgnoredAny>,
    #[serde(default)]
    errored: Option<IgnoredAny>,
}

/// Reads an answer and the id of its case; the message says what is wrong.
pub(crate) fn read_answer(line: &str) -> Result<(String, Answer), String> {
    match read(line)? {
        Marks {
            outcome: Some(_), ..
        } => read(line).map(done),
        Marks { at: Some(_), .. } => read(line).map(|RawAt { id, at }| (id, Answer::At(at))),
        Marks {
            unsupported: Some(_),
            ..
        } => read(line)
            .map(|RawUnsupported { id, unsupported }| (id, Answer::Unsupported(unsupported))),
        Marks {
            errored: Some(_), ..
        } => read(line).map(|RawErrored { id, errored }| (id, Answer::Errored(errored))),
        Marks { .. } => Err("expected one of at, outcome, unsupported and errored".into()),
    }
}

fn read<'de, T: Deserialize<'de>>(line: &'de str) -> Result<T, String> {
    serde_json::from_str(line).map_err(|error| error.to_string())
}

fn done(raw: RawDone) -> (String, Answer) {
    let (id, outcome, printed) = match raw {
        RawDone::Returned { id, value, printed } => {
            (id, Outcome::Returned(Value::Array(value)), printed)
        }
        RawDone::Raised {
            id,
            type_name,
            message,
            printed,
        } => (id, Outcome::Raised { type_name, message }, printed),
    };
    (id, Answer::Done { outcome, printed })
}

#[cfg(test)]
mod tests {
    use hero_span_protocol::CONTRACT_JSON;
    use hero_span_protocol::contract::Contract;

    use super::*;

    fn check(line: &str, expected: &str) {
        let found = match read_answer(line) {
            Ok((id, answer)) => format!("{id}: {answer:?}"),
            Err(message) => format!("error: {message}"),
        };
        assert!(found.starts_with(expected), "{line}\n{found}");
    }

    #[test]
    fn the_features_are_those_of_the_contract_and_a_few_of_the_adapter_s_own() {
        let contract: Contract = serde_json::from_str(CONTRACT_JSON).unwrap();
        let named = contract
            .features
            .iter()
            .map(|feature| feature.name.as_str());
        let own = [
            feature::HIJACK,
            feature::REUSE,
            feature::SURROGATES,
            feature::CYCLES,
        ];
        let known: BTreeSet<&str> = named.chain(own).collect();
        let schema = schemars::schema_for!(Feature).to_value();
        let listed = schema["enum"].as_array().unwrap();
        let listed: BTreeSet<&str> = listed.iter().filter_map(|name| name.as_str()).collect();
        assert_eq!(listed, known);
    }

    #[test]
    fn answers_are_told_apart() {
        check(r#"{"id":"c","at":"mid"}"#, r#"c: At("mid")"#);
        check(
            r#"{"id":"c","outcome":"returned","value":[1]}"#,
            "c: Done { outcome: Returned(Array([Int(1)]))",
        );
        check(
            r#"{"id":"c","outcome":"raised","type":"E","message":"m","printed":"x"}"#,
            "c: Done { outcome: Raised",
        );
        check(
            r#"{"id":"c","unsupported":"fork"}"#,
            r#"c: Unsupported("fork")"#,
        );
        check(r#"{"id":"c","errored":"no"}"#, r#"c: Errored("no")"#);
    }

    #[test]
    fn malformed_answers_say_what_is_wrong() {
        check("hello", "error: expected value");
        check(r#"{"at":"mid"}"#, "error: missing field `id`");
        check(r#"{"id":"c"}"#, "error: expected one of");
        check(
            r#"{"id":"c","at":"x","errored":"y"}"#,
            "error: unknown field `errored`",
        );
        check(
            r#"{"id":"c","outcome":"raised"}"#,
            "error: missing field `type`",
        );
        check(
            r#"{"id":"c","outcome":"returned","type":"E"}"#,
            "error: unknown field `type`",
        );
        check(
            r#"{"id":"c","at":"x","extra":1}"#,
            "error: unknown field `extra`",
        );
    }

    #[test]
    fn a_refusal_is_no_hello() {
        let line = r#"{"ok":false,"sdk":"x","version":"1","protocol":1,"features":[]}"#;
        assert!(read_hello(line).unwrap_err().contains("found false"));
    }

    #[test]
    fn commands_have_the_documented_form() {
        let run = Command::Run {
            id: "c1",
            socket: None,
            parent: Some("p"),
            script: &[],
        };
        let json = |command: &Command<'_>| serde_json::to_string(command).unwrap();
        assert_eq!(
            json(&run),
            r#"{"cmd":"run","id":"c1","socket":null,"parent":"p","script":[]}"#
        );
        assert_eq!(
            json(&Command::Start { contract: CONTRACT }),
            r#"{"cmd":"start","contract":1}"#
        );
        assert_eq!(json(&Command::Stop), r#"{"cmd":"stop"}"#);
    }
}
