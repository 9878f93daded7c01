//! The crate's one error: what could not be done, why, and what to do.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use hero_span_protocol::printable;

/// Why a collector could not listen, or a store could not be used.
///
/// Its `Display` names the place, what was expected, what was found and what
/// to do; [`std::error::Error::source`] gives the system's error, if any.
#[derive(Debug)]
pub struct Error {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Relative,
    TooLong {
        max: usize,
    },
    NoDirectory {
        source: io::Error,
    },
    ForeignDirectory {
        found: &'static str,
    },
    NotASocket {
        found: &'static str,
    },
    InUse,
    Locked {
        lock: PathBuf,
    },
    Inherited {
        found: String,
    },
    System {
        doing: &'static str,
        source: io::Error,
    },
    NoStore,
    ForeignStore {
        found: String,
    },
    NewerStore {
        found: i32,
        known: i32,
    },
    OlderStore {
        found: i32,
        known: i32,
    },
    DamagedStore {
        source: rusqlite::Error,
    },
    Store {
        doing: &'static str,
        source: rusqlite::Error,
    },
    FullStore {
        max: u64,
    },
    NoRun {
        asked: String,
    },
    ManyRuns {
        asked: String,
        found: Vec<u64>,
    },
    NameTaken {
        name: String,
    },
    NotLoopback,
    Port {
        source: io::Error,
    },
    BadWords {
        asked: String,
        source: rusqlite::Error,
    },
}

impl Error {
    pub(crate) fn relative(path: &Path) -> Self {
        Self::new(path, Kind::Relative)
    }

    pub(crate) fn too_long(path: &Path, max: usize) -> Self {
        Self::new(path, Kind::TooLong { max })
    }

    pub(crate) fn no_directory(directory: &Path, source: io::Error) -> Self {
        Self::new(directory, Kind::NoDirectory { source })
    }

    pub(crate) fn foreign_directory(directory: &Path, found: &'static str) -> Self {
        Self::new(directory, Kind::ForeignDirectory { found })
    }

    pub(crate) fn not_a_socket(path: &Path, found: &'static str) -> Self {
        Self::new(path, Kind::NotASocket { found })
    }

    pub(crate) fn in_use(path: &Path) -> Self {
        Self::new(path, Kind::InUse)
    }

    pub(crate) fn locked(path: &Path, lock: &Path) -> Self {
        let lock = lock.to_path_buf();
        Self::new(path, Kind::Locked { lock })
    }

    pub(crate) fn inherited(found: &str) -> Self {
        let found = found.to_owned();
        Self::new(Path::new("LISTEN_FDS"), Kind::Inherited { found })
    }

    pub(crate) fn system(path: &Path, doing: &'static str, source: io::Error) -> Self {
        Self::new(path, Kind::System { doing, source })
    }

    pub(crate) fn no_store(path: &Path) -> Self {
        Self::new(path, Kind::NoStore)
    }

    pub(crate) fn foreign_store(path: &Path, found: String) -> Self {
        Self::new(path, Kind::ForeignStore { found })
    }

    pub(crate) fn newer_store(path: &Path, found: i32, known: i32) -> Self {
        Self::new(path, Kind::NewerStore { found, known })
    }

    pub(crate) fn older_store(path: &Path, found: i32, known: i32) -> Self {
        Self::new(path, Kind::OlderStore { found, known })
    }

