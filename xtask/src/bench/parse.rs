//! What reading and writing a line costs, beside other crates.

use super::program::{self, command, succeed};
use super::row::{Found, Group, Sample};
use super::{Bench, of_group};

const BUILD: &str = "cargo build --quiet --release --package hero_span_bench";
const PROGRAMS: [&str; 2] = ["target/release/bench-parse", "target/release/bench-encode"];

pub(super) fn measure(bench: &Bench) -> Vec<Found> {
    let processes = processes(bench);
    of_group(Group::Parse)
        .map(|row| Found {
            row,
            outcome: processes.clone().and_then(|found| {
                let of_row = found.into_iter().filter(|(id, _)| id == row.id);
                let rounds: Vec<_> = of_row.map(|(_, rounds)| rounds).collect();
                match rounds.is_empty() {
                    true => Err("its program says nothing of it".to_owned()),
                    false => Ok(rounds),
                }
            }),
        })
        .collect()
}

/// The rounds of each row in each process.
fn processes(bench: &Bench) -> Result<Vec<(String, Vec<Sample>)>, String> {
    succeed(&mut command(&bench.root, BUILD))?;
    let mut found = Vec::new();
    for words in PROGRAMS.repeat(bench.processes) {
        let mut program = command(&bench.root, words);
        program
            .args(["--lines", &bench.spans.to_string()])
            .args(["--rounds", &bench.rounds.to_string()]);
        for (row, rounds) in program::run(&mut program)? {
            found.push((row.unwrap_or_default(), rounds?));
        }
    }
    Ok(found)
}
