//! The one error of the generator.

use std::fmt;
use std::io;

/// Why nothing could be generated. It names the place, what was expected and
/// what was found.
#[derive(Debug)]
pub(crate) struct Error(Kind);

#[derive(Debug)]
enum Kind {
    Contract(hero_span_contract::Error),
    Unreadable {
        path: String,
        line: usize,
        expected: String,
        found: String,
    },
    Disk {
        path: String,
        doing: &'static str,
        cause: io::Error,
    },
    Command {
        command: String,
        said: String,
    },
    Encoding(serde_json::Error),
}

impl Error {
    /// A line that does not say what it should. Lines are counted from 1.
    pub(super) fn at(path: &str, line: usize, expected: impl Into<String>, found: &str) -> Self {
        Self(Kind::Unreadable {
            path: path.to_owned(),
            line,
            expected: expected.into(),
            found: found.to_owned(),
        })
    }

    /// A command failed; what it said on stderr.
    pub(super) fn command(command: String, said: String) -> Self {
        Self(Kind::Command { command, said })
    }

    /// The disk refused.
    pub(super) fn disk(doing: &'static str, path: &str, cause: io::Error) -> Self {
        Self(Kind::Disk {
            path: path.to_owned(),
            doing,
            cause,
        })
    }
}

impl From<hero_span_contract::Error> for Error {
    fn from(cause: hero_span_contract::Error) -> Self {
        Self(Kind::Contract(cause))
    }
}

impl From<serde_json::Error> for Error {
    fn from(cause: serde_json::Error) -> Self {
        Self(Kind::Encoding(cause))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Contract(cause) => cause.fmt(f),
            Kind::Unreadable {
                path,
                line,
                expected,
                found,
            } => {
                write!(f, "{path}:{line}: expected {expected}, found {found}")
            }
            Kind::Disk { path, doing, cause } => write!(f, "{path}: cannot {doing} it: {cause}"),
            Kind::Command { command, said } => {
                write!(
                    f,
                    "`{command}`: expected it to succeed, found\n{}",
                    said.trim_end()
                )
            }
            Kind::Encoding(cause) => write!(f, "cannot write the contract as JSON: {cause}"),
        }
    }
}

impl std::error::Error for Error {}
