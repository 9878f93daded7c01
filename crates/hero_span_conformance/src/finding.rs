//! Where an SDK departs from the contract.

use std::fmt;

use hero_span_protocol::contract::Clause;
use hero_span_protocol::printable;
use schemars::JsonSchema;
use serde::Serialize;

use crate::checks::{Level, clause_of};

/// One departure: which check, where, what was expected, what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The check's id: its clause's, or its clause's with an aspect.
    pub check: String,
    /// The clause, if the check has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// How binding it is.
    pub level: Level,
    /// The field, such as `value` or `truncated.tags.sql`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Where in the connection's bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What the contract or the model asks for.
    pub expected: String,
    /// What was there instead.
    pub found: String,
}

impl Finding {
    pub(crate) fn of(
        clause: Clause,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::named(clause.id(), expected, found)
    }

    pub(crate) fn named(
        check: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        let clause = clause_of(check);
        Self {
            check: check.into(),
            clause: clause.map(|clause| clause.id().into()),
            level: clause.map_or(Level::Must, Level::of),
            field: None,
            place: None,
            expected: expected.into(),
            found: found.into(),
        }
    }

    pub(crate) fn field(self, field: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..self
        }
    }

    pub(crate) fn at(self, place: String) -> Self {
        Self {
            place: Some(place),
            ..self
        }
    }

    /// Whether two findings are most likely of one fault.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let outer = |finding: &Self| {
            finding
                .field
                .as_deref()
                .map(|field| field.split('.').next().unwrap_or(field).to_owned())
        };
        self.check == other.check && outer(self) == outer(other)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.check)?;
        if self.level == Level::Should {
            write!(f, " (SHOULD)")?;
        }
        if let Some(field) = &self.field {
            write!(f, ", {}", printable(field))?;
        }
        if let Some(place) = &self.place {
            write!(f, ", {place}")?;
        }
        write!(f, "\n  expected {}", printable(&self.expected))?;
        write!(f, "\n  found    {}", printable(&self.found))
    }
}
