//! The files that become the SDK, and those whose writer died before that.
//!
//! A writer holds a lock on its file for as long as it lives: the kernel lets go
//! of it when the process dies, however it dies. No number of a process is
//! trusted: they are used again, and mean nothing in another container. Who
//! holds a file's lock while the file has its name may rename or remove it, and
//! nobody else may.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{
    AtFlags, Dir, FlockOperation, Mode, OFlags, flock, fstat, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;

use super::{Directory, NAME, SDK};
use crate::Error;

const PREFIX: &str = ".hero_tracing.py.";

/// Tells apart the files of one process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A file of this process, locked; removed when it is dropped.
pub(super) struct Temporary<'a> {
    directory: &'a Directory,
    name: String,
    file: File,
}

impl<'a> Temporary<'a> {
    pub(super) fn create(directory: &'a Directory) -> Result<Self, Error> {
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("{PREFIX}{}-{number}", std::process::id());
            match create(&directory.fd, &name) {
                Ok(Some(file)) => {
                    return Ok(Self {
                        directory,
                        name,
                        file,
                    });
                }
                Ok(None) => {}
                Err(e) => {
                    let doing = "make a file for the SDK";
                    return Err(Error::system(&directory.path, doing, e));
                }
            }
        }
    }

    /// Fills the file and renames it.
    pub(super) fn become_sdk(mut self) -> Result<(), Error> {
        let written = self.file.write_all(SDK.as_bytes());
        written.map_err(|e| Error::system(&self.path(), "write the SDK", e))?;
        let fd = &self.directory.fd;
        renameat(fd, &self.name, fd, NAME).map_err(|e| {
            let path = self.directory.path.join(NAME);
            Error::system(&path, "put the SDK in its place", e)
        })
    }

    fn path(&self) -> PathBuf {
        self.directory.path.join(&self.name)
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        // Once renamed, nothing has this name.
        let _ = unlinkat(&self.directory.fd, &self.name, AtFlags::empty());
    }
}

/// A new file, locked; none if the name was taken by a process of the same
/// number, or the file was held to be left over before it was locked.
fn create(directory: &OwnedFd, name: &str) -> Result<Option<File>, Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let file = match openat(directory, name, flags, Mode::RUSR | Mode::WUSR) {
        Err(Errno::EXIST) => return Ok(None),
        file => file?,
    };
    // Who clears holds it for an instant at most.
    flock(&file, FlockOperation::LockExclusive)?;
    Ok(names(directory, name, &file)?.then(|| File::from(file)))
}

/// Removes the files of dead writers. What cannot be removed harms nobody.
pub(super) fn clear(directory: &Directory) {
    let Ok(entries) = Dir::read_from(&directory.fd) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.to_bytes().starts_with(PREFIX.as_bytes()) {
            let name = std::ffi::OsStr::from_bytes(name.to_bytes());
            let _ = clear_one(&directory.fd, name);
        }
    }
}

fn clear_one(directory: &OwnedFd, name: &std::ffi::OsStr) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(directory, name, flags, Mode::empty())?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    if names(directory, name, &file)? {
        unlinkat(directory, name, AtFlags::empty())?;
    }
    Ok(())
}

/// Whether `name` is the name of this very file.
fn names(
    directory: &OwnedFd,
    name: impl rustix::path::Arg,
    file: impl AsFd,
) -> Result<bool, Errno> {
    let own = fstat(file)?;
    match statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => Ok((found.st_dev, found.st_ino) == (own.st_dev, own.st_ino)),
        Err(Errno::NOENT) => Ok(false),
        Err(e) => Err(e),
    }
}
