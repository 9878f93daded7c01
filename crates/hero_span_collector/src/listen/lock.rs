//! One collector a path: a lock file beside the socket.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::Error;

/// How often others may take the lock away while we reach for it.
const ATTEMPTS: usize = 100;

/// A held lock; dropping it removes the file and frees the lock.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock of `socket`, or says that another collector has it.
    pub(crate) fn take(socket: &Path) -> Result<Self, Error> {
        let path = lock_path(socket);
        for _ in 0..ATTEMPTS {
            let file = open(&path).map_err(|e| Error::system(&path, "open the lock file", e))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(Error::locked(socket, &path)),
                Err(TryLockError::Error(e)) => {
                    return Err(Error::system(&path, "lock the lock file", e));
                }
            }
            // The holder before us may have removed the file between our open
            // and our lock; a lock on a removed file keeps nobody out.
            if is_still_at(&file, &path) {
                return Ok(Self { path, _file: file });
            }
        }
        Err(Error::locked(socket, &path))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The file is closed after this, so nobody can lock it in between.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The file that is locked for a socket, or for a store.
pub(crate) fn lock_path(socket: &Path) -> PathBuf {
    let mut path = socket.as_os_str().to_owned();
    path.push(".lock");
    PathBuf::from(path)
}

fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("expected a plain file"))
    }
}

fn is_still_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(held), Ok(found)) => held.dev() == found.dev() && held.ino() == found.ino(),
        _ => false,
    }
}
