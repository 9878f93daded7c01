//! The crate's one error: what could not be done, why, and what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a collector could not start listening.
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
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            Kind::NoDirectory { source } | Kind::System { source, .. } => Some(source),
            _ => None,
        }
    }
}
