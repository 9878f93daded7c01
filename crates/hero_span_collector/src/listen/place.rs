//! Is this path a place where a collector may put its socket?

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use crate::Error;

/// What fits into `sun_path` beside its final NUL.
pub(super) const PATH_BYTES: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

const OTHERS_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// What stands at the socket's path before binding.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    Socket,
}

/// Refuses a path that no SDK could use (`env.socket`).
pub(super) fn check_path(path: &Path) -> Result<(), Error> {
    if !path.is_absolute() {
        return Err(Error::relative(path));
    }
    if path.as_os_str().len() > PATH_BYTES {
        return Err(Error::too_long(path, PATH_BYTES));
    }
    Ok(())
}

/// Refuses a directory in which somebody else could replace the socket.
pub(super) fn check_directory(socket: &Path) -> Result<(), Error> {
    let directory = socket.parent().unwrap_or(Path::new("/"));
    let missing = |e| Error::no_directory(directory, e);
    let link = std::fs::symlink_metadata(directory).map_err(missing)?;
    let real = std::fs::metadata(directory).map_err(missing)?;
    if !real.is_dir() {
        return Err(missing(io::ErrorKind::NotADirectory.into()));
    }
    match fault(&link)
        .or_else(|| fault(&real))
        .or_else(|| open_to_others(&real))
    {
        Some(found) => Err(Error::foreign_directory(directory, found)),
        None => Ok(()),
    }
}

fn fault(metadata: &Metadata) -> Option<&'static str> {
    let own = rustix::process::geteuid().as_raw();
    (metadata.uid() != own && metadata.uid() != 0).then_some("that belongs to somebody else")
}

fn open_to_others(metadata: &Metadata) -> Option<&'static str> {
    let shared = metadata.mode() & OTHERS_WRITE != 0 && metadata.mode() & STICKY == 0;
    shared.then_some("that everybody can write to")
}

/// What stands at `path`; anything but nothing or a socket is refused, also a
/// symbolic link to a socket.
pub(super) fn look(path: &Path) -> Result<Found, Error> {
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(e) => return Err(Error::system(path, "look at the socket", e)),
    };
    let kind = metadata.file_type();
    if kind.is_socket() {
        Ok(Found::Socket)
    } else if kind.is_symlink() {
        Err(Error::not_a_socket(path, "a symbolic link"))
    } else if kind.is_dir() {
        Err(Error::not_a_socket(path, "a directory"))
    } else {
        Err(Error::not_a_socket(path, "a file that is no socket"))
    }
}
