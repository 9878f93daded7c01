//! What a consumer said of a vector, held against what it must say.

use std::collections::BTreeSet;
use std::fmt;

use hero_span_protocol::Clause;
use serde_json::{Map, Value};

use super::compare::{difference, shortened};
use super::dialogue::{ConnectionReading, Feature, Greeting, Reading, StreamAnswer};
use crate::vectors::{Connection, Expected, RuleFinding, Tree};

/// What a consumer said otherwise than the vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// Where, such as `connection 1, line 2, event.tags.rows`.
    pub(crate) place: String,
    pub(crate) expected: String,
    pub(crate) found: String,
}

impl Mismatch {
    fn new(place: &str, expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        Self {
            place: place.to_owned(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    /// The same, of bytes that were cut into chunks in that way.
    pub(crate) fn given(self, chunks: &str) -> Self {
        let place = format!("{}, given {chunks}", self.place);
        Self { place, ..self }
    }
}

/// Judges by what the consumer says it can do.
#[derive(Debug)]
pub(crate) struct Judge<'h> {
    features: &'h BTreeSet<Feature>,
}

impl<'h> Judge<'h> {
    pub(crate) const fn new(hello: &'h Greeting) -> Self {
        Self {
            features: &hello.features,
        }
    }

    /// Judges the answer to a line.
    pub(crate) fn line(
        &self,
        expected: &Expected,
        blamed: &[Clause],
        reading: &Reading,
    ) -> Option<Mismatch> {
        self::line("the line", expected, reading)
            .or_else(|| self.blame("the line", blamed, reading))
    }

    fn blame(&self, place: &str, blamed: &[Clause], reading: &Reading) -> Option<Mismatch> {
        let Reading::Reject { clause } = reading else {
            return None;
        };
        let names = blamed
            .iter()
            .any(|known| Some(known.id()) == clause.as_deref());
        if names || !self.features.contains(&Feature::Clauses) {
            return None;
        }
        let ids: Vec<_> = blamed.iter().map(|clause| clause.id()).collect();
        let place = format!("{place}, clause");
        let found = clause.as_deref().unwrap_or("none");
        Some(Mismatch::new(&place, ids.join(" or "), found))
    }

    /// Judges the answer to a stream.
    pub(crate) fn stream(
        &self,
        connections: &[Connection],
        runs: Option<&[Tree]>,
        answer: &StreamAnswer,
    ) -> Option<Mismatch> {
        let counts = (connections.len(), answer.connections.len());
        if counts.0 != counts.1 {
            return Some(Mismatch::new("the connections", counts.0, counts.1));
        }
        let pairs = connections.iter().zip(&answer.connections);
        pairs
            .enumerate()
            .find_map(|(at, (expected, found))| {
                self.connection(&format!("connection {}", at + 1), expected, found)
            })
            .or_else(|| self.runs(runs?, answer.runs.as_deref()))
    }

    fn connection(
        &self,
        place: &str,
        expected: &Connection,
        found: &ConnectionReading,
    ) -> Option<Mismatch> {
        lines(place, &expected.lines, &found.lines)
            .or_else(|| same(&format!("{place}, torn"), expected.torn, found.torn))
            .or_else(|| same(&format!("{place}, lost"), expected.lost, found.lost))
            .or_else(|| {
                let expected = ids(&expected.open);
                same(&format!("{place}, open"), expected, ids(&found.open))
            })
            .or_else(|| self.findings(place, expected, found))
    }

    fn findings(
        &self,
        place: &str,
        expected: &Connection,
        found: &ConnectionReading,
    ) -> Option<Mismatch> {
        if !self.features.contains(&Feature::Rules) {
            return None;
        }
        let list = |findings: &[RuleFinding]| {
            let mut findings = findings.to_vec();
            findings.sort();
            let said = findings
                .iter()
                .map(|it| format!("{} in line {}", it.clause, it.line));
            or_none(&said.collect::<Vec<_>>())
        };
        let expected = list(&expected.findings);
        same(
            &format!("{place}, findings"),
            expected,
            list(&found.findings),
        )
    }

    fn runs(&self, expected: &[Tree], found: Option<&[Tree]>) -> Option<Mismatch> {
        if !self.features.contains(&Feature::Runs) {
            return None;
        }
        let Some(found) = found else {
            return Some(Mismatch::new("the runs", forest(expected), "none given"));
        };
        same("the runs", forest(expected), forest(found))
    }
}

fn lines(place: &str, expected: &[Expected], found: &[Reading]) -> Option<Mismatch> {
    let first = expected
        .iter()
        .zip(found)
        .enumerate()
        .find_map(|(at, (expected, found))| {
            line(&format!("{place}, line {}", at + 1), expected, found)
        });
    first.or_else(|| {
        same(
            &format!("{place}, number of lines"),
            expected.len(),
            found.len(),
        )
    })
}

fn line(place: &str, expected: &Expected, reading: &Reading) -> Option<Mismatch> {
    match (expected, reading) {
        (Expected::Accept(Some(expected)), Reading::Accept { event }) => {
            self::event(place, expected, event)
        }
        (Expected::Ignore(Some(expected)), Reading::Ignore { type_name }) => {
            same(&format!("{place}, type"), expected, type_name)
        }
        (Expected::Accept(None), Reading::Accept { .. })
        | (Expected::Ignore(None), Reading::Ignore { .. })
        | (Expected::Reject, Reading::Reject { .. }) => None,
        _ => Some(Mismatch::new(place, verdict(expected), said(reading))),
    }
}

fn event(
    place: &str,
    expected: &Map<String, Value>,
    found: &Map<String, Value>,
) -> Option<Mismatch> {
    let difference = difference(expected, found)?;
    let place = format!("{place}, event.{}", difference.field);
    Some(Mismatch::new(&place, difference.expected, difference.found))
}

fn verdict(expected: &Expected) -> &'static str {
    match expected {
        Expected::Accept(_) => "accept",
        Expected::Ignore(_) => "ignore",
        Expected::Reject => "reject",
    }
}

fn said(reading: &Reading) -> String {
    match reading {
        Reading::Accept { event } => {
            format!(
                "accept, {}",
                shortened(&Value::from(event.clone()).to_string())
            )
        }
        Reading::Ignore { type_name } => format!("ignore, type \"{}\"", shortened(type_name)),
        Reading::Reject {
            clause: Some(clause),
        } => format!("reject, {clause}"),
        Reading::Reject { clause: None } => "reject".into(),
    }
}

fn same<T: PartialEq + fmt::Display>(place: &str, expected: T, found: T) -> Option<Mismatch> {
    (expected != found).then(|| Mismatch::new(place, expected, found))
}

fn ids(open: &[String]) -> String {
    let mut open = open.to_vec();
    open.sort();
    or_none(&open)
}

/// The runs in one order, as JSON.
fn forest(runs: &[Tree]) -> String {
    let mut runs = runs.to_vec();
    runs.sort();
    serde_json::to_string(&runs).unwrap_or_default()
}

fn or_none(items: &[String]) -> String {
    if items.is_empty() {
        "none".into()
    } else {
        items.join(", ")
    }
}
