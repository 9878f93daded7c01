//! The conformance run of every SDK here, through the command that runs it for
//! any SDK, and what came of all of them side by side.

mod matrix;
mod report;
mod sdk;
mod table;

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use clap::Args;

use hero_span_contract::parse_python;
use report::Report;
use sdk::Sdk;

use crate::spec::SDK_PATH;

const NOT_CONFORMANT: u8 = 1;
const USAGE: u8 = 2;
/// The run could not be made.
const NOT_EVALUATED: u8 = 3;
/// Something that is written down is not true any more; the last of the exit codes that are
/// verdicts.
const STALE: u8 = 4;

/// Which SDKs, and what is passed on.
#[derive(Args)]
pub(crate) struct ConformanceArgs {
    /// Only this one: python, rust, typescript or go; may be given again. Stands first
    #[arg(long, value_name = "LANGUAGE")]
    sdk: Vec<String>,
    /// Write the table of sdk/README.md, which a whole run holds against what it found
    #[arg(long)]
    write: bool,
    /// As for `hero-span conformance run`; try --help. Paths are from the root
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs what is asked for; the exit code is the worst of all.
pub(crate) fn run(root: &Path, args: &ConformanceArgs) -> ExitCode {
    if names(&args.arguments, &["--adapter", "--profile", "--help", "-h"]) {
        return ExitCode::from(of_any_sdk(root, &args.arguments));
    }
    match sdk::chosen(root, &args.sdk).and_then(|sdks| all(root, &sdks, args)) {
        Ok(code) => ExitCode::from(code),
        Err(why) => {
            eprintln!("cargo xtask conformance: {why}");
            ExitCode::from(USAGE)
        }
    }
}

/// One SDK after the other, then the matrix.
fn all(root: &Path, sdks: &[Sdk], args: &ConformanceArgs) -> Result<u8, String> {
    if sdks.len() > 1 && names(&args.arguments, &["--report"]) {
        return Err("--report: expected one SDK, found several: add --sdk LANGUAGE first".into());
    }
    let mut codes = Vec::new();
    let mut reports = Vec::new();
    let mut missing = Vec::new();
    for sdk in sdks {
        if let Some(tool) = sdk.missing_tool() {
            missing.push(format!("{}: {tool} is not on the PATH", sdk.name));
            continue;
        }
        println!("\n=== {}", sdk.name);
        let file = sdk.report(root)?;
        codes.push(of_sdk(root, sdk, &file, &args.arguments));
        reports.extend(Report::read(&file)?);
    }
    if reports.len() > 1 {
        print!("\n{}", matrix::text(&clauses(root)?, &reports));
    }
    codes.push(tell_missing(&missing));
    let is_whole = args.arguments.is_empty() && args.sdk.is_empty() && missing.is_empty();
    if worst(&codes) == 0 && (is_whole || args.write) {
        codes.push(table::hold(root, &reports, args.write)?);
    }
    Ok(worst(&codes))
}

/// Every clause, in the contract's order.
fn clauses(root: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(root.join(SDK_PATH)).map_err(|e| format!("{SDK_PATH}: {e}"))?;
    let contract = parse_python(SDK_PATH, &text)
        .map_err(|error| error.to_string())?
        .contract;
    Ok(contract.clauses().map(|clause| clause.id.clone()).collect())
}

/// A laptop need not have every language; a machine that vouches for all of them must.
fn tell_missing(missing: &[String]) -> u8 {
    if missing.is_empty() {
        return 0;
    }
    println!("\nnot run: {}", missing.len());
    missing.iter().for_each(|what| println!("  {what}"));
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    match is_set("CI") || is_set("HERO_REQUIRE_ALL") {
        true => NOT_EVALUATED,
        false => 0,
    }
}

/// What weighs most: a departure, then what is unknown, then what is stale.
fn worst(codes: &[u8]) -> u8 {
    let order = [USAGE, NOT_CONFORMANT, NOT_EVALUATED, STALE];
    let found = order.into_iter().find(|code| codes.contains(code));
    found.unwrap_or(0)
}

fn of_sdk(root: &Path, sdk: &Sdk, report: &Path, arguments: &[String]) -> u8 {
    let called_as = format!("cargo xtask conformance --sdk {}", sdk.name);
    let mut all = vec!["--called-as".to_owned(), called_as, "--profile".into()];
    all.push(sdk.profile.display().to_string());
    if !names(arguments, &["--report"]) {
        all.extend(["--report".into(), format!("json={}", report.display())]);
    }
    all.extend_from_slice(arguments);
    of_any_sdk(root, &all)
}

/// Passes the arguments on, and the exit code back.
fn of_any_sdk(root: &Path, arguments: &[String]) -> u8 {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["run", "--quiet", "--package", "hero_span_cli", "--"])
        .args(["conformance", "run"])
        .args(arguments)
        .current_dir(root)
        // Set for this program's own build; a build inside would differ by it and start anew.
        .env_remove("CARGO_MANIFEST_DIR");
    match command.status() {
        Ok(status) => code(status.code()),
        Err(error) => {
            eprintln!("cannot run cargo: {error}");
            NOT_EVALUATED
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
    known.filter(|code| *code <= STALE).unwrap_or(NOT_EVALUATED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adapter_of_the_callers_own_is_not_joined_by_ours() {
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

    #[test]
    fn a_departure_weighs_more_than_what_is_unknown_or_stale() {
        assert_eq!(worst(&[0, 4, 3, 1]), 1);
        assert_eq!(worst(&[0, 4, 3]), 3);
        assert_eq!(worst(&[0, 4]), 4);
        assert_eq!(worst(&[0, 0]), 0);
    }
}
