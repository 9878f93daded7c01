//! Every check that a change must pass, one after another, with a table at the end.

mod steps;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::tools::{Error, PythonTools, install_node_packages, install_typescript};
use clap::ValueEnum;

/// A part of the checks that can be run alone.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Formatting, lints, types and generated files
    Lint,
    /// The tests of the crates and of xtask
    Rust,
    /// The tests of the Python SDK, under every Python that is found
    Python,
    /// Lints, types, tests and package of the TypeScript SDK
    Typescript,
    /// Lints, tests and module of the Go SDK
    Go,
}

/// One command that must succeed.
struct Step {
    part: Part,
    name: String,
    command: Command,
}

/// Runs the steps of a part, or all of them; 0 if every one succeeded, else 1.
pub(crate) fn run(root: &Path, only: Option<Part>) -> ExitCode {
    let tools = match install(root) {
        Ok(tools) => tools,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let outcomes: Vec<Outcome> = steps::all(root, &tools)
        .into_iter()
        .filter(|step| only.is_none_or(|part| step.part == part))
        .map(perform)
        .collect();
    report(&outcomes);
    match outcomes.iter().all(|outcome| outcome.passed) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn install(root: &Path) -> Result<PythonTools, Error> {
    install_node_packages(root)?;
    install_typescript(root)?;
    PythonTools::install(root)
}

struct Outcome {
    name: String,
    passed: bool,
    took: Duration,
}

fn perform(mut step: Step) -> Outcome {
    eprintln!("\n=== {}", step.name);
    let started = Instant::now();
    let passed = match step.command.status() {
        Ok(status) => status.success(),
        Err(error) => {
            let program = PathBuf::from(step.command.get_program());
            eprintln!(
                "cannot run {}: {error}; install it and try again",
                program.display()
            );
            false
        }
    };
    Outcome {
        name: step.name,
        passed,
        took: started.elapsed(),
    }
}

fn report(outcomes: &[Outcome]) {
    println!();
    for outcome in outcomes {
        let verdict = if outcome.passed { "passed" } else { "FAILED" };
        println!(
            "{verdict}  {:>6.1} s  {}",
            outcome.took.as_secs_f64(),
            outcome.name
        );
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.passed).count();
    println!("{} passed, {failed} failed", outcomes.len() - failed);
}
