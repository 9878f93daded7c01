//! Tools from PyPI and npm, pinned, in places of their own.

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
pub(crate) struct PythonTools {
    bin: PathBuf,
    package: PathBuf,
}

impl PythonTools {
    pub(crate) fn install(root: &Path) -> Result<Self, Error> {
        Ok(Self {
            bin: environment(root, "target/python-tools", REQUIREMENTS)?,
            package: root.join("sdk/python"),
        })
    }

    /// A tool, run where the SDK's settings for it are.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut words = arguments.split_whitespace();
        let mut command = Command::new(self.bin.join(words.next().unwrap_or_default()));
        command
            .args(words)
            .current_dir(&self.package)
            .env("PATH", self.path_first());
        command
    }

    /// A PATH on which `python3` is the environment's.
    pub(crate) fn path_first(&self) -> OsString {
        let rest = env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(self.bin.clone()).chain(env::split_paths(&rest));
        env::join_paths(paths).unwrap_or(rest)
    }
}

/// Makes an environment for Python that has what a list says, or takes the one that was made for
/// the same list. Gives the directory of its commands.
pub(crate) fn environment(root: &Path, home: &str, list: &str) -> Result<PathBuf, Error> {
    let home = root.join(home);
    let bin = home.join("bin");
    let file = root.join(list);
    let wanted = fs::read_to_string(&file).map_err(|error| Error::unreadable(&file, &error))?;
    let stamp = home.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(bin);
    }
    eprintln!("installing {list} into {}", home.display());
    succeed(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&home),
    )?;
    succeed(
        Command::new(bin.join("python3"))
            .args(["-m", "pip", "install", "--quiet", "--no-input"])
            .args(["--disable-pip-version-check", "--requirement"])
            .arg(&file),
    )?;
    fs::write(&stamp, wanted).map_err(|error| Error::unreadable(&stamp, &error))?;
    Ok(bin)
}

/// What the tests of the conformance reports need from npm.
const NODE_PACKAGES: &str = "conformance/report-tools";
/// The TypeScript SDK, which itself needs nothing.
const TYPESCRIPT: &str = "sdk/typescript";

/// Puts the npm packages into target/report-tools, or takes those that were
/// put there for the same list.
pub(crate) fn install_node_packages(root: &Path) -> Result<(), Error> {
    let (from, home) = (root.join(NODE_PACKAGES), root.join("target/report-tools"));
    let list = from.join("package-lock.json");
    let wanted = fs::read_to_string(&list).map_err(|error| Error::unreadable(&list, &error))?;
    let stamp = home.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    eprintln!("installing {NODE_PACKAGES} into {}", home.display());
    fs::create_dir_all(&home).map_err(|error| Error::unreadable(&home, &error))?;
    for name in ["package.json", "package-lock.json", ".npmrc"] {
        let (file, copy) = (from.join(name), home.join(name));
        fs::copy(&file, copy).map_err(|error| Error::unreadable(&file, &error))?;
    }
    npm_ci(&home)?;
    fs::write(&stamp, wanted).map_err(|error| Error::unreadable(&stamp, &error))
}

/// Puts what builds and checks the TypeScript SDK beside it, unless it is there already.
pub(crate) fn install_typescript(root: &Path) -> Result<(), Error> {
    node_modules(root, TYPESCRIPT)
}

/// Puts what a package needs from npm beside it, unless it is there already.
pub(crate) fn node_modules(root: &Path, package: &str) -> Result<(), Error> {
    let home = root.join(package);
    let list = home.join("package-lock.json");
    let wanted = fs::read_to_string(&list).map_err(|error| Error::unreadable(&list, &error))?;
    let stamp = home.join("node_modules/.installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    eprintln!("installing what {package} needs");
    npm_ci(&home)?;
    fs::write(&stamp, wanted).map_err(|error| Error::unreadable(&stamp, &error))
}

fn npm_ci(directory: &Path) -> Result<(), Error> {
    succeed(
        Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .args(["--loglevel", "error"])
            .current_dir(directory),
    )
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
pub(crate) struct Error(String);

impl Error {
    fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self(format!("{}: {error}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "tools are missing: {}\n\
             They need python3 with its venv module, node and npm (on Debian: apt-get install \
             python3-venv nodejs npm), and access to PyPI and npm.",
            self.0
        )
    }
}
