//! What is wrong with a line, a value or a stream.

use std::fmt;

use crate::contract::Clause;
use crate::printable::{printable, quoted};

/// One breach of the contract: where, what was expected, what was found.
///
/// Shows as one line that is safe to print on a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The clause that was broken.
    pub clause: Clause,
    /// The field, such as `producer.id` or `tags.sql`, as it stands on the
    /// line: not escaped.
    pub field: Option<String>,
    /// The byte of the line, from 0.
    pub at: Option<usize>,
    /// What the contract asks for.
    pub expected: String,
    /// What is there instead, fit for a terminal and of bounded length.
    pub found: String,
}

impl Violation {
    pub(crate) fn new(
        clause: Clause,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self {
            clause,
            field: None,
            at: None,
            expected: expected.into(),
            found: found.into(),
        }
    }

    pub(crate) fn at(self, at: usize) -> Self {
        Self {
            at: Some(at),
            ..self
        }
    }

    pub(crate) fn field(self, field: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..self
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.clause)?;
        if let Some(field) = &self.field {
            write!(f, ": {}", printable(field))?;
        }
        if let Some(at) = self.at {
            write!(f, " at byte {at}")?;
        }
        write!(f, ": expected {}, found {}", self.expected, self.found)
    }
}

/// Why a line, or a value by itself, is not what the contract says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError(Box<Violation>);

impl ParseError {
    /// The clause that was broken.
    pub fn clause(&self) -> Clause {
        self.0.clause
    }

    /// The field, such as `producer.id` or `tags.sql`, when it is in one.
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// The byte of the line, from 0; of a missing field, where its object ends.
    pub fn at(&self) -> usize {
        self.0.at.unwrap_or_default()
    }

    /// What the contract asks for.
    pub fn expected(&self) -> &str {
        &self.0.expected
    }

    /// What is there instead, fit for a terminal and of bounded length.
    pub fn found(&self) -> &str {
        &self.0.found
    }

    /// The same error seen from the object that holds the field.
    #[cold]
    pub(crate) fn within(mut self, name: &str) -> Self {
        let path = match self.0.field.take() {
            Some(field) => format!("{name}.{field}"),
            None => name.to_owned(),
        };
        self.0.field = Some(path);
        self
    }

    /// For a value that stands by itself.
    pub(crate) fn value(clause: Clause, expected: &str, found: impl Into<String>) -> Self {
        Violation::new(clause, expected, found).into()
    }

    /// For a text that stands by itself.
    pub(crate) fn text_value(clause: Clause, expected: &str, found: &str) -> Self {
        Self::value(clause, expected, quoted(found))
    }
}

impl From<Violation> for ParseError {
    fn from(violation: Violation) -> Self {
        Self(Box::new(violation))
    }
}

impl From<ParseError> for Violation {
    fn from(error: ParseError) -> Self {
        *error.0
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for ParseError {}
