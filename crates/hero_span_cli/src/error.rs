//! Why a command could not do its work.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use hero_span_protocol::printable;

/// Names the place, what was expected, what was found and what to do.
#[derive(Debug)]
pub(crate) struct Error(Kind);

#[derive(Debug)]
enum Kind {
    Collector(hero_span_collector::Error),
    NoDefaultPath,
    Directory {
        path: PathBuf,
        source: io::Error,
    },
    Unreadable {
        path: PathBuf,
        source: io::Error,
    },
    UnknownClause {
        id: String,
        near: Vec<&'static str>,
    },
    Program {
        name: String,
        source: io::Error,
    },
    Output(io::Error),
    System {
        doing: &'static str,
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn no_default_path() -> Self {
        Self(Kind::NoDefaultPath)
    }

    pub(crate) fn directory(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        Self(Kind::Directory { path, source })
    }

    pub(crate) fn unreadable(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        Self(Kind::Unreadable { path, source })
    }

    pub(crate) fn unknown_clause(id: &str, near: Vec<&'static str>) -> Self {
        let id = id.to_owned();
        Self(Kind::UnknownClause { id, near })
    }

    pub(crate) fn program(name: &str, source: io::Error) -> Self {
        let name = name.to_owned();
        Self(Kind::Program { name, source })
    }

    pub(crate) fn output(source: io::Error) -> Self {
        Self(Kind::Output(source))
    }

    pub(crate) fn system(doing: &'static str, source: io::Error) -> Self {
        Self(Kind::System { doing, source })
    }

    /// Whoever read our output has seen enough of it: no fault of anybody's.
    pub(crate) fn is_closed_output(&self) -> bool {
        matches!(&self.0, Kind::Output(e) if e.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl From<hero_span_collector::Error> for Error {
    fn from(error: hero_span_collector::Error) -> Self {
        Self(Kind::Collector(error))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Collector(error) => error.fmt(f),
            Kind::NoDefaultPath => write!(
                f,
                "expected XDG_RUNTIME_DIR or HOME to be set, found neither: say where to listen with --listen PATH"
            ),
            Kind::Directory { path, source } => write!(
                f,
                "{}: cannot make a private directory for the socket: {source}: choose another place with --listen PATH",
                path.display()
            ),
            Kind::Unreadable { path, source } => write!(
                f,
                "{}: expected a capture to read, found: {source}: give a file, or - for standard input",
                path.display()
            ),
            Kind::UnknownClause { id, near } => {
                write!(
                    f,
                    "expected a clause of the contract, found \"{}\": ",
                    printable(id)
                )?;
                if near.is_empty() {
                    write!(f, "hero-span explain lists them all")
                } else {
                    write!(f, "perhaps {}", near.join(" or "))
                }
            }
            Kind::Program { name, source } => write!(
                f,
                "{}: expected a program to run, found: {source}: give its name or its path",
                printable(name)
            ),
            Kind::Output(source) => write!(f, "cannot write the output: {source}"),
            Kind::System { doing, source } => write!(f, "cannot {doing}: {source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Kind::Collector(error) => Some(error),
            Kind::Directory { source, .. }
            | Kind::Unreadable { source, .. }
            | Kind::Program { source, .. }
            | Kind::System { source, .. }
            | Kind::Output(source) => Some(source),
            Kind::NoDefaultPath | Kind::UnknownClause { .. } => None,
        }
    }
}
