//! A capture that is checked, beside validators of JSON Schema: whole processes.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{self, Took};
use super::row::{Found, Group, Sample};
use super::{Bench, of_group};
use crate::load::lines::Lines;
use crate::tools;

/// Of how many lines the slow peers get the first, a line costs them the same.
const A_TENTH: u64 = 10;
const A_FIFTIETH: u64 = 50;

pub(super) fn measure(bench: &Bench) -> Vec<Found> {
    let prepared = Prepared::new(bench);
    of_group(Group::Check)
        .map(|row| Found {
            row,
            outcome: prepared
                .as_ref()
                .map_err(String::clone)
                .and_then(|prepared| {
                    (0..bench.processes)
                        .map(|_| Ok(vec![prepared.sample(row.id)?]))
                        .collect()
                }),
        })
        .collect()
}

/// What the rows have in common.
struct Prepared {
    root: PathBuf,
    hero_span: PathBuf,
    directory: tempfile::TempDir,
    lines: u64,
}

impl Prepared {
    fn new(bench: &Bench) -> Result<Self, String> {
        let prepared = Self {
            root: bench.root.clone(),
            hero_span: bench.hero_span()?,
            directory: tempfile::tempdir().map_err(|error| error.to_string())?,
            lines: bench.lines,
        };
        for lines in [bench.lines, bench.lines / A_TENTH, bench.lines / A_FIFTIETH] {
            let file = prepared.capture(lines);
            write_capture(&file, lines).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        Ok(prepared)
    }

    fn capture(&self, lines: u64) -> PathBuf {
        self.directory.path().join(format!("{lines}.jsonl"))
    }

    fn sample(&self, row: &str) -> Result<Sample, String> {
        let (few, fewer) = (self.lines / A_TENTH, self.lines / A_FIFTIETH);
        let ours = self.ours(self.lines)?;
        let (theirs, of) = match row {
            "check-python" => (self.python(few)?, few),
            "check-cli" => (self.check_jsonschema(fewer)?, fewer),
            "check-ajv" => (self.ajv()?, self.lines),
            _ => {
                let (most, few) = (ours.peak_kib, self.ours(few)?.peak_kib);
                return Ok(Sample {
                    ours: most as f64,
                    theirs: few as f64,
                });
            }
        };
        let each = |took: Took, lines: u64| took.cpu.as_nanos() as f64 / lines as f64;
        Ok(Sample {
            ours: each(ours, self.lines),
            theirs: each(theirs, of),
        })
    }

    fn ours(&self, lines: u64) -> Result<Took, String> {
        let mut command = Command::new(&self.hero_span);
        process::run(command.arg("check").arg(self.capture(lines)), &[0])
    }

    fn python(&self, lines: u64) -> Result<Took, String> {
        let mut command = Command::new(self.python_tool("python3")?);
        let command = command
            .current_dir(&self.root)
            .args(["xtask/bench/python/check_lines.py", "--lines"]);
        process::run(command.arg(self.capture(lines)), &[0])
    }

    /// It takes no lines, but an array of them, which is made beforehand.
    fn check_jsonschema(&self, lines: u64) -> Result<Took, String> {
        let mut array = Command::new(self.python_tool("python3")?);
        array
            .current_dir(&self.root)
            .args(["xtask/bench/python/to_array.py", "--lines"])
            .arg(self.capture(lines))
            .arg("--into")
            .arg(self.directory.path());
        process::run(&mut array, &[0])?;
        let mut command = Command::new(self.python_tool("check-jsonschema")?);
        let command = command
            .arg("--schemafile")
            .arg(self.directory.path().join("array.schema.json"))
            .arg(self.directory.path().join("array.json"));
        process::run(command, &[0])
    }

    fn ajv(&self) -> Result<Took, String> {
        tools::node_modules(&self.root, "xtask/bench/node").map_err(|error| error.to_string())?;
        let mut command = Command::new("node");
        let command = command
            .current_dir(&self.root)
            .args(["xtask/bench/node/check_lines.mjs", "--lines"]);
        process::run(command.arg(self.capture(self.lines)), &[0])
    }

    fn python_tool(&self, name: &str) -> Result<PathBuf, String> {
        let bin = super::python_environment(&self.root)?;
        Ok(bin.join(name))
    }
}

/// The lines of one connection.
fn write_capture(file: &Path, count: u64) -> std::io::Result<()> {
    let mut out = BufWriter::new(fs::File::create(file)?);
    let (mut lines, mut text) = (Lines::new(1), String::new());
    while lines.count() + 1 < count {
        text.clear();
        lines.next(&mut text);
        out.write_all(text.as_bytes())?;
    }
    text.clear();
    lines.end(&mut text);
    out.write_all(text.as_bytes())?;
    out.flush()
}
