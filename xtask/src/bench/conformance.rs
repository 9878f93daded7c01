//! What a generated case takes, by the clock.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::process;
use super::row::{Found, Group, Sample};
use super::{Bench, of_group};

const ADAPTER: &str = "sdk/python/conformance_adapter.py";
/// How the adapter says that it runs many cases in one process.
const REUSE: (&str, &str) = ("[*FEATURES, \"reuse\"]", "[*FEATURES]");

pub(super) fn measure(bench: &Bench) -> Vec<Found> {
    of_group(Group::Conformance)
        .map(|row| Found {
            row,
            outcome: (0..bench.processes)
                .map(|_| Ok(vec![sample(bench, row.id == "case-fresh")?]))
                .collect(),
        })
        .collect()
}

/// Cases of trees and of values, which no time is part of, one after the other.
fn sample(bench: &Bench, is_fresh: bool) -> Result<Sample, String> {
    let hero_span = bench.hero_span()?;
    let python = interpreter()?;
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let adapter = match is_fresh {
        true => fresh_adapter(&bench.root, directory.path())?,
        false => bench.root.join(ADAPTER).display().to_string(),
    };
    let (few, many) = match is_fresh {
        true => (bench.cases / 10, bench.cases / 2),
        false => (bench.cases, bench.cases * 5),
    };
    let run = |cases: u32| {
        let mut command = Command::new(&hero_span);
        command
            .current_dir(directory.path())
            .env("PYTHONPATH", bench.root.join("sdk/python"))
            .args(["conformance", "run", "--jobs", "1"])
            .args(["--family", "truncation", "--family", "ordering"])
            .args(["--cases", &cases.to_string()])
            .args(["--adapter", &format!("{} {adapter}", python.display())]);
        process::run(&mut command, &[0]).map(|took| took.clock)
    };
    let more = run(many)?.saturating_sub(run(few)?);
    Ok(Sample {
        ours: more.as_nanos() as f64 / f64::from(many - few),
        theirs: start_of(&python)?.as_nanos() as f64,
    })
}

/// The adapter without the feature: a process for each case.
fn fresh_adapter(root: &Path, directory: &Path) -> Result<String, String> {
    let text = fs::read_to_string(root.join(ADAPTER)).map_err(|error| error.to_string())?;
    let (with, without) = REUSE;
    if !text.contains(with) {
        return Err(format!("{ADAPTER}: expected {with}, found none"));
    }
    let file = directory.join("adapter.py");
    fs::write(&file, text.replace(with, without)).map_err(|error| error.to_string())?;
    Ok(file.display().to_string())
}

/// The interpreter itself: `python3` may be a script of a version manager, which starts it.
fn interpreter() -> Result<PathBuf, String> {
    let mut command = Command::new("python3");
    let output = command
        .args(["-c", "import sys; print(sys.executable)"])
        .output();
    let output = output.map_err(|error| format!("cannot run python3: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().into())
}

/// The interpreter's own start and end, a mean of some.
fn start_of(python: &Path) -> Result<Duration, String> {
    const STARTS: u32 = 20;
    let starts = (0..STARTS).map(|_| {
        let took = process::run(Command::new(python).args(["-c", "pass"]), &[0])?;
        Ok(took.clock)
    });
    let total: Duration = starts.sum::<Result<_, String>>()?;
    Ok(total / STARTS)
}
