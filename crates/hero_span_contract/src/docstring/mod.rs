//! Reads the wire contract from its text: the SDK's module docstring, without Python.
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

use crate::error::Error;
use crate::model::Contract;
use outline::Line;

pub use build::is_constant_name;

/// The contract, and where the docstring says what.
#[derive(Debug)]
pub struct Docstring {
    /// What it says.
    pub contract: Contract,
    /// Where it says so.
    pub places: Places,
    /// Its lines from the heading on.
    pub text: String,
    /// The number of the line that closes the docstring.
    pub last_line: usize,
}

/// The line of each clause and of each field in a clause's table.
#[derive(Debug, Default)]
pub struct Places(BTreeMap<(String, String), usize>);

impl Places {
    fn note(&mut self, clause: &str, field: &str, line: usize) {
        self.0.insert((clause.to_owned(), field.to_owned()), line);
    }

    /// The line that opens a clause, counted from 1; 0 if there is none.
    pub fn of(&self, clause: &str) -> usize {
        self.of_field(clause, "")
    }

    /// The line of a field in a clause's table, counted from 1; 0 if there is none.
    pub fn of_field(&self, clause: &str, field: &str) -> usize {
        let key = (clause.to_owned(), field.to_owned());
        self.0.get(&key).copied().unwrap_or_default()
    }
}

/// Reads the docstring at the head of a Python file. `path` is what messages call it.
///
/// # Errors
///
/// The first line that does not say what it should.
pub fn parse_python(path: &str, file: &str) -> Result<Docstring, Error> {
    let lines = outline::docstring_lines(file);
    lines
        .and_then(|lines| parse(&lines))
        .map_err(|error| error.in_file(path))
}

/// Reads a file that has the contract's text and nothing else.
///
/// # Errors
///
/// The first line that does not say what it should.
pub fn parse_text(path: &str, file: &str) -> Result<Docstring, Error> {
    parse(&outline::lines(file)).map_err(|error| error.in_file(path))
}

fn parse(lines: &[Line<'_>]) -> Result<Docstring, Error> {
    let outline = outline::read(lines)?;
    let text = outline.text.iter().map(|line| line.text);
    let text = text.collect::<Vec<_>>().join("\n");
    let last_line = lines.len();
    let (contract, places) = build::contract(outline)?;
    check::names(&contract, &places)?;
    Ok(Docstring {
        contract,
        places,
        text,
        last_line,
    })
}

fn unreadable(line: usize, expected: impl Into<String>, found: &str) -> Error {
    Error::at(line, expected, found)
}
