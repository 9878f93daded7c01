//! The crate's one error: what could not be done, why, and what to do.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// How much of a text from outside a message shows, in characters.
const SHOWN: usize = 64;

/// Why the SDK could not be staged, or a run not be prepared or supervised.
///
/// Its `Display` names the place, what was expected, what was found and what
/// to do; [`std::error::Error::source`] gives the system's error, if any.
#[derive(Debug)]
pub struct Error(Kind);

#[derive(Debug)]
enum Kind {
    RunName {
        found: String,
    },
    Relative {
        path: PathBuf,
    },
    Directory {
        path: PathBuf,
        found: String,
    },
    System {
        path: PathBuf,
        doing: &'static str,
        source: io::Error,
    },
    Unsettled {
        path: PathBuf,
    },
    Variable {
        name: OsString,
        found: &'static str,
    },
    Reserved {
        name: OsString,
    },
    NotInherited {
        name: OsString,
    },
    NoSupervisor {
        program: PathBuf,
        source: io::Error,
    },
    SilentSupervisor {
        program: PathBuf,
        found: &'static str,
    },
    WithinItself {
        program: PathBuf,
    },
    Channel {
        source: io::Error,
    },
    Record {
        name: String,
        source: Box<hero_span_collector::Error>,
    },
    Socket(Box<hero_span_collector::Error>),
}

impl Error {
    pub(crate) fn run_name(found: &str) -> Self {
        let found = found.to_owned();
        Self(Kind::RunName { found })
    }

    pub(crate) fn relative(path: &Path) -> Self {
        let path = path.to_owned();
        Self(Kind::Relative { path })
    }

    pub(crate) fn directory(path: &Path, found: String) -> Self {
        let path = path.to_owned();
        Self(Kind::Directory { path, found })
    }

    pub(crate) fn system(path: &Path, doing: &'static str, source: impl Into<io::Error>) -> Self {
        let (path, source) = (path.to_owned(), source.into());
        Self(Kind::System {
            path,
            doing,
            source,
        })
    }

    pub(crate) fn unsettled(path: &Path) -> Self {
        let path = path.to_owned();
        Self(Kind::Unsettled { path })
    }

    pub(crate) fn variable(name: &OsStr, found: &'static str) -> Self {
        let name = name.to_owned();
        Self(Kind::Variable { name, found })
    }

    pub(crate) fn reserved(name: &OsStr) -> Self {
        let name = name.to_owned();
        Self(Kind::Reserved { name })
    }

    pub(crate) fn not_inherited(name: &OsStr) -> Self {
        let name = name.to_owned();
        Self(Kind::NotInherited { name })
    }

    pub(crate) fn no_supervisor(program: &Path, source: io::Error) -> Self {
        let program = program.to_owned();
        Self(Kind::NoSupervisor { program, source })
    }

    pub(crate) fn silent_supervisor(program: &Path, found: &'static str) -> Self {
        let program = program.to_owned();
        Self(Kind::SilentSupervisor { program, found })
    }

    pub(crate) fn within_itself(program: &Path) -> Self {
        let program = program.to_owned();
        Self(Kind::WithinItself { program })
    }

    pub(crate) fn record(name: &str, source: hero_span_collector::Error) -> Self {
        let (name, source) = (name.to_owned(), source.into());
        Self(Kind::Record { name, source })
    }

    pub(crate) fn channel(source: io::Error) -> Self {
        Self(Kind::Channel { source })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::RunName { found } => write!(
                f,
                "the run's name: expected 1 to 64 letters, digits, \"_\" or \"-\", found {}: choose another",
                Cut(found)
            ),
            Kind::Variable { name, found } => write!(
                f,
                "the variable {name:?}: expected NAME=VALUE without a NUL, found {found}: leave it out"
            ),
            Kind::Reserved { name } => write!(
                f,
                "the variable {name:?}: expected one that a flow may be given, found one that only the executor sets: leave it out"
            ),
            Kind::NotInherited { name } => write!(
                f,
                "the variable {name:?}: expected one that a flow may inherit, found one that changes what programs load: give its value if the flow needs it"
            ),
            _ => self.fmt_place(f),
        }
    }
}

