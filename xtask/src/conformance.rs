//! The conformance run of the Python SDK, through the command that runs it for
//! any SDK.

use std::path::Path;
use std::process::{Command, ExitCode};

/// The SDK's file, unless the arguments name another or an adapter.
const PROFILE: &str = "conformance/adapters/python.toml";
/// The run could not be made.
const NOT_EVALUATED: u8 = 3;
/// The last of the exit codes that are verdicts.
const LAST: u8 = 4;

/// Passes the arguments on, and the exit code back.
pub(crate) fn run(root: &Path, arguments: &[String]) -> ExitCode {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["run", "--quiet", "--package", "hero_span_cli", "--"])
        .args([
            "conformance",
            "run",
            "--called-as",
            "cargo xtask conformance",
        ])
        .current_dir(root)
        // Set for this program's own build; a build inside would differ by it and start anew.
        .env_remove("CARGO_MANIFEST_DIR");
    if !names(arguments, &["--adapter", "--profile"]) {
        command.args(["--profile", PROFILE]);
    }
    match command.args(arguments).status() {
        Ok(status) => ExitCode::from(code(status.code())),
        Err(error) => {
            eprintln!("cannot run cargo: {error}");
            ExitCode::from(NOT_EVALUATED)
        }
    }
}

fn names(arguments: &[String], options: &[&str]) -> bool {
    let is_named = |argument: &String| {
        let option = argument.split('=').next().unwrap_or_default();
        options.contains(&option)
    };
    arguments.iter().any(is_named)
}

/// Cargo's own failures, such as a build that breaks, have no verdict either.
fn code(code: Option<i32>) -> u8 {
    let known = code.and_then(|code| u8::try_from(code).ok());
    known.filter(|code| *code <= LAST).unwrap_or(NOT_EVALUATED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adapter_of_the_callers_own_is_not_joined_by_the_usual_file() {
        let named = |arguments: &[&str]| {
            let arguments: Vec<String> = arguments.iter().map(|text| (*text).into()).collect();
            names(&arguments, &["--adapter", "--profile"])
        };
        assert!(named(&["--cases", "3", "--adapter", "x"]));
        assert!(named(&["--profile=x"]));
        assert!(!named(&["--cases", "3"]));
    }

    #[test]
    fn only_a_verdict_passes_for_one() {
        let verdicts = [Some(0), Some(1), Some(2), Some(3), Some(4)];
        assert_eq!(verdicts.map(code), [0, 1, 2, 3, 4]);
        assert_eq!([None, Some(101), Some(-1)].map(code), [3, 3, 3]);
    }
}
