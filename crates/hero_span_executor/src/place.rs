//! A run's own directory, for its sockets: private, and gone with the run.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::Error;

const PREFIX: &str = "hero-run-";
const LOCK: &str = "lock";

/// What an executor that was killed left is cleared once it is so old: one that
/// is just being made has no lock yet.
const OLD: Duration = Duration::from_secs(60);

/// A directory that only its owner can enter.
#[derive(Debug)]
pub(crate) struct Place {
    directory: TempDir,
    // Held for as long as the directory is used.
    _lock: File,
}

impl Place {
    /// Makes one there, or in the usual place, and clears those of executors
    /// that were killed.
    pub(crate) fn make(parent: Option<&Path>) -> Result<Self, Error> {
        match parent {
            Some(parent) => Self::make_in(parent),
            None => Self::make_in(&usual_parent()),
        }
    }

    fn make_in(parent: &Path) -> Result<Self, Error> {
        clear(parent);
        let fault = |e| Error::system(parent, "make a private directory", e);
        let directory = tempfile::Builder::new()
            .prefix(PREFIX)
            // Whatever the umask leaves open.
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(parent)
            .map_err(fault)?;
        let path = directory.path().join(LOCK);
        let lock = OpenOptions::new().write(true).create_new(true).open(path);
        let lock = lock.and_then(|lock| lock.lock().map(|()| lock));
        Ok(Self {
            _lock: lock.map_err(fault)?,
            directory,
        })
    }

    /// A name in it: short, as a socket's address must be.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// The user's runtime directory, or the one for temporary files.
fn usual_parent() -> PathBuf {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let usable = |path: &PathBuf| path.is_absolute() && is_own(path);
    runtime.filter(usable).unwrap_or_else(std::env::temp_dir)
}

fn is_own(path: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir() && found.uid() == own)
}

fn clear(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_ours && is_own(&entry.path()) && is_left(&entry.path()) {
            // Whoever clears it at the same time may be quicker.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_left(directory: &Path) -> bool {
    let changed = fs::metadata(directory).and_then(|found| found.modified());
    let is_old = changed.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > OLD));
    is_old && File::open(directory.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age(path: &Path) {
        let past = std::time::SystemTime::now() - 2 * OLD;
        let directory = File::open(path).expect("there");
        directory.set_modified(past).expect("set");
    }

    fn entries(parent: &Path) -> usize {
        fs::read_dir(parent).expect("there").count()
    }

    #[test]
    fn a_place_is_private_and_goes_with_its_run() {
        let parent = tempfile::tempdir().expect("a directory");
        let place = Place::make_in(parent.path()).expect("made");
        let mode = place.directory.path().metadata().expect("there");
        assert_eq!(mode.permissions().mode() & 0o777, 0o700);
        drop(place);
        assert_eq!(entries(parent.path()), 0);
    }

    #[test]
    fn what_a_killed_executor_left_is_cleared() {
        let parent = tempfile::tempdir().expect("a directory");
        let left = Place::make_in(parent.path()).expect("made");
        let used = Place::make_in(parent.path()).expect("made");
        age(used.directory.path());
        let path = left.directory.path().to_owned();
        // As the kernel does with a killed process's descriptors.
        let Place { directory, _lock } = left;
        std::mem::forget(directory);
        drop(_lock);
        let young = Place::make_in(parent.path()).expect("made");
        assert!(path.exists(), "it is not old yet");
        age(&path);
        drop(Place::make_in(parent.path()).expect("made"));
        assert!(!path.exists());
        drop((used, young));
        assert_eq!(entries(parent.path()), 0);
    }
}
