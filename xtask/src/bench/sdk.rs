//! What a span costs in each language's SDK, beside what one would use instead.

use std::path::Path;
use std::process::Command;

use super::program::{self, Rounds, command, succeed};
use super::row::{Found, Group, Row, Sample};
use super::{Bench, of_group};
use crate::tools;

/// The SDKs that have a program of their own, beside two bare writes: how it is built, and run.
const PROGRAMS: [(&str, Option<&str>, &str); 3] = [
    (
        "rust",
        Some("cargo build --quiet --release --package hero_tracing --example ratio"),
        "target/release/examples/ratio",
    ),
    (
        "go",
        Some("go -C sdk/go build -o ../../target/sdk/go/ratio ./ratio"),
        "target/sdk/go/ratio",
    ),
    (
        "typescript",
        Some("npm run --silent --prefix sdk/typescript build"),
        "node sdk/typescript/dist/bench/ratio.js",
    ),
];

pub(super) fn measure(bench: &Bench) -> Vec<Found> {
    let rows = || of_group(Group::Sdk);
    let is_own = |row: &&'static Row| PROGRAMS.iter().any(|(sdk, ..)| *sdk == row.id);
    let python = super::python_environment(&bench.root);
    let mut found: Vec<Found> = rows()
        .filter(|row| !is_own(row))
        .map(|row| Found {
            row,
            outcome: python
                .clone()
                .and_then(|bin| in_processes(bench, || python_program(bench, &bin, row))),
        })
        .collect();
    found.extend(rows().filter(is_own).map(|row| Found {
        row,
        outcome: own_program(bench, row),
    }));
    found
}

/// A program of the peers', or the Python SDK's own.
fn python_program(bench: &Bench, bin: &Path, row: &Row) -> Command {
    let mut command = Command::new(bin.join("python3"));
    command
        .current_dir(&bench.root)
        .env("PYTHONPATH", "sdk/python");
    match row.id {
        "python" => command.arg("sdk/python/ratio.py"),
        peer => command.args(["xtask/bench/python/peers.py", "--peer", peer]),
    };
    command
}

fn own_program(bench: &Bench, row: &Row) -> Result<Vec<Vec<Sample>>, String> {
    let program = PROGRAMS.iter().find(|(sdk, ..)| *sdk == row.id);
    let (_, build, run) = program.ok_or("it has no program")?;
    if row.id == "typescript" {
        tools::install_typescript(&bench.root).map_err(|error| error.to_string())?;
    }
    if let Some(build) = build {
        succeed(&mut command(&bench.root, build))?;
    }
    in_processes(bench, || command(&bench.root, run))
}

/// Measures in several processes: what differs between two of them is no matter of rounds.
fn in_processes(bench: &Bench, program: impl Fn() -> Command) -> Result<Vec<Vec<Sample>>, String> {
    (0..bench.processes)
        .map(|_| {
            let mut program = program();
            program
                .args(["--spans", &bench.spans.to_string()])
                .args(["--rounds", &bench.rounds.to_string()]);
            let rounds = program::run(&mut program)?;
            let first = rounds.into_iter().next();
            first.map_or(Err("no round".to_owned()), |(_, rounds): (_, Rounds)| {
                rounds
            })
        })
        .collect()
}
