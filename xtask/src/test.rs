//! Every check that a change must pass, one after another, with a table at the end.

mod tools;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use tools::{PythonTools, install_node_packages};

/// A part of the checks that can be run alone.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Formatting, lints, types and generated files
    Lint,
    /// The tests of the crates and of xtask
    Rust,
    /// The tests of the Python SDK, under every Python that is found
    Python,
}

/// One command that must succeed.
struct Step {
    part: Part,
    name: String,
    command: Command,
}

/// Breaks the SDK on purpose, and proves that each check of the suite finds its faults.
const SELF_TEST: &str = "run --quiet --package hero_span_cli -- conformance self-test";

/// Reads again what each released version of an SDK sent.
const REPLAY: &str = "run --quiet --package hero_span_cli -- conformance replay";

/// The drills of the collector, in short: what they prove in long is measured on
/// a quiet machine, and no time gates here.
const DRILLS: [(&str, &str); 4] = [
    ("soak in short", "xtask soak --dev --seconds 5 --rate 10000"),
    (
        "soak in short, with the SDK",
        "xtask soak --dev --seconds 5 --rate 4000 --producers 10 --python",
    ),
    (
        "crash in short",
        "xtask crash --dev --kills 5 --within 5000",
    ),
    (
        "scale in short",
        "xtask scale --dev --events 50000 --within 10000",
    ),
];

/// Runs the steps of a part, or all of them; 0 if every one succeeded, else 1.
pub(crate) fn run(root: &Path, only: Option<Part>) -> ExitCode {
    let installed = install_node_packages(root).and_then(|()| PythonTools::install(root));
    let tools = match installed {
        Ok(tools) => tools,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let outcomes: Vec<Outcome> = steps(root, &tools)
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

fn steps(root: &Path, tools: &PythonTools) -> Vec<Step> {
    let mut steps = vec![
        Step::new(
            Part::Lint,
            "generated files",
            cargo(root, "xtask spec --check"),
        ),
        Step::new(
            Part::Lint,
            "Rust formatting",
            cargo(root, "fmt --all --check"),
        ),
        Step::new(
            Part::Lint,
            "Rust lints",
            cargo(
                root,
                "clippy --quiet --workspace --all-targets -- -D warnings",
            ),
        ),
    ];
    for (name, arguments) in [
        ("Python formatting", "ruff format --check ."),
        ("Python lints", "ruff check ."),
        ("Python types (mypy)", "mypy"),
        ("Python types (pyright)", "pyright"),
    ] {
        steps.push(Step::new(Part::Lint, name, tools.command(arguments)));
    }
    steps.push(Step::new(
        Part::Lint,
        "the contract against the released one",
        cargo(root, "xtask spec diff"),
    ));
    let mut rust = cargo(root, "test --workspace --no-fail-fast");
    rust.env("PATH", tools.path_first());
    steps.push(Step::new(Part::Rust, "Rust tests", rust));
    let mut proof = cargo(root, SELF_TEST);
    proof.env("PATH", tools.path_first());
    steps.push(Step::new(Part::Rust, "the suite's self-test", proof));
    let replay = cargo(root, REPLAY);
    steps.push(Step::new(Part::Rust, "recorded captures", replay));
    for (name, arguments) in DRILLS {
        steps.push(Step::new(Part::Rust, name, cargo(root, arguments)));
    }
    for python in pythons() {
        let name = format!("Python tests ({python})");
        steps.push(Step::new(Part::Python, &name, unit_tests(root, &python)));
    }
    steps
}

/// The SDK's tests, as its README tells people to run them.
fn unit_tests(root: &Path, python: &str) -> Command {
    let mut command = Command::new(python);
    command
        .args(["-m", "unittest", "discover", "-s", "sdk/python/tests"])
        .current_dir(root);
    command
}

/// `python3`, and every other version that the SDK supports and this machine has.
fn pythons() -> Vec<String> {
    let default = version("python3");
    (9..=14)
        .map(|minor| format!("python3.{minor}"))
        .filter(|python| version(python).is_some_and(|found| Some(found) != default))
        .chain(std::iter::once("python3".to_owned()))
        .collect()
}

fn version(python: &str) -> Option<String> {
    let output = Command::new(python).arg("--version").output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn cargo(root: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(arguments.split_whitespace())
        .current_dir(root)
        // Set for this program's own build; a build inside would differ by it and start anew.
        .env_remove("CARGO_MANIFEST_DIR");
    command
}

impl Step {
    fn new(part: Part, name: &str, command: Command) -> Self {
        Self {
            part,
            name: name.to_owned(),
            command,
        }
    }
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
