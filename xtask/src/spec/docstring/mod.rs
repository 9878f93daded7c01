//! Reads the wire contract from the SDK's module docstring, without Python.
//!
//! Strict: a line that fits no rule is an error with its number. First the
//! lines become an outline of sections and clauses, then declarations and
//! tables become types, then every name is looked up.

mod build;
mod check;
mod declaration;
mod outline;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::SDK_PATH;
use super::error::Error;
use super::model::Contract;

/// The contract, and where the docstring says what.
#[derive(Debug)]
pub(super) struct Docstring {
    pub(super) contract: Contract,
    pub(super) places: Places,
    /// The number of the line that closes the docstring.
    pub(super) last_line: usize,
}

/// The line of each clause and of each field in a clause's table.
#[derive(Debug, Default)]
pub(super) struct Places(BTreeMap<(String, String), usize>);

impl Places {
    fn note(&mut self, clause: &str, field: &str, line: usize) {
        self.0.insert((clause.to_owned(), field.to_owned()), line);
    }

    /// The line that opens a clause, counted from 1; 0 if there is none.
    pub(super) fn of(&self, clause: &str) -> usize {
        self.of_field(clause, "")
    }

    fn of_field(&self, clause: &str, field: &str) -> usize {
        let key = (clause.to_owned(), field.to_owned());
        self.0.get(&key).copied().unwrap_or_default()
    }
}

/// Reads the docstring at the head of a Python file.
pub(super) fn parse(file: &str) -> Result<Docstring, Error> {
    let outline = outline::read(file)?;
    let last_line = outline.last_line;
    let (contract, places) = build::contract(outline)?;
    check::names(&contract, &places)?;
    Ok(Docstring {
        contract,
        places,
        last_line,
    })
}

fn unreadable(line: usize, expected: impl Into<String>, found: &str) -> Error {
    Error::at(SDK_PATH, line, expected, found)
}
