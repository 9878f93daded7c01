//! What runner and parser adapter say to each other: one JSON object a line.

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonschema::Validator;
use schemars::{JsonSchema, Schema, schema_for};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::vectors::{RuleFinding, Tree};

/// The number of this adapter contract.
pub(crate) const CONTRACT: u64 = 1;

/// What the runner says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "cmd", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Command {
    /// The first word.
    Start {
        /// The number of the adapter contract: 1.
        contract: u64,
    },
    /// Read one line.
    Line {
        /// Stands in the answer.
        id: String,
        /// The line without its LF, in base64.
        bytes: String,
    },
    /// Read connections, one after the other, each to its end.
    Stream {
        /// Stands in the answer.
        id: String,
        /// The chunks of each connection, in base64, as they come.
        connections: Vec<Vec<String>>,
    },
    /// The last word.
    Stop,
}

/// Which consumer the adapter speaks for: its answer to `start`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Greeting {
    /// Always true.
    #[schemars(extend("const" = true))]
    pub(crate) ok: bool,
    /// The consumer's name.
    pub(crate) consumer: String,
    /// The consumer's version.
    pub(crate) version: String,
    /// The protocol that it reads.
    pub(crate) protocol: u64,
    /// What it can do.
    pub(crate) features: BTreeSet<Feature>,
}

/// Something that a consumer can do.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Feature {
    /// Reads single lines.
    Lines,
    /// Reads connections.
    Streams,
    /// Says which stream rules a connection's events break.
    Rules,
    /// Says which trees come of the connections.
    Runs,
    /// Says which clause a rejected line breaks.
    Clauses,
}

impl fmt::Display for Feature {
    /// Its name on the wire.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lines => "lines",
            Self::Streams => "streams",
            Self::Rules => "rules",
            Self::Runs => "runs",
            Self::Clauses => "clauses",
        })
    }
}

/// What a consumer made of a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Reading {
    /// It took it as an event.
    Accept {
        /// What it understood, in the normal form.
        event: Map<String, Value>,
    },
    /// It skipped and counted it.
    Ignore {
        /// The type that it does not know.
        #[serde(rename = "type")]
        type_name: String,
    },
    /// It rejected and counted it.
    Reject {
        /// The clause that the line breaks; with the feature `clauses`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        clause: Option<String>,
    },
}

/// The answer to `line`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineAnswer {
    /// That of the command.
    pub(crate) id: String,
    /// What the consumer made of it.
    pub(crate) line: Reading,
}

/// The answer to `stream`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamAnswer {
    /// That of the command.
    pub(crate) id: String,
    /// What the consumer made of each connection.
    pub(crate) connections: Vec<ConnectionReading>,
    /// With the feature `runs`: for each run the spans without a parent in
    /// it, and below each span its children.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) runs: Option<Vec<Tree>>,
}

/// What a consumer made of a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectionReading {
    /// Each line, a torn one left out.
    pub(crate) lines: Vec<Reading>,
    /// Whether the last line was torn.
    pub(crate) torn: bool,
    /// How many events never arrived.
    pub(crate) lost: u64,
    /// The ids of the spans that are open at the end, in any order.
    pub(crate) open: Vec<String>,
    /// The stream rules that were broken, in any order; with the feature
    /// `rules`.
    #[serde(default)]
    pub(crate) findings: Vec<RuleFinding>,
}

/// The answer to any command that the adapter itself failed at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Errored {
    /// That of the command.
    pub(crate) id: String,
    /// What went wrong.
    pub(crate) errored: String,
}

/// Everything that a parser adapter says.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is needed")]
pub(crate) enum Answer {
    /// To `start`.
    Greeting(Greeting),
    /// To `line`.
    Line(LineAnswer),
    /// To `stream`.
    Stream(StreamAnswer),
    /// To `line` or `stream`.
    Errored(Errored),
}

/// The schemas that answers are held against.
#[derive(Debug)]
pub(crate) struct Schemas {
    hello: Validator,
    line: Validator,
    stream: Validator,
    errored: Validator,
}

impl Schemas {
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self {
            hello: validator(&schema_for!(Greeting))?,
            line: validator(&schema_for!(LineAnswer))?,
            stream: validator(&schema_for!(StreamAnswer))?,
            errored: validator(&schema_for!(Errored))?,
        })
    }

    /// Reads the answer to `start`; the message says what is wrong with it.
    pub(crate) fn hello(&self, line: &str) -> Result<Greeting, String> {
        read(&self.hello, json(line)?)
    }

    /// Reads the answer to `line`.
    pub(crate) fn line(&self, line: &str) -> Result<Result<LineAnswer, Errored>, String> {
        self.answer(&self.line, line)
    }

    /// Reads the answer to `stream`.
    pub(crate) fn stream(&self, line: &str) -> Result<Result<StreamAnswer, Errored>, String> {
        self.answer(&self.stream, line)
    }

    fn answer<T: DeserializeOwned>(
        &self,
        schema: &Validator,
        line: &str,
    ) -> Result<Result<T, Errored>, String> {
        let value = json(line)?;
        if value.get("errored").is_some() {
            return read(&self.errored, value).map(Err);
        }
        read(schema, value).map(Ok)
    }
}

fn validator(schema: &Schema) -> Result<Validator, Error> {
    jsonschema::validator_for(schema.as_value()).map_err(|error| Error::schema(&error))
}

fn json(line: &str) -> Result<Value, String> {
    serde_json::from_str(line).map_err(|error| error.to_string())
}

/// The message is that of the types if they reject it as well: it is the
/// clearer one.
fn read<T: DeserializeOwned>(schema: &Validator, value: Value) -> Result<T, String> {
    let verdict = schema.validate(&value);
    let verdict = verdict.map_err(|error| format!("at \"{}\": {error}", error.instance_path()));
    let typed = serde_json::from_value(value).map_err(|error| error.to_string())?;
    verdict.map(|()| typed)
}

/// Bytes as a command carries them.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes that a command carries.
pub(crate) fn from_base64(text: &str) -> Result<Vec<u8>, String> {
    STANDARD
        .decode(text)
        .map_err(|error| format!("base64: {error}"))
}
