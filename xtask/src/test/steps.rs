//! The steps, each one command that must succeed.

use std::path::Path;
use std::process::Command;

use super::{Part, Step};
use crate::tools::PythonTools;

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

/// The benchmarks in short, to see that they work; no time gates here, but a count of
/// instructions does.
const BENCHMARKS: [(&str, &str); 2] = [
    ("benchmarks in short", "xtask bench --short"),
    ("instructions of hot paths", "xtask bench --instructions"),
];

/// What is asked of the Rust SDK beside the tests of the whole workspace.
const RUST_SDK: [(&str, &str); 3] = [
    (
        "Rust SDK lints, with all features",
        "clippy --quiet --package hero_tracing --all-features --all-targets -- -D warnings",
    ),
    (
        "Rust SDK tests, with all features",
        "test --package hero_tracing --all-features",
    ),
    (
        "Rust SDK package",
        "package --quiet --package hero_tracing --allow-dirty",
    ),
];

const TYPESCRIPT: [(&str, &str); 3] = [
    ("TypeScript lints", "npm run --silent lint"),
    ("TypeScript types and tests", "npm test"),
    ("TypeScript package", "npm pack --dry-run"),
];

const GO: [(&str, &str); 6] = [
    ("Go formatting", "gofmt -d ."),
    ("Go vet", "go vet ./..."),
    ("Go vet for macOS", "env GOOS=darwin go vet ./..."),
    (
        "Go staticcheck",
        "go run honnef.co/go/tools/cmd/staticcheck@v0.8.0 ./...",
    ),
    ("Go tests, with the race detector", "go test -race ./..."),
    ("Go module", "go list -m"),
];

/// All of them, in the order in which they run.
pub(super) fn all(root: &Path, tools: &PythonTools) -> Vec<Step> {
    let parts = [
        lints(root, tools),
        rust(root, tools),
        python(root),
        typescript(root),
        go(root),
    ];
    parts.into_iter().flatten().collect()
}

fn lints(root: &Path, tools: &PythonTools) -> Vec<Step> {
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
    steps
}

fn rust(root: &Path, tools: &PythonTools) -> Vec<Step> {
    let mut tests = cargo(root, "test --workspace --no-fail-fast");
    tests.env("PATH", tools.path_first());
    let mut proof = cargo(root, SELF_TEST);
    proof.env("PATH", tools.path_first());
    let mut steps = vec![
        Step::new(Part::Rust, "Rust tests", tests),
        Step::new(Part::Rust, "the suite's self-test", proof),
    ];
    for (name, arguments) in RUST_SDK {
        steps.push(Step::new(Part::Rust, name, cargo(root, arguments)));
    }
    steps.push(sabotage(root, Part::Rust, "rust"));
    let replay = cargo(root, REPLAY);
    steps.push(Step::new(Part::Rust, "recorded captures", replay));
    for (name, arguments) in DRILLS.into_iter().chain(BENCHMARKS) {
        steps.push(Step::new(Part::Rust, name, cargo(root, arguments)));
    }
    steps
}

fn python(root: &Path) -> Vec<Step> {
    let tests = |python: String| {
        let name = format!("Python tests ({python})");
        Step::new(Part::Python, &name, unit_tests(root, &python))
    };
    pythons().into_iter().map(tests).collect()
}

fn typescript(root: &Path) -> Vec<Step> {
    let step = |(name, words): (&str, &str)| {
        Step::new(
            Part::Typescript,
            name,
            command(root, "sdk/typescript", words),
        )
    };
    let mut steps: Vec<Step> = TYPESCRIPT.into_iter().map(step).collect();
    steps.push(sabotage(root, Part::Typescript, "typescript"));
    steps
}

fn go(root: &Path) -> Vec<Step> {
    let step =
        |(name, words): (&str, &str)| Step::new(Part::Go, name, command(root, "sdk/go", words));
    let mut steps: Vec<Step> = GO.into_iter().map(step).collect();
    steps.push(sabotage(root, Part::Go, "go"));
    steps
}

/// Shows that an SDK in that language cannot depart from the contract unseen.
fn sabotage(root: &Path, part: Part, language: &str) -> Step {
    let reference = format!("conformance/self-test/{language}.toml");
    let arguments = format!("{SELF_TEST} --reference {reference}");
    let name = format!("sabotaged copies ({language})");
    Step::new(part, &name, cargo(root, &arguments))
}

fn command(root: &Path, directory: &str, words: &str) -> Command {
    let mut words = words.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).current_dir(root.join(directory));
    command
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
