//! The instructions that hot paths take, which are the same in each run: a guard against paths
//! that grow longer unseen.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use super::program::{command, succeed};

const FILE: &str = "xtask/bench/instructions.json";
const BUILD: &str = "cargo build --quiet --release --package hero_span_bench";
/// What is counted: the work for one line.
const PATHS: [(&str, &str); 2] = [
    ("parse", "target/release/bench-parse --once parse"),
    ("encode", "target/release/bench-encode --once encode"),
];
const LINES: u64 = 10_000;
/// A compiler may make of the same code so much more or less.
const TOLERANCE: f64 = 0.05;
/// What is written down is not true any more.
const STALE: u8 = 4;

/// Instructions for each line, by path.
type Counts = BTreeMap<String, f64>;

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
    let found = PATHS
        .iter()
        .map(|(path, program)| Ok(((*path).to_owned(), each(root, program)?)));
    let found = found.collect::<Result<Counts, String>>()?;
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
    let mut text = String::new();
    let mut code = 0;
    for (path, &count) in found {
        let before = known.get(path).copied().unwrap_or(f64::NAN);
        let part = count / before - 1.0;
        let is_same = part.abs() <= TOLERANCE;
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

/// Those of twice as many lines, less those of so many: without the program's start.
fn each(root: &Path, program: &str) -> Result<f64, String> {
    let more = count(root, program, 2 * LINES)?.saturating_sub(count(root, program, LINES)?);
    Ok((more as f64 / LINES as f64 * 10.0).round() / 10.0)
}

fn count(root: &Path, program: &str, lines: u64) -> Result<u64, String> {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(program.split(' '))
        .args(["--lines", &lines.to_string()])
        .current_dir(root);
    let output = command.output().map_err(|error| {
        format!("cannot run valgrind (on Debian: apt-get install valgrind): {error}")
    })?;
    let said = String::from_utf8_lossy(&output.stderr);
    match (output.status.success(), collected(&said)) {
        (true, Some(count)) => Ok(count),
        _ => Err(format!("{program}: expected a count, found {said}")),
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

    fn counts(parse: f64) -> Counts {
        [("parse".to_owned(), parse)].into()
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
        insta::assert_snapshot!(compare(&counts(1000.0), &counts(1049.0)).0, @"parse       1049 instructions a line, 1000 written down: as before");
        let (text, code) = compare(&counts(1000.0), &counts(1100.0));
        assert_eq!(code, STALE);
        insta::assert_snapshot!(text, @r#"
        parse       1100 instructions a line, 1000 written down: CHANGED
        if that is as it should be, write them down: cargo xtask bench --instructions --write
        "#);
        assert_eq!(compare(&counts(1000.0), &counts(900.0)).1, STALE);
        assert_eq!(compare(&Counts::new(), &counts(900.0)).1, STALE);
    }
}
