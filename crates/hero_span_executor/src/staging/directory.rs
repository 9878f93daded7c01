//! The directory of the SDK: made private, or refused.

use std::fs::{DirBuilder, File, Metadata, metadata, symlink_metadata};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open};

use crate::Error;

/// The directories under the base, from the outermost.
const WAY: [&str; 3] = ["var", "flows", "sdk"];

/// The group or everybody else may write.
pub(super) const OTHERS_WRITE: u32 = 0o022;
const EVERYBODY_WRITES: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// The directory that was looked at. All that happens in it goes by `fd`: its
/// name may mean another one by then.
pub(super) struct Directory {
    pub(super) path: PathBuf,
    pub(super) fd: OwnedFd,
}

impl Directory {
    pub(super) fn open(base: &Path) -> Result<Self, Error> {
        if !base.is_absolute() {
            return Err(Error::relative(base));
        }
        make(base, DirBuilder::new().recursive(true))?;
        check_way(base)?;
        let mut path = base.to_owned();
        for name in WAY {
            path.push(name);
            make(&path, &mut DirBuilder::new())?;
            if name != "sdk" {
                check_way(&path)?;
            }
        }
        let fd = open_checked(&path)?;
        Ok(Self { path, fd })
    }
}

/// Makes a directory for its owner alone, unless something is there.
fn make(path: &Path, builder: &mut DirBuilder) -> Result<(), Error> {
    match builder.mode(0o700).create(path) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
            Err(Error::system(path, "make the directory", e))
        }
        _ => Ok(()),
    }
}

/// Refuses a directory in which others can put something else in place of the
/// next one. The group may write: with a umask of 002 it does, and is the
/// user's own.
fn check_way(path: &Path) -> Result<(), Error> {
    let found = metadata(path).map_err(|e| Error::system(path, "look at the directory", e))?;
    let own = rustix::process::geteuid().as_raw();
    let open = found.mode() & EVERYBODY_WRITES != 0 && found.mode() & STICKY == 0;
    let fault = if !found.is_dir() {
        "a file that is no directory".to_owned()
    } else if found.uid() != own && found.uid() != 0 {
        format!("one of user {}, not of {own}", found.uid())
    } else if open {
        format!("one of mode {:04o}", found.mode() & 0o7777)
    } else {
        return Ok(());
    };
    Err(Error::directory(path, fault))
}

fn open_checked(path: &Path) -> Result<OwnedFd, Error> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = open(path, flags, Mode::empty());
    let found = match &opened {
        Ok(fd) => fd.try_clone().map(File::from).and_then(|f| f.metadata()),
        // What it is instead tells more than why it could not be opened.
        Err(_) => symlink_metadata(path),
    };
    let found = found.map_err(|e| Error::system(path, "look at the directory", e))?;
    match fault(&found) {
        Some(found) => Err(Error::directory(path, found)),
        None => opened.map_err(|e| Error::system(path, "open the directory", e)),
    }
}

fn fault(found: &Metadata) -> Option<String> {
    let own = rustix::process::geteuid().as_raw();
    if found.is_symlink() {
        Some("a symbolic link".to_owned())
    } else if !found.is_dir() {
        Some("a file that is no directory".to_owned())
    } else if found.uid() != own {
        Some(format!("one of user {}, not of {own}", found.uid()))
    } else if found.mode() & OTHERS_WRITE != 0 {
        Some(format!("one of mode {:04o}", found.mode() & 0o7777))
    } else {
        None
    }
}
