//! What a change of the contract breaks: versions, files, and revisions of git.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use clap::Args;
use tempfile::TempDir;

use super::error::Error;
use super::frozen::Released;
use super::tree::Tree;
use super::{SDK_PATH, SPEC_DIR};

/// The findings that are meant.
pub(super) const APPROVED: &str = "spec/approved.toml";
/// The comparison could not be made.
const NOT_EVALUATED: u8 = 3;
/// The last of the exit codes that are verdicts.
const LAST: u8 = 4;

/// Say what changed in the contract, and whom it breaks: `hero-span spec diff` on this repository
#[derive(Args)]
pub(crate) struct DiffArgs {
    /// A version, a file, a directory, or a revision of git [default: the last released version]
    old: Option<String>,
    /// The same [default: the docstring as it stands]
    new: Option<String>,
    /// As for `hero-span spec diff`, after --
    #[arg(last = true)]
    options: Vec<String>,
}

/// Passes the exit code of the comparison on.
pub(super) fn run(root: &Path, args: &DiffArgs) -> ExitCode {
    match compare(root, args) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(NOT_EVALUATED)
        }
    }
}

/// Whether the docstring breaks nothing of the last released version that was not meant.
pub(super) fn is_fine(root: &Path) -> Result<bool, Error> {
    let args = DiffArgs {
        old: None,
        new: None,
        options: Vec::new(),
    };
    Ok(compare(root, &args)? == 0)
}

fn compare(root: &Path, args: &DiffArgs) -> Result<u8, Error> {
    let scratch = tempfile::tempdir().map_err(|cause| Error::disk("make", "a directory", cause))?;
    let old = match &args.old {
        Some(asked) => resolve(root, asked, &scratch)?,
        None => {
            let released = Released::read(&Tree::read(root)?)?;
            let newest = released.newest().unwrap_or("v1");
            format!("{SPEC_DIR}/{newest}")
        }
    };
    let new = match &args.new {
        Some(asked) => resolve(root, asked, &scratch)?,
        None => SDK_PATH.to_owned(),
    };
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["run", "--quiet", "--package", "hero_span_cli", "--"])
        .args(["spec", "diff", &old, &new])
        .args(&args.options)
        .current_dir(root)
        // Set for this program's own build; a build inside would differ by it and start anew.
        .env_remove("CARGO_MANIFEST_DIR");
    // What is approved is so for the change that is to be released, not for any other.
    if args.old.is_none() && args.new.is_none() && root.join(APPROVED).exists() {
        command.args(["--approved", APPROVED]);
    }
    let status = command
        .status()
        .map_err(|cause| Error::disk("run", "cargo", cause))?;
    let known = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(known.filter(|code| *code <= LAST).unwrap_or(NOT_EVALUATED))
}

/// What the command takes, else the docstring of a revision of git, in a file of its own.
fn resolve(root: &Path, asked: &str, scratch: &TempDir) -> Result<String, Error> {
    let version = format!("{SPEC_DIR}/{asked}");
    if root.join(&version).is_dir() {
        return Ok(version);
    }
    if root.join(asked).exists() {
        return Ok(asked.to_owned());
    }
    let object = format!("{asked}:{SDK_PATH}");
    let shown = Command::new("git")
        .args(["show", &object])
        .current_dir(root)
        .output();
    let shown = shown.map_err(|cause| Error::disk("run", "git", cause))?;
    if !shown.status.success() {
        let said = String::from_utf8_lossy(&shown.stderr).into_owned();
        return Err(Error::command(format!("git show {object}"), said));
    }
    let name: String = asked
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect();
    let path = scratch.path().join(format!("{name}.py"));
    fs::write(&path, &shown.stdout)
        .map_err(|cause| Error::disk("write", &path.to_string_lossy(), cause))?;
    Ok(path.to_string_lossy().into_owned())
}