impl Error {
    /// Those that name a path.
    fn fmt_place(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Relative { path } => write!(
                f,
                "{path:?}: expected an absolute path, found a relative one: give the whole path"
            ),
            Kind::Directory { path, found } => write!(
                f,
                "{path:?}: expected a directory that nobody else can change, found {found}: move it away, or choose another base"
            ),
            Kind::System {
                path,
                doing,
                source,
            } => write!(
                f,
                "{path:?}: cannot {doing}: {source}: see that the directory can be written to, or choose another base"
            ),
            Kind::Unsettled { path } => write!(
                f,
                "{path:?}: expected the SDK that was just put there, found something else: stop the other program that writes there, or choose another base"
            ),
            _ => self.fmt_supervisor(f),
        }
    }

    fn fmt_supervisor(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::NoSupervisor { program, source } => {
                write!(
                    f,
                    "{program:?}: cannot start it as a supervisor: {source}: name a program that calls supervisor_main"
                )
            }
            Kind::SilentSupervisor { program, found } => write!(
                f,
                "{program:?}: expected it to serve as a supervisor, found {found}: call supervisor_main first thing in its main"
            ),
            Kind::WithinItself { program } => write!(
                f,
                "{program:?}: expected a program that starts runs, found one that was started as a supervisor: call supervisor_main first thing in its main"
            ),
            Kind::Channel { source } => {
                write!(
                    f,
                    "the run: cannot make a channel to its supervisor: {source}: close files, or raise the limit of open ones"
                )
            }
            Kind::Record { name, source } => {
                write!(f, "the run {name}: cannot be written down: {source}")
            }
            Kind::Socket(source) => write!(f, "{source}"),
            _ => Ok(()),
        }
    }
}

impl From<hero_span_collector::Error> for Error {
    fn from(source: hero_span_collector::Error) -> Self {
        Self(Kind::Socket(source.into()))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Kind::System { source, .. }
            | Kind::NoSupervisor { source, .. }
            | Kind::Channel { source } => Some(source),
            Kind::Record { source, .. } | Kind::Socket(source) => Some(&**source),
            _ => None,
        }
    }
}

/// A text from outside, quoted and escaped, of bounded length.
struct Cut<'a>(&'a str);

impl fmt::Display for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(SHOWN) {
            None => write!(f, "{:?}", self.0),
            Some((end, _)) => {
                let head = self.0[..end].escape_debug();
                write!(f, "\"{head}…\" ({} bytes)", self.0.len())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn each_says_what_to_do() {
        let path = Path::new("/base/var");
        let source = || io::Error::from_raw_os_error(24);
        insta::assert_snapshot!(Error::unsettled(path), @r#""/base/var": expected the SDK that was just put there, found something else: stop the other program that writes there, or choose another base"#);
        insta::assert_snapshot!(Error::within_itself(path), @r#""/base/var": expected a program that starts runs, found one that was started as a supervisor: call supervisor_main first thing in its main"#);
        insta::assert_snapshot!(Error::silent_supervisor(path, "one that says nothing"), @r#""/base/var": expected it to serve as a supervisor, found one that says nothing: call supervisor_main first thing in its main"#);
        insta::assert_snapshot!(Error::no_supervisor(path, source()), @r#""/base/var": cannot start it as a supervisor: Too many open files (os error 24): name a program that calls supervisor_main"#);
        insta::assert_snapshot!(Error::channel(source()), @r#"the run: cannot make a channel to its supervisor: Too many open files (os error 24): close files, or raise the limit of open ones"#);
    }

    #[test]
    fn the_systems_reason_is_its_source() {
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(Error::channel(denied).source().is_some());
        assert!(Error::run_name("").source().is_none());
    }

    #[test]
    fn what_comes_from_outside_is_escaped() {
        let error = Error::relative(Path::new("a\u{1b}[2J\n"));
        insta::assert_snapshot!(error, @r#""a\u{1b}[2J\n": expected an absolute path, found a relative one: give the whole path"#);
    }
}
