//! Why a command could not do its work.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use hero_span_protocol::printable;

/// How many of the things that there are a message names.
const SHOWN: usize = 10;

/// Names the place, what was expected, what was found and what to do.
#[derive(Debug)]
pub(crate) struct Error(Kind);

#[derive(Debug)]
enum Kind {
    Collector(hero_span_collector::Error),
    Compat(hero_span_compat::Error),
    Executor(hero_span_executor::Error),
    InVain(Box<Error>),
    NoHome,
    NoTerminal,
    BrokenReading,
    Relative {
        name: &'static str,
        path: PathBuf,
    },
    NotPrivate {
        path: PathBuf,
        found: String,
        remedy: &'static str,
    },
    TwoSockets {
        given: PathBuf,
        inherited: PathBuf,
    },
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
    NoSession {
        run: u64,
        asked: u64,
        known: String,
    },
    OutputIsStore {
        path: PathBuf,
    },
    Unwritable {
        path: PathBuf,
        source: io::Error,
    },
    Output(io::Error),
    System {
        doing: &'static str,
        source: io::Error,
    },
    Contract {
        path: PathBuf,
        source: io::Error,
        known: Vec<&'static str>,
    },
    Approvals {
        path: PathBuf,
        source: io::Error,
    },
    Flow(FlowError),
}

/// What is wrong with a flow, or with a run of one.
#[derive(Debug)]
enum FlowError {
    Input { place: String, found: String },
    File { path: PathBuf, source: io::Error },
    NoCollector { store: PathBuf },
    NoExecution { asked: String },
    NotRunning { told: String },
    NotOurs { name: String, pid: u32 },
    Unset { name: String, variable: String },
    LostInputs { name: String },
}

impl fmt::Display for FlowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input { place, found } => write!(
                f,
                "{}: expected the inputs as a JSON object, found: {found}",
                printable(place)
            ),
            Self::File { path, source } => write!(
                f,
                "{}: expected a flow's file, or a directory of them, found: {source}: give its path",
                path.display()
            ),
            Self::NoCollector { store } => write!(
                f,
                "{}: expected a collector that writes to it and was started just now, found none: see what hero-span collect says, or keep nothing with --store none",
                store.display()
            ),
            Self::NoExecution { asked } => write!(
                f,
                "expected a run that hero-span run made, found that \"{}\" is none: hero-span runs lists them",
                printable(asked)
            ),
            Self::NotRunning { told } => {
                write!(
                    f,
                    "expected a run that goes on, found one that is over: {told}"
                )
            }
            Self::NotOurs { name, pid } => write!(
                f,
                "{}: expected a run of hero-span run, found one of the program with process number {pid}: stop it there",
                printable(name)
            ),
            Self::Unset { name, variable } => write!(
                f,
                "{}: expected a value for the variable {}, which is not kept, found none: give it with --env {}=VALUE",
                printable(name),
                printable(variable),
                printable(variable)
            ),
            Self::LostInputs { name } => write!(
                f,
                "{}: expected the inputs that it was run with, found none that can be read: run its file with hero-span run",
                printable(name)
            ),
        }
    }
}

impl Error {
    /// What comes could neither be kept nor shown.
    pub(crate) fn in_vain(why: Self) -> Self {
        Self(Kind::InVain(Box::new(why)))
    }

    pub(crate) fn no_home() -> Self {
        Self(Kind::NoHome)
    }

    pub(crate) fn no_terminal() -> Self {
        Self(Kind::NoTerminal)
    }

    pub(crate) fn broken_reading() -> Self {
        Self(Kind::BrokenReading)
    }

    pub(crate) fn relative(name: &'static str, path: &Path) -> Self {
        let path = path.to_path_buf();
        Self(Kind::Relative { name, path })
    }

    pub(crate) fn not_private(path: &Path, found: String, remedy: &'static str) -> Self {
        Self(Kind::NotPrivate {
            path: path.to_path_buf(),
            found,
            remedy,
        })
    }

