//! The one error of the crate.

use std::fmt;

/// A line of the contract that does not say what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    path: String,
    line: usize,
    expected: String,
    found: String,
}

impl Error {
    pub(crate) fn at(line: usize, expected: impl Into<String>, found: &str) -> Self {
        Self {
            path: String::new(),
            line,
            expected: expected.into(),
            found: found.to_owned(),
        }
    }

    pub(crate) fn in_file(self, path: &str) -> Self {
        Self {
            path: path.to_owned(),
            ..self
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            line,
            expected,
            found,
        } = self;
        write!(f, "{path}:{line}: expected {expected}, found {found}")
    }
}

impl std::error::Error for Error {}

/// Source text as it stands in a message.
pub fn quoted(text: &str) -> String {
    format!("`{text}`")
}
