//! The SDK that the executor carries, put where flows import it.
//!
//! Any number of processes stage at once, and each may be killed at any point.
//! So the file is never written in place: each process writes a file of its own
//! beside it and renames that. Whoever imports finds no SDK or a whole one.

mod directory;
mod temporary;

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, openat};

use crate::Error;
use directory::Directory;
use temporary::Temporary;

/// The SDK of this version.
const SDK: &str = include_str!("../../../../sdk/python/hero_tracing.py");

/// What flows import it as.
const NAME: &str = "hero_tracing.py";

/// How often the file is put in place, if another program changes it.
const ATTEMPTS: u32 = 3;

/// Where the SDK is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// The directory that holds nothing else: what `PYTHONPATH` names.
    pub directory: PathBuf,
    /// Whether the file had to be written.
    pub written: bool,
}

/// Puts the SDK at `base/var/flows/sdk/hero_tracing.py`, unless just that is
/// there, and clears what processes that died while staging left.
///
/// Directories that are missing are made, for their owner alone (0700). Whatever
/// else stands at the file's name is replaced: a symbolic link itself, not what
/// it points to.
///
/// # Errors
///
/// `base` is relative; a directory on the way is missing and cannot be made, is
/// somebody else's, or can be changed by others (the last one also by the group),
/// or the last one is a symbolic link; the file cannot be written, or is changed
/// by another program as soon as it is.
pub fn stage(base: &Path) -> Result<Staged, Error> {
    let directory = Directory::open(base)?;
    temporary::clear(&directory);
    let mut written = false;
    for _ in 0..ATTEMPTS {
        if holds_sdk(&directory) {
            let directory = directory.path;
            return Ok(Staged { directory, written });
        }
        Temporary::create(&directory)?.become_sdk()?;
        written = true;
    }
    match holds_sdk(&directory) {
        true => Ok(Staged {
            directory: directory.path,
            written,
        }),
        false => Err(Error::unsettled(&directory.path.join(NAME))),
    }
}

/// Whether the file is there, whole, ours, and closed to others' changes.
fn holds_sdk(directory: &Directory) -> bool {
    // Not blocking: a FIFO in its place would make us wait for a writer.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(file) = openat(&directory.fd, NAME, flags, Mode::empty()) else {
        return false;
    };
    let file = File::from(file);
    let Ok(found) = file.metadata() else {
        return false;
    };
    found.is_file()
        && found.uid() == rustix::process::geteuid().as_raw()
        && found.mode() & directory::OTHERS_WRITE == 0
        && found.len() == SDK.len() as u64
        && has_bytes(file)
}

/// The bytes themselves are at hand, so no digest stands for them.
fn has_bytes(file: File) -> bool {
    let mut bytes = Vec::with_capacity(SDK.len());
    let most = SDK.len() as u64 + 1;
    file.take(most).read_to_end(&mut bytes).is_ok() && bytes == SDK.as_bytes()
}
