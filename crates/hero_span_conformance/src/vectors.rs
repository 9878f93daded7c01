//! Vectors: lines and connections, and what every consumer says of them.

mod bytes;
mod load;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use bytes::Bytes;
pub(crate) use load::{Connection, Expected, Vector, What, load};

/// One file below `conformance/vectors/`: the vectors of one clause.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VectorFile {
    /// Where this schema lies, for editors.
    #[serde(rename = "$schema")]
    pub(crate) _schema: String,
    /// The clause that a consumer breaks if it says something else.
    pub(crate) clause: String,
    /// Single lines.
    #[serde(default)]
    pub(crate) lines: Vec<LineVector>,
    /// Whole connections.
    #[serde(default)]
    pub(crate) streams: Vec<StreamVector>,
}

/// A line, and how a consumer reads it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineVector {
    /// Unique in its file: lower-case words and hyphens.
    #[schemars(pattern("^[a-z0-9-]+$"))]
    pub(crate) id: String,
    /// What is special about the line, in one sentence.
    pub(crate) about: String,
    /// The line without its LF.
    pub(crate) line: Bytes,
    /// What a consumer does with it.
    pub(crate) verdict: Verdict,
    /// What an accepted line says, in the normal form.
    pub(crate) event: Option<Event>,
    /// The unknown type of an ignored line.
    #[serde(rename = "type")]
    pub(crate) type_name: Option<String>,
    /// Other clauses that a rejected line may be said to break.
    #[serde(default)]
    pub(crate) also: Vec<String>,
}

/// What a consumer does with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// It takes it as an event.
    Accept,
    /// It skips and counts it: its type is unknown.
    Ignore,
    /// It rejects and counts it.
    Reject,
}

/// An event in the normal form.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Event {
    /// As it is.
    Object(Map<String, Value>),
    /// Its JSON text in parts, for a large one.
    Text(Bytes),
}

/// One connection or several, and what a consumer says of them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamVector {
    /// Unique in its file: lower-case words and hyphens.
    #[schemars(pattern("^[a-z0-9-]+$"))]
    pub(crate) id: String,
    /// What is special about it, in one sentence.
    pub(crate) about: String,
    /// Each is over before the next begins.
    pub(crate) connections: Vec<ConnectionVector>,
    /// The trees that come of them all: one entry for each run.
    pub(crate) runs: Option<Vec<Tree>>,
}

/// A connection and what a consumer says of it. What is left out is 0, false
/// or empty, and is compared as such.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectionVector {
    /// All that comes over it, up to its end.
    pub(crate) bytes: Bytes,
    /// What a consumer does with each line, a torn one left out.
    pub(crate) lines: Vec<ExpectedLine>,
    /// Whether the last line is torn.
    #[serde(default)]
    pub(crate) torn: bool,
    /// How many events never arrived.
    #[serde(default)]
    pub(crate) lost: u64,
    /// The spans that are still open at the end.
    #[serde(default)]
    pub(crate) open: Vec<String>,
    /// The stream rules that its events break.
    #[serde(default)]
    pub(crate) findings: Vec<RuleFinding>,
}

/// What a consumer does with a line of a connection.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum ExpectedLine {
    /// The verdict alone.
    Verdict(Verdict),
    /// Accepted, with what it says.
    Event {
        /// In the normal form.
        event: Event,
    },
}

/// A stream rule that an event breaks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleFinding {
    /// The line of the event, from 1; lines of every verdict count.
    pub(crate) line: u64,
    /// The rule, such as `rule.end-once`.
    pub(crate) clause: String,
}

/// Spans by their ids, and below each the tree of its children.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Tree(pub BTreeMap<String, Tree>);
