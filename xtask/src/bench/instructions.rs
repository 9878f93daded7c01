//! The instructions that hot paths take, which are the same in each run: a guard against paths
//! that grow longer unseen.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use serde::{Deserialize, Serialize};

use super::program::{command, succeed};

const FILE: &str = "xtask/bench/instructions.json";
const BUILD: &str = "cargo build --quiet --release --package hero_span_bench";
/// What is counted: the work for one line, by what is asked of a program once.
const PATHS: [(&str, &str); 2] = [
    ("parse", "target/release/bench-parse"),
    ("encode", "target/release/bench-encode"),
];
/// What else is asked of each, to know what it takes to make the lines.
const NOTHING: &str = "nothing";
const LINES: u64 = 10_000;
/// What processors and libraries differ by.
const TOLERANCE: f64 = 0.05;
/// What another compiler may make of the same code.
const OTHER_COMPILER: f64 = 0.25;
/// What is written down is not true any more.
const STALE: u8 = 4;

/// What is written down.
#[derive(Serialize, Deserialize)]
struct Counts {
    /// The compiler that made the programs.
    compiler: String,
    /// Instructions for each line, by path.
    paths: BTreeMap<String, f64>,
}

pub(super) fn run(root: &Path, write: bool) -> ExitCode {
    match hold(root, write) {
        Ok(code) => ExitCode::from(code),
        Err(why) => {
            eprintln!("cargo xtask bench --instructions: {why}");
            ExitCode::FAILURE
        }
    }
}

fn hold(root: &Path, write: bool) -> Result<u8, String> {
    succeed(&mut command(root, BUILD))?;
    let paths = PATHS
        .iter()
        .map(|(path, program)| Ok(((*path).to_owned(), each(root, program, path)?)));
    let found = Counts {
        compiler: super::report::version("rustc"),
        paths: paths.collect::<Result<_, String>>()?,
    };
    let file = root.join(FILE);
    let failed = |error: std::io::Error| format!("{FILE}: {error}");
    if write {
        let text = serde_json::to_string_pretty(&found).map_err(|error| error.to_string())?;
        fs::write(&file, text + "\n").map_err(failed)?;
        println!("wrote {FILE}");
        return Ok(0);
    }
    let known = fs::read_to_string(&file).map_err(failed)?;
    let known: Counts = serde_json::from_str(&known).map_err(|error| format!("{FILE}: {error}"))?;
    let (lines, code) = compare(&known, &found);
    print!("{lines}");
    Ok(code)
}

/// A line for each path, and whether all are as they were.
fn compare(known: &Counts, found: &Counts) -> (String, u8) {
    let tolerance = match known.compiler == found.compiler {
        true => TOLERANCE,
        false => OTHER_COMPILER,
    };
    let mut text = String::new();
    let mut code = 0;
    for (path, &count) in &found.paths {
        let before = known.paths.get(path).copied().unwrap_or(f64::NAN);
        let is_same = (count / before - 1.0).abs() <= tolerance;
        let word = if is_same { "as before" } else { "CHANGED" };
        text += &format!(
            "{path:<8} {count:>7.0} instructions a line, {before:.0} written down: {word}\n"
        );
        if !is_same {
            code = STALE;
        }
    }
    if code != 0 {
        text += "if that is as it should be, write them down: cargo xtask bench --instructions --write\n";
    }
    (text, code)
}

/// Those of twice as many lines, less those of so many, so that the program's start is not in it;
/// and less those that it takes to make the lines.
fn each(root: &Path, program: &str, what: &str) -> Result<f64, String> {
    let of = |what: &str| -> Result<f64, String> {
        let few = count(root, program, what, LINES)?;
        let many = count(root, program, what, 2 * LINES)?;
        Ok(many.saturating_sub(few) as f64 / LINES as f64)
    };
    let each = of(what)? - of(NOTHING)?;
    Ok((each * 10.0).round() / 10.0)
}

fn count(root: &Path, program: &str, what: &str, lines: u64) -> Result<u64, String> {
    let mut command = Command::new("valgrind");
    command
        .args([
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            program,
        ])
        .args(["--once", what, "--lines", &lines.to_string()])
        .current_dir(root);
    let output = command.output().map_err(|error| {
        format!("cannot run valgrind (on Debian: apt-get install valgrind): {error}")
    })?;
    let said = String::from_utf8_lossy(&output.stderr);
    match (output.status.success(), collected(&said)) {
        (true, Some(count)) => Ok(count),
        _ => Err(format!(
            "{program} --once {what}: expected a count, found {said}"
        )),
    }
}

/// The number after "Collected :".
fn collected(said: &str) -> Option<u64> {
    let after = said.split("Collected :").nth(1)?;
    after.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(compiler: &str, parse: f64) -> Counts {
        Counts {
            compiler: compiler.to_owned(),
            paths: [("parse".to_owned(), parse)].into(),
        }
    }

    fn check(before: &Counts, compiler: &str, parse: f64, expected: u8) -> String {
        let (text, code) = compare(before, &counts(compiler, parse));
        assert_eq!(code, expected, "{text}");
        text
    }

    #[test]
    fn the_count_is_what_callgrind_says() {
        assert_eq!(
            collected("==1== Collected : 123456\n==1==\n"),
            Some(123_456)
        );
        assert_eq!(collected("valgrind: no"), None);
    }

    #[test]
    fn a_path_that_takes_more_or_less_is_told() {
        let before = counts("1.95", 1000.0);
        insta::assert_snapshot!(check(&before, "1.95", 1049.0, 0), @"parse       1049 instructions a line, 1000 written down: as before");
        insta::assert_snapshot!(check(&before, "1.95", 1100.0, STALE), @r#"
        parse       1100 instructions a line, 1000 written down: CHANGED
        if that is as it should be, write them down: cargo xtask bench --instructions --write
        "#);
        check(&before, "1.95", 900.0, STALE);
        check(&before, "1.96", 1200.0, 0);
        check(&before, "1.96", 1300.0, STALE);
        let nothing = Counts {
            paths: BTreeMap::new(),
            ..before
        };
        check(&nothing, "1.95", 900.0, STALE);
    }
}
