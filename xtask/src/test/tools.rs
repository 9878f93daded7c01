//! The Python tools of the checks, pinned, in an environment of their own.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the checks need from PyPI; the SDK itself needs nothing.
const REQUIREMENTS: &str = "sdk/python/requirements-dev.txt";

/// An environment under target/ that holds the tools.
pub(super) struct PythonTools {
    bin: PathBuf,
    package: PathBuf,
}

impl PythonTools {
    /// Makes the environment, or takes the one that was made for the same list.
    pub(super) fn install(root: &Path) -> Result<Self, Error> {
        let home = root.join("target/python-tools");
        let tools = Self {
            bin: home.join("bin"),
            package: root.join("sdk/python"),
        };
        let list = root.join(REQUIREMENTS);
        let wanted = fs::read_to_string(&list).map_err(|error| Error::unreadable(&list, &error))?;
        let stamp = home.join("installed.txt");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(tools);
        }
        eprintln!("installing {REQUIREMENTS} into {}", home.display());
        succeed(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&home),
        )?;
        succeed(
            Command::new(tools.bin.join("python3"))
                .args(["-m", "pip", "install", "--quiet", "--no-input"])
                .args(["--disable-pip-version-check", "--requirement"])
                .arg(&list),
        )?;
        fs::write(&stamp, wanted).map_err(|error| Error::unreadable(&stamp, &error))?;
        Ok(tools)
    }

    /// A tool, run where the SDK's settings for it are.
    pub(super) fn command(&self, arguments: &str) -> Command {
        let mut words = arguments.split_whitespace();
        let mut command = Command::new(self.bin.join(words.next().unwrap_or_default()));
        command
            .args(words)
            .current_dir(&self.package)
            .env("PATH", self.path_first());
        command
    }

    /// A PATH on which `python3` is the environment's.
    pub(super) fn path_first(&self) -> OsString {
        let rest = env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(self.bin.clone()).chain(env::split_paths(&rest));
        env::join_paths(paths).unwrap_or(rest)
    }
}

fn succeed(command: &mut Command) -> Result<(), Error> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Error(format!("{command:?} failed ({status})"))),
        Err(error) => Err(Error(format!("cannot run {command:?}: {error}"))),
    }
}

/// Why the tools are not there.
#[derive(Debug)]
pub(super) struct Error(String);

impl Error {
    fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self(format!("{}: {error}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the Python tools of the checks are missing: {}\n\
             They need python3 with its venv module (on Debian: apt-get install python3-venv) \
             and access to PyPI.",
            self.0
        )
    }
}