    pub(crate) fn two_sockets(given: &Path, inherited: &Path) -> Self {
        Self(Kind::TwoSockets {
            given: given.to_path_buf(),
            inherited: inherited.to_path_buf(),
        })
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

    pub(crate) fn no_session(run: u64, asked: u64, known: &[u64]) -> Self {
        let shown: Vec<_> = known.iter().take(SHOWN).map(u64::to_string).collect();
        let dots = if known.len() > SHOWN { ", ..." } else { "" };
        let known = shown.join(", ") + dots;
        Self(Kind::NoSession { run, asked, known })
    }

    pub(crate) fn output_is_store(path: &Path) -> Self {
        let path = path.to_path_buf();
        Self(Kind::OutputIsStore { path })
    }

    pub(crate) fn unwritable(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        Self(Kind::Unwritable { path, source })
    }

    pub(crate) fn output(source: io::Error) -> Self {
        Self(Kind::Output(source))
    }

    pub(crate) fn input(place: &str, found: String) -> Self {
        let place = place.to_owned();
        Self(Kind::Flow(FlowError::Input { place, found }))
    }

    pub(crate) fn flow_file(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        Self(Kind::Flow(FlowError::File { path, source }))
    }

    pub(crate) fn no_collector(store: &Path) -> Self {
        let store = store.to_path_buf();
        Self(Kind::Flow(FlowError::NoCollector { store }))
    }

    pub(crate) fn no_execution(asked: &str) -> Self {
        let asked = asked.to_owned();
        Self(Kind::Flow(FlowError::NoExecution { asked }))
    }

    pub(crate) fn not_running(told: &str) -> Self {
        let told = told.to_owned();
        Self(Kind::Flow(FlowError::NotRunning { told }))
    }

    pub(crate) fn not_ours(name: &str, pid: u32) -> Self {
        let name = name.to_owned();
        Self(Kind::Flow(FlowError::NotOurs { name, pid }))
    }

    pub(crate) fn unset(name: &str, variable: &str) -> Self {
        let (name, variable) = (name.to_owned(), variable.to_owned());
        Self(Kind::Flow(FlowError::Unset { name, variable }))
    }

    pub(crate) fn no_contract(path: &Path, source: io::Error, known: Vec<&'static str>) -> Self {
        Self(Kind::Contract {
            path: path.to_path_buf(),
            source,
            known,
        })
    }

    pub(crate) fn approvals(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        Self(Kind::Approvals { path, source })
    }

    pub(crate) fn lost_inputs(name: &str) -> Self {
        let name = name.to_owned();
        Self(Kind::Flow(FlowError::LostInputs { name }))
    }

    pub(crate) fn system(doing: &'static str, source: io::Error) -> Self {
        Self(Kind::System { doing, source })
    }

    /// It may be gone later, or elsewhere: see
    /// [`may_pass`](hero_span_collector::Error::may_pass).
    pub(crate) fn may_pass(&self) -> bool {
        matches!(&self.0, Kind::Collector(error) if error.may_pass())
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

impl From<hero_span_compat::Error> for Error {
    fn from(error: hero_span_compat::Error) -> Self {
        Self(Kind::Compat(error))
    }
}

impl From<hero_span_executor::Error> for Error {
    fn from(error: hero_span_executor::Error) -> Self {
        Self(Kind::Executor(error))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Collector(error) => error.fmt(f),
            Kind::Compat(error) => error.fmt(f),
            Kind::Executor(error) => error.fmt(f),
            Kind::Flow(error) => error.fmt(f),
            Kind::InVain(why) => write!(
                f,
                "{why}; with --view none, what comes would be neither kept nor shown: leave it out, or name a store with --store"
            ),
            Kind::NoHome => write!(
                f,
                "expected HERO_HOME or HOME to be set, found neither: set one, or say the path"
            ),
            Kind::NoTerminal => write!(
                f,
                "expected a terminal to draw on and to type at, found none: run it in one, or see hero-span runs and hero-span show"
            ),
            Kind::BrokenReading => write!(
                f,
                "expected to read the store on and on, found a fault in hero-span, which is told above: start it again, or see hero-span runs and hero-span show"
            ),
            Kind::Relative { name, path } => write!(
                f,
                "{}: expected {name} to name an absolute path, found a relative one: give the whole path",
                path.display()
            ),
            Kind::NotPrivate {
                path,
                found,
                remedy,
            } => write!(
                f,
                "{}: expected a directory that only you can enter (mode 0700), found {found}: {remedy}, or choose another place",
                path.display()
            ),
            Kind::TwoSockets { given, inherited } => write!(
                f,
                "{}: expected to listen there, found that {} was handed over: leave --listen out, or start it without the socket unit",
                given.display(),
                inherited.display()
            ),
            Kind::Directory { path, source } => write!(
                f,
                "{}: cannot make a private directory: {source}: choose another place",
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
            Kind::NoSession { run, asked, known } => write!(
                f,
                "run {run}: expected one of its connections, found {asked}: it has {known}"
            ),
            Kind::OutputIsStore { path } => write!(
                f,
                "{}: expected a file to write to, found the store itself: choose another place",
                path.display()
            ),
            Kind::Unwritable { path, source } => write!(
                f,
                "{}: expected a file to write to, found: {source}: choose another place",
                path.display()
            ),
            Kind::Contract {
                path,
                source,
                known,
            } => write!(
                f,
                "{}: expected a contract: a version ({}), a directory with a contract.json, or a file, found: {source}",
                printable(&path.to_string_lossy()),
                known.join(", ")
            ),
            Kind::Approvals { path, source } => write!(
                f,
                "{}: expected a list of approved findings, found: {source}",
                path.display()
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
            Kind::Compat(error) => Some(error),
            Kind::Executor(error) => Some(error),
            Kind::Flow(FlowError::File { source, .. }) => Some(source),
            Kind::InVain(why) => Some(why),
            Kind::Directory { source, .. }
            | Kind::Contract { source, .. }
            | Kind::Approvals { source, .. }
            | Kind::Unreadable { source, .. }
            | Kind::Program { source, .. }
            | Kind::System { source, .. }
            | Kind::Unwritable { source, .. }
            | Kind::Output(source) => Some(source),
            Kind::Flow(_)
            | Kind::NoHome
            | Kind::NoTerminal
            | Kind::BrokenReading
            | Kind::Relative { .. }
            | Kind::NotPrivate { .. }
            | Kind::TwoSockets { .. }
            | Kind::NoSession { .. }
            | Kind::OutputIsStore { .. }
            | Kind::UnknownClause { .. } => None,
        }
    }
}
