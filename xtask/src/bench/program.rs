//! Programs that measure ours and theirs by turns, and print each round.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::reader::Reader;
use super::row::Sample;

/// What a program prints, a line of JSON each.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Round {
        row: Option<String>,
        ours_ns: f64,
        theirs_ns: f64,
    },
    LeftOut {
        row: Option<String>,
        left_out: String,
    },
}

/// The rounds that one process printed of a row.
pub(super) type Rounds = Result<Vec<Sample>, String>;

/// Runs a program to its end, with a socket where all is read, and takes its rounds: in their
/// order, with the row that each names, if it names one.
pub(super) fn run(command: &mut Command) -> Result<Vec<(Option<String>, Rounds)>, String> {
    let reader = Reader::start()?;
    let output = command
        .env("HERO_FLOW_SPAN_SOCK", reader.socket())
        .env_remove("HERO_FLOW_PARENT_SPAN")
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| format!("cannot run {command:?}: {error}"))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        let end = why.trim_end().lines().next_back().unwrap_or_default();
        return Err(format!("{}: {end}", output.status));
    }
    let rounds = rounds(&String::from_utf8_lossy(&output.stdout))?;
    reader.finish()?;
    Ok(rounds)
}

fn rounds(said: &str) -> Result<Vec<(Option<String>, Rounds)>, String> {
    let mut found: Vec<(Option<String>, Rounds)> = Vec::new();
    for line in said.lines() {
        let line: Line = serde_json::from_str(line)
            .map_err(|error| format!("expected a round as JSON, found {line:?}: {error}"))?;
        match line {
            Line::LeftOut { row, left_out } => found.push((row, Err(left_out))),
            Line::Round {
                row,
                ours_ns: ours,
                theirs_ns: theirs,
            } => {
                let sample = Sample { ours, theirs };
                let known = found.iter_mut().find(|(known, _)| *known == row);
                match known {
                    Some((_, Ok(rounds))) => rounds.push(sample),
                    Some((_, Err(_))) => {}
                    None => found.push((row, Ok(vec![sample]))),
                }
            }
        }
    }
    match found.is_empty() {
        true => Err("it printed no round".to_owned()),
        false => Ok(found),
    }
}

/// A command of these words, run from the root.
pub(super) fn command(root: &Path, words: &str) -> Command {
    let mut words = words.split(' ');
    let mut command = Command::new(words.next().unwrap_or_default());
    command
        .args(words)
        .current_dir(root)
        // Set for this program's own build; a build inside would differ by it and start anew.
        .env_remove("CARGO_MANIFEST_DIR");
    command
}

/// Runs a command that must succeed, without what it prints.
pub(super) fn succeed(command: &mut Command) -> Result<(), String> {
    let status = command.stdout(Stdio::null()).status();
    let status = status.map_err(|error| format!("cannot run {command:?}: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{command:?}: {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_told_by_row() {
        let said = "{\"row\":\"a\",\"ours_ns\":3,\"theirs_ns\":1}\n\
            {\"row\":\"b\",\"left_out\":\"not here\"}\n\
            {\"row\":\"a\",\"ours_ns\":2,\"theirs_ns\":1}\n";
        let samples = [3.0, 2.0].map(|ours| Sample { ours, theirs: 1.0 });
        let expected = vec![
            (Some("a".to_owned()), Ok(samples.to_vec())),
            (Some("b".to_owned()), Err("not here".to_owned())),
        ];
        assert_eq!(rounds(said), Ok(expected));
    }

    #[test]
    fn what_is_no_round_is_told() {
        assert!(rounds("hello").is_err());
        assert!(rounds("").is_err());
    }

    #[test]
    fn a_program_that_fails_says_why() {
        let mut command = Command::new("sh");
        let found = run(command.args(["-c", "echo first >&2; echo it broke >&2; exit 3"]));
        assert_eq!(found, Err("exit status: 3: it broke".to_owned()));
    }
}