    pub(crate) fn store(path: &Path, doing: &'static str, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match source.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Self::new(path, Kind::DamagedStore { source }),
            _ => Self::new(path, Kind::Store { doing, source }),
        }
    }

    pub(crate) fn full_store(path: &Path, max: u64) -> Self {
        Self::new(path, Kind::FullStore { max })
    }

    pub(crate) fn no_run(path: &Path, asked: &str) -> Self {
        let asked = asked.to_owned();
        Self::new(path, Kind::NoRun { asked })
    }

    pub(crate) fn many_runs(path: &Path, asked: &str, found: Vec<u64>) -> Self {
        let asked = asked.to_owned();
        Self::new(path, Kind::ManyRuns { asked, found })
    }

    pub(crate) fn name_taken(path: &Path, name: &str) -> Self {
        let name = name.to_owned();
        Self::new(path, Kind::NameTaken { name })
    }

    pub(crate) fn bad_words(path: &Path, asked: &str, source: rusqlite::Error) -> Self {
        let asked = asked.to_owned();
        Self::new(path, Kind::BadWords { asked, source })
    }

    pub(crate) fn not_loopback(address: SocketAddr) -> Self {
        Self::new(Path::new(&address.to_string()), Kind::NotLoopback)
    }

    pub(crate) fn port(address: SocketAddr, source: io::Error) -> Self {
        Self::new(Path::new(&address.to_string()), Kind::Port { source })
    }

    /// Whether the file is as it should be and only cannot be used just now:
    /// the disk is full, or may only be read, or another program has the file.
    pub fn may_pass(&self) -> bool {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, OutOfMemory, ReadOnly,
            SystemIoFailure,
        };
        match &self.kind {
            Kind::Store { source, .. } => matches!(
                source.sqlite_error_code(),
                Some(
                    CannotOpen
                        | DatabaseBusy
                        | DatabaseLocked
                        | DiskFull
                        | OutOfMemory
                        | ReadOnly
                        | SystemIoFailure
                )
            ),
            kind => matches!(
                kind,
                Kind::System { .. } | Kind::Locked { .. } | Kind::FullStore { .. }
            ),
        }
    }

    /// Whether another collector has what was asked for.
    pub fn is_locked(&self) -> bool {
        matches!(self.kind, Kind::Locked { .. })
    }

    fn new(path: &Path, kind: Kind) -> Self {
        Self {
            path: path.to_path_buf(),
            kind,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.kind {
            Kind::Relative => write!(
                f,
                "{path}: expected an absolute path, found a relative one: give the socket's whole path"
            ),
            Kind::TooLong { max } => write!(
                f,
                "{path}: expected a socket path of at most {max} bytes, found {}: choose a shorter one",
                self.path.as_os_str().len()
            ),
            Kind::NoDirectory { source } => write!(
                f,
                "{path}: expected a directory for the socket, found none ({source}): make it, or choose another path"
            ),
            Kind::ForeignDirectory { found } => write!(
                f,
                "{path}: expected a directory that nobody else can change, found one {found}: choose a private directory"
            ),
            Kind::NotASocket { found } => write!(
                f,
                "{path}: expected a free name or a collector's old socket, found {found}: move it, or choose another path"
            ),
            Kind::InUse => write!(
                f,
                "{path}: expected a free name, found a program that listens there: stop it, or choose another path"
            ),
            Kind::Locked { lock } => write!(
                f,
                "{path}: expected to be its only collector, found one that holds {}: stop it, or choose another path",
                lock.display()
            ),
            Kind::Inherited { found } => write!(
                f,
                "{path}: expected one Unix stream socket that listens, found {found}: give the socket unit one ListenStream=PATH and no Accept=yes"
            ),
            Kind::System { doing, source } => write!(f, "{path}: cannot {doing}: {source}"),
            Kind::NoStore => write!(
                f,
                "{path}: expected a store, found none: run hero-span collect once, or say where it is with --store PATH"
            ),
            Kind::ForeignStore { found } => write!(
                f,
                "{path}: expected a store of hero-span, found {found}: choose another path; nothing was changed"
            ),
            Kind::NewerStore { found, known } => write!(
                f,
                "{path}: expected a store of version {known} or older, found version {found}: use a newer hero-span, or choose another path; nothing was changed"
            ),
            Kind::OlderStore { found, known } => write!(
                f,
                "{path}: expected a store of version {known}, found version {found}: run hero-span collect once, which brings it up to date"
            ),
            Kind::DamagedStore { source } => write!(
                f,
                "{path}: expected a store, found a damaged file ({source}): move it away, or try sqlite3's .recover on a copy; nothing was changed"
            ),
            Kind::Store { doing, source } => write!(f, "{path}: cannot {doing}: {source}"),
            Kind::FullStore { max } => write!(
                f,
                "{path}: expected at most {max} bytes, found more, in runs that are not over: allow it more with --store-limit"
            ),
            Kind::NoRun { asked } => write!(
                f,
                "{path}: expected a run, found none that is called \"{}\": hero-span runs lists them",
                printable(asked)
            ),
            Kind::ManyRuns { asked, found } => {
                let found: Vec<_> = found.iter().map(ToString::to_string).collect();
                write!(
                    f,
                    "{path}: expected one run, found {} that \"{}\" may mean: runs {}: say more of its id",
                    found.len(),
                    printable(asked),
                    found.join(", ")
                )
            }
            Kind::NameTaken { name } => write!(
                f,
                "{path}: expected a name that no execution has, found \"{}\", which one has: choose another",
                printable(name)
            ),
            Kind::NotLoopback => write!(
                f,
                "{path}: expected an address of this machine alone, found one that others reach: use 127.0.0.1"
            ),
            Kind::Port { source } => {
                write!(
                    f,
                    "{path}: cannot show figures there: {source}: choose another port"
                )
            }
            Kind::BadWords { asked, source } => write!(
                f,
                "expected words to look for, found \"{}\" ({source}): put a phrase in double quotes, as in '\"disk full\"'",
                printable(asked)
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            Kind::NoDirectory { source } | Kind::System { source, .. } | Kind::Port { source } => {
                Some(source)
            }
            Kind::DamagedStore { source }
            | Kind::Store { source, .. }
            | Kind::BadWords { source, .. } => Some(source),
            _ => None,
        }
    }
}
