//! Records what the Python SDK sends: done once for each version that is
//! released, so that later parsers are held to it.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Args;

/// What is recorded, and how.
#[derive(Args)]
pub(crate) struct CorpusArgs {
    /// The Python that runs the SDK; its library must not lie in anybody's home
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: String,
    /// Record a version anew that is there already: only one that is not released
    #[arg(long)]
    force: bool,
}

/// Tracebacks hold the paths of the SDK and the adapter, so all machines record
/// from the same place.
const PLACE: &str = "/tmp/hero_span";
const FILES: [&str; 3] = [
    "hero_tracing.py",
    "conformance_adapter.py",
    "conformance_script.py",
];
const CORPUS: &str = "conformance/corpus/v1";

/// Records; 0 when the captures are in the tree, else 1.
pub(crate) fn run(root: &Path, args: &CorpusArgs) -> ExitCode {
    match record(root, args) {
        Ok(folder) => {
            println!("{} is to be committed", folder.display());
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// The folder that was made.
fn record(root: &Path, args: &CorpusArgs) -> Result<PathBuf, String> {
    let place = Place::make(Path::new(PLACE))?;
    for file in FILES {
        let from = root.join("sdk/python").join(file);
        fs::copy(&from, place.0.join(file)).map_err(|error| told(&from, &error))?;
    }
    let recorded = place.0.join("recorded");
    drive(root, args, &place.0, &recorded)?;
    let version = only_entry(&recorded)?;
    let home = std::env::var("HOME").unwrap_or_default();
    refuse_paths(&version, &[&root.to_string_lossy(), &home])?;
    keep(&version, &root.join(CORPUS), args.force)
}

/// The command that records any SDK.
fn drive(root: &Path, args: &CorpusArgs, place: &Path, out: &Path) -> Result<(), String> {
    let adapter = format!("{} {}/conformance_adapter.py", args.python, place.display());
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "hero_span_cli", "--"])
        .args(["conformance", "record", "--adapter", &adapter])
        .args(["--known-failures", "conformance/known-failures/python.toml"])
        .arg("--out")
        .arg(out)
        .current_dir(root)
        // Set for this program's own build; a build inside would differ by it and start anew.
        .env_remove("CARGO_MANIFEST_DIR")
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("nothing was recorded".into()),
        Err(error) => Err(format!("cannot run cargo: {error}")),
    }
}

/// A directory of a fixed name that is gone at the end. It must be new: what
/// others put there would be recorded.
struct Place(PathBuf);

impl Place {
    fn make(path: &Path) -> Result<Self, String> {
        let made = DirBuilder::new().mode(0o700).create(path);
        match made {
            Ok(()) => Ok(Self(path.into())),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(format!(
                "{} is there already: remove it, unless another run is recording",
                path.display()
            )),
            Err(error) => Err(told(path, &error)),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{}", told(&self.0, &error));
        }
    }
}

fn only_entry(directory: &Path) -> Result<PathBuf, String> {
    let mut paths = entries(directory)?;
    match (paths.pop(), paths.is_empty()) {
        (Some(path), true) => Ok(path),
        _ => Err(format!("{}: expected one version", directory.display())),
    }
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error: io::Error| told(directory, &error);
    let entries = fs::read_dir(directory).map_err(failed)?;
    entries
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
        .collect()
}

/// What is committed tells nobody's home, nor where the repository lay.
fn refuse_paths(folder: &Path, paths: &[&str]) -> Result<(), String> {
    for file in entries(folder)? {
        let text = fs::read_to_string(&file).map_err(|error| told(&file, &error))?;
        for path in paths.iter().filter(|path| path.len() > 1) {
            if let Some(line) = text.lines().position(|line| has_path(line, path)) {
                return Err(format!(
                    "{}, line {}: expected no path of this machine, found {path}; if it is the \
                     library of Python, name another with --python, such as /usr/bin/python3",
                    file.display(),
                    line + 1
                ));
            }
        }
    }
    Ok(())
}

/// Whether a path begins there: `env.parent/root` is none of `/root`.
fn has_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(char::is_alphanumeric)
    })
}

/// Copies the version into the corpus.
fn keep(version: &Path, corpus: &Path, force: bool) -> Result<PathBuf, String> {
    let name = version.file_name().unwrap_or_default();
    let folder = corpus.join(name);
    if folder.exists() {
        if !force {
            return Err(format!(
                "{} is there already, and what a released version sent is frozen; if this version \
                 is not released, add --force",
                folder.display()
            ));
        }
        fs::remove_dir_all(&folder).map_err(|error| told(&folder, &error))?;
    }
    fs::create_dir_all(&folder).map_err(|error| told(&folder, &error))?;
    for file in entries(version)? {
        let to = folder.join(file.file_name().unwrap_or_default());
        fs::copy(&file, &to).map_err(|error| told(&to, &error))?;
    }
    Ok(folder)
}

fn told(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(directory: &Path, text: &str) -> PathBuf {
        let version = directory.join("python-1.2.3");
        fs::create_dir(&version).unwrap();
        fs::write(version.join("a.json"), text).unwrap();
        version
    }

    #[test]
    fn a_path_of_the_machine_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let text = "[\n\"File \\\"/home/somebody/lib.py\\\"\"\n]\n";
        let version = version(directory.path(), text);
        let refused = |paths: &[&str]| refuse_paths(&version, paths);
        assert_eq!(refused(&["/home/else", "/lib.py", "/", ""]), Ok(()));
        let why = refused(&["/src", "/home/somebody"]).unwrap_err();
        let expected = "a.json, line 2: expected no path of this machine, found /home/somebody;";
        assert!(why.contains(expected), "{why}");
    }

    #[test]
    fn a_version_that_is_there_is_kept_unless_forced() {
        let directory = tempfile::tempdir().unwrap();
        let corpus = directory.path().join("corpus");
        let version = version(directory.path(), "[1]");
        let folder = keep(&version, &corpus, false).unwrap();
        fs::write(folder.join("a.json"), "[2]").unwrap();
        let text = || fs::read_to_string(folder.join("a.json")).unwrap();
        assert!(
            keep(&version, &corpus, false)
                .unwrap_err()
                .contains("frozen")
        );
        assert_eq!(text(), "[2]");
        keep(&version, &corpus, true).unwrap();
        assert_eq!(text(), "[1]");
    }

    #[test]
    fn a_place_is_new_and_gone_afterwards() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("place");
        let place = Place::make(&path).unwrap();
        assert!(Place::make(&path).is_err_and(|why| why.contains("is there already")));
        drop(place);
        assert!(!path.exists());
    }
}
