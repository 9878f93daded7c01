//! Vectors as the runner uses them, read from the files in the binary.

use std::collections::BTreeSet;

use hero_span_protocol::Clause;
use serde_json::{Map, Value};

use super::{
    Bytes, ConnectionVector, Event, ExpectedLine, LineVector, RuleFinding, StreamVector, Tree,
    VectorFile, Verdict,
};
use crate::embedded::{File, files};

/// A vector with its bytes built.
#[derive(Clone, Debug)]
pub(crate) struct Vector {
    /// `lines/CLAUSE/ID` or `streams/CLAUSE/ID`.
    pub(crate) id: String,
    /// What a consumer breaks if it says something else.
    pub(crate) clause: Clause,
    /// What is special about it.
    pub(crate) about: String,
    /// Its bytes, and what a consumer says of them.
    pub(crate) what: What,
}

/// What is given to a consumer, and what it says.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// A line.
    Line {
        /// Without its LF.
        bytes: Vec<u8>,
        /// What a consumer does with it.
        expected: Expected,
        /// All clauses that a rejected line may be said to break.
        blamed: Vec<Clause>,
    },
    /// Connections, one after the other.
    Stream {
        /// At least one.
        connections: Vec<Connection>,
        /// The trees of all runs, sorted; `None` if they do not matter.
        runs: Option<Vec<Tree>>,
    },
}

/// What a consumer does with a line, as far as it matters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expected {
    /// It takes it; `None` if what it takes it for does not matter.
    Accept(Option<Map<String, Value>>),
    /// It skips it; `None` if its type does not matter.
    Ignore(Option<String>),
    /// It rejects it.
    Reject,
}

/// What comes over a connection, and what a consumer says of it.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) bytes: Vec<u8>,
    pub(crate) lines: Vec<Expected>,
    pub(crate) torn: bool,
    pub(crate) lost: u64,
    /// Sorted.
    pub(crate) open: Vec<String>,
    /// Sorted.
    pub(crate) findings: Vec<RuleFinding>,
}

/// Every vector, by the order of its file.
///
/// # Errors
///
/// The message names the file and what is wrong with it; the files are in the
/// binary, so that this is a fault of its builder.
pub(crate) fn load() -> Result<Vec<Vector>, String> {
    let mut vectors = Vec::new();
    for file in files("vectors") {
        vectors.extend(read(file).map_err(|why| format!("{}: {why}", file.path))?);
    }
    Ok(vectors)
}

fn read(file: File) -> Result<Vec<Vector>, String> {
    let content: VectorFile = serde_json::from_str(file.text).map_err(|error| error.to_string())?;
    let clause = clause(&content.clause)?;
    let lines = content.lines.into_iter().map(|line| line.vector(clause));
    let streams = content
        .streams
        .into_iter()
        .map(|stream| stream.vector(clause));
    let vectors: Vec<_> = lines.chain(streams).collect::<Result<_, _>>()?;
    let ids: BTreeSet<_> = vectors.iter().map(|vector| &vector.id).collect();
    if ids.len() < vectors.len() {
        return Err("expected each id once, found one twice".into());
    }
    Ok(vectors)
}

fn clause(id: &str) -> Result<Clause, String> {
    Clause::from_id(id).ok_or_else(|| format!("expected a clause of the contract, found \"{id}\""))
}

impl LineVector {
    fn vector(self, clause: Clause) -> Result<Vector, String> {
        let id = format!("lines/{clause}/{}", self.id);
        let what = self.what(clause).map_err(|why| format!("{id}: {why}"))?;
        Ok(Vector {
            id,
            clause,
            about: self.about,
            what,
        })
    }

    fn what(&self, by: Clause) -> Result<What, String> {
        let expected = match (self.verdict, &self.event, &self.type_name) {
            (Verdict::Accept, Some(event), None) => Expected::Accept(Some(event.build()?)),
            (Verdict::Ignore, None, Some(name)) => Expected::Ignore(Some(name.clone())),
            (Verdict::Reject, None, None) => Expected::Reject,
            _ => return Err("expected event beside accept, type beside ignore, only".into()),
        };
        let also = self.also.iter().map(|id| clause(id));
        let blamed = std::iter::once(Ok(by))
            .chain(also)
            .collect::<Result<_, _>>()?;
        let bytes = self.line.build()?;
        if bytes.contains(&b'\n') {
            return Err("expected a line without its LF, found one".into());
        }
        Ok(What::Line {
            bytes,
            expected,
            blamed,
        })
    }
}

impl StreamVector {
    fn vector(self, clause: Clause) -> Result<Vector, String> {
        let id = format!("streams/{clause}/{}", self.id);
        let connections = self.connections.iter().map(ConnectionVector::connection);
        let connections: Vec<_> = connections
            .collect::<Result<_, _>>()
            .map_err(|why| format!("{id}: {why}"))?;
        if connections.is_empty() {
            return Err(format!("{id}: expected a connection, found none"));
        }
        let runs = self.runs.map(sorted);
        Ok(Vector {
            id,
            clause,
            about: self.about,
            what: What::Stream { connections, runs },
        })
    }
}

impl ConnectionVector {
    fn connection(&self) -> Result<Connection, String> {
        for finding in &self.findings {
            clause(&finding.clause)?;
        }
        Ok(Connection {
            bytes: self.bytes.build()?,
            lines: self
                .lines
                .iter()
                .map(ExpectedLine::expected)
                .collect::<Result<_, _>>()?,
            torn: self.torn,
            lost: self.lost,
            open: sorted(self.open.clone()),
            findings: sorted(self.findings.clone()),
        })
    }
}

impl ExpectedLine {
    fn expected(&self) -> Result<Expected, String> {
        Ok(match self {
            Self::Verdict(Verdict::Accept) => Expected::Accept(None),
            Self::Verdict(Verdict::Ignore) => Expected::Ignore(None),
            Self::Verdict(Verdict::Reject) => Expected::Reject,
            Self::Event { event } => Expected::Accept(Some(event.build()?)),
        })
    }
}

impl Event {
    fn build(&self) -> Result<Map<String, Value>, String> {
        match self {
            Self::Object(event) => Ok(event.clone()),
            Self::Text(text) => read_event(text),
        }
    }
}

fn read_event(text: &Bytes) -> Result<Map<String, Value>, String> {
    serde_json::from_slice(&text.build()?).map_err(|error| format!("event: {error}"))
}

fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items
}
