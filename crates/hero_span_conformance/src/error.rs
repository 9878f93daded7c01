//! Why a run could not be made at all.

use std::fmt;
use std::io;
use std::path::Path;

use crate::fault::Fault;

/// A run that could not be made. It names the place, what was expected, what
/// was found and what to do.
#[derive(Debug)]
pub struct Error(Kind);

#[derive(Debug)]
enum Kind {
    Usage(String),
    Schema(String),
    File {
        what: &'static str,
        path: String,
        why: String,
    },
    Directory(io::Error),
    Adapter(Fault),
    Build {
        command: String,
        why: String,
    },
    Vectors(String),
    Corpus {
        path: String,
        why: String,
    },
}

impl Error {
    /// An argument that cannot be taken.
    pub(crate) const fn usage(why: String) -> Self {
        Self(Kind::Usage(why))
    }

    pub(crate) fn schema(why: &dyn fmt::Display) -> Self {
        Self(Kind::Schema(why.to_string()))
    }

    pub(crate) fn file(what: &'static str, path: &Path, why: impl fmt::Display) -> Self {
        Self(Kind::File {
            what,
            path: path.display().to_string(),
            why: why.to_string(),
        })
    }

    /// Whether an argument is at fault, or the file that it names.
    pub const fn is_usage(&self) -> bool {
        matches!(self.0, Kind::File { .. } | Kind::Usage(_))
    }

    pub(crate) const fn directory(error: io::Error) -> Self {
        Self(Kind::Directory(error))
    }

    pub(crate) const fn adapter(fault: Fault) -> Self {
        Self(Kind::Adapter(fault))
    }

    /// An adapter that cannot be built.
    pub(crate) fn build(command: &str, why: &dyn fmt::Display) -> Self {
        Self(Kind::Build {
            command: command.to_owned(),
            why: why.to_string(),
        })
    }

    pub(crate) const fn vectors(why: String) -> Self {
        Self(Kind::Vectors(why))
    }

    /// Recorded captures that cannot be read or written.
    pub(crate) fn corpus(path: &Path, why: impl fmt::Display) -> Self {
        Self(Kind::Corpus {
            path: path.display().to_string(),
            why: why.to_string(),
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Usage(why) => f.write_str(why),
            Kind::Schema(why) => write!(
                f,
                "the emit schema: expected a JSON Schema, found {why}; run `cargo xtask spec`"
            ),
            Kind::File { what, path, why } => write!(f, "{path}: expected {what}: {why}"),
            Kind::Build { command, why } => {
                write!(f, "the adapter cannot be built: `{command}`: {why}")
            }
            Kind::Directory(error) => {
                write!(
                    f,
                    "cannot make a directory for sockets: {error}; check TMPDIR"
                )
            }
            Kind::Adapter(fault) => write!(f, "the adapter does not work: {fault}"),
            Kind::Corpus { path, why } => write!(
                f,
                "{path}: expected captures as `hero-span conformance record` writes them, found {why}"
            ),
            Kind::Vectors(why) => write!(f, "conformance/vectors: {why}; build the program again"),
        }
    }
}

impl std::error::Error for Error {}
