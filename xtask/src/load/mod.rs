//! Drills of the collector under load: real processes, a real socket, a real
//! store, which is then read by a program that shares no code with ours.

pub(crate) mod crash;
pub(crate) mod lines;
mod observed;
pub(crate) mod scale;
mod service;
pub(crate) mod soak;
pub(crate) mod start;

use std::path::{Path, PathBuf};
use std::process::Command;

/// What went wrong, in a line.
pub(crate) type Failure = String;

/// Builds the collector and gives its path.
pub(crate) fn build(root: &Path, release: bool) -> Result<PathBuf, Failure> {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["build", "--quiet", "--package", "hero_span_cli"])
        .current_dir(root)
        // Set for this program's own build; a build inside would differ by it and start anew.
        .env_remove("CARGO_MANIFEST_DIR");
    if release {
        command.arg("--release");
    }
    let built = command
        .status()
        .map_err(|e| format!("cannot run cargo: {e}"))?;
    if !built.success() {
        return Err("the collector does not build".to_owned());
    }
    let profile = if release { "release" } else { "debug" };
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| root.join("target"));
    Ok(target.join(profile).join("hero-span"))
}

/// The verdict, said and as an exit code.
fn verdict(result: Result<(), Failure>) -> std::process::ExitCode {
    match result {
        Ok(()) => {
            println!("passed");
            std::process::ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("FAILED: {failure}");
            std::process::ExitCode::FAILURE
        }
    }
}

/// Holds, or fails with what was found.
fn hold(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
