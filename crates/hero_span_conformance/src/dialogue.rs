//! What runner and adapter say to each other: one JSON object a line.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::script::Op;
use crate::value::Value;

/// The number of this adapter contract.
pub(crate) const CONTRACT: u64 = 1;

/// What the runner says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "cmd", rename_all = "lowercase")]
pub(crate) enum Command<'a> {
    /// The first word.
    Start {
        /// [`CONTRACT`].
        contract: u64,
    },
    /// Run one case.
    Run {
        /// Stands in every answer that belongs to the case.
        id: &'a str,
        /// What `HERO_FLOW_SPAN_SOCK` holds; `None` unsets it.
        socket: Option<&'a str>,
        /// What `HERO_FLOW_PARENT_SPAN` holds; `None` unsets it.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHello {
    ok: bool,
    sdk: String,
    version: String,
    protocol: u64,
    features: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAnswer {
    id: String,
    at: Option<String>,
    outcome: Option<RawOutcome>,
    #[serde(default, deserialize_with = "present")]
    value: Option<Value>,
    #[serde(rename = "type")]
    type_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    message: Option<Value>,
    #[serde(default)]
    printed: String,
    unsupported: Option<String>,
    errored: Option<String>,
}

/// A `null` that is there is not the same as nothing.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawOutcome {
    Returned,
    Raised,
}

/// Reads the answer to `start`; the message says what is wrong with it.
pub(crate) fn read_hello(line: &str) -> Result<Hello, String> {
    let raw: RawHello = serde_json::from_str(line).map_err(|error| error.to_string())?;
    if !raw.ok {
        return Err("expected \"ok\":true, found false".into());
    }
    Ok(Hello {
        sdk: raw.sdk,
        version: raw.version,
        protocol: raw.protocol,
        features: raw.features,
    })
}

/// Reads an answer and the id of its case; the message says what is wrong.
pub(crate) fn read_answer(line: &str) -> Result<(String, Answer), String> {
    let raw: RawAnswer = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let id = raw.id.clone();
    let answer = match raw {
        RawAnswer {
            at: Some(name),
            outcome: None,
            unsupported: None,
            errored: None,
            ..
        } => Answer::At(name),
        RawAnswer {
            at: None,
            outcome: Some(_),
            unsupported: None,
            errored: None,
            ..
        } => done(raw)?,
        RawAnswer {
            at: None,
            outcome: None,
            unsupported: Some(what),
            errored: None,
            ..
        } => Answer::Unsupported(what),
        RawAnswer {
            at: None,
            outcome: None,
            unsupported: None,
            errored: Some(why),
            ..
        } => Answer::Errored(why),
        _ => return Err("expected one of at, outcome, unsupported and errored".into()),
    };
    Ok((id, answer))
}

fn done(raw: RawAnswer) -> Result<Answer, String> {
    let outcome = match (raw.outcome, raw.value, raw.type_name, raw.message) {
        (Some(RawOutcome::Returned), value, None, None) => {
            Outcome::Returned(value.unwrap_or(Value::Null))
        }
        (Some(RawOutcome::Raised), None, Some(type_name), Some(message)) => {
            Outcome::Raised { type_name, message }
        }
        (Some(RawOutcome::Raised), ..) => {
            return Err("expected type and message beside \"outcome\":\"raised\"".into());
        }
        _ => return Err("expected value alone beside \"outcome\":\"returned\"".into()),
    };
    Ok(Answer::Done {
        outcome,
        printed: raw.printed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &str) {
        let found = match read_answer(line) {
            Ok((id, answer)) => format!("{id}: {answer:?}"),
            Err(message) => format!("error: {message}"),
        };
        assert!(found.starts_with(expected), "{line}\n{found}");
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
            "error: expected one of",
        );
        check(
            r#"{"id":"c","outcome":"raised"}"#,
            "error: expected type and message",
        );
        check(
            r#"{"id":"c","outcome":"returned","type":"E"}"#,
            "error: expected value alone",
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
