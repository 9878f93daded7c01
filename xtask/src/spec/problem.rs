//! What `spec --check` finds wrong.

use std::fmt;

/// Something that does not agree with the contract, and what to do about it.
#[derive(Debug)]
pub(crate) struct Problem {
    place: String,
    text: String,
}

impl Problem {
    /// Something about a line, counted from 1.
    pub(super) fn at(path: &str, line: usize, text: String) -> Self {
        Self {
            place: format!("{path}:{line}"),
            text,
        }
    }

    /// Something about a whole file.
    pub(super) fn in_file(path: &str, text: String) -> Self {
        Self {
            place: path.to_owned(),
            text,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}
