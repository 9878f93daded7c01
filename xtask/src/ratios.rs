//! `cargo xtask ratios`: what a span costs in each language's SDK, beside two bare writes of the
//! same bytes.

use std::io::Read;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::Duration;

use clap::Args as ClapArgs;
use serde::Deserialize;

/// Measure what a span costs in each SDK, beside two bare writes of the same bytes
///
/// A program of each SDK opens and closes a child span with two tags, and writes the same two
/// lines to a connection of its own, by turns. Both are processor time of that program; the
/// reader is this one.
#[derive(ClapArgs)]
pub(crate) struct Args {
    /// How many spans a round has
    #[arg(long, default_value_t = 20_000)]
    spans: u32,
    /// How many rounds
    #[arg(long, default_value_t = 15)]
    rounds: u32,
    /// Only this language; may be given again
    #[arg(long, value_name = "LANGUAGE")]
    sdk: Vec<String>,
}

/// How an SDK's program is made and started, from the root.
struct Program {
    sdk: &'static str,
    build: Option<&'static str>,
    run: &'static str,
    /// The ratio that its SDK is to stay under.
    bar: f64,
}

const PROGRAMS: [Program; 4] = [
    Program {
        sdk: "python",
        build: None,
        run: "python3 sdk/python/ratio.py",
        bar: 3.0,
    },
    Program {
        sdk: "rust",
        build: Some("cargo build --quiet --release --package hero_tracing --example ratio"),
        run: "target/release/examples/ratio",
        bar: 1.5,
    },
    Program {
        sdk: "typescript",
        build: Some("npm run --silent --prefix sdk/typescript build"),
        run: "node sdk/typescript/dist/bench/ratio.js",
        bar: 3.0,
    },
    Program {
        sdk: "go",
        build: Some("go -C sdk/go build -o ../../target/sdk/go/ratio ./ratio"),
        run: "target/sdk/go/ratio",
        bar: 2.0,
    },
];

/// Short enough that no buffer fills up: a default one holds 167 lines.
const BETWEEN_READS: Duration = Duration::from_micros(200);

/// What a round took for each span.
#[derive(Deserialize)]
struct Round {
    ours_ns: f64,
    theirs_ns: f64,
}

/// Prints a line for each SDK; 1 if a program did not work. A missed bar is printed, and is no
/// failure: machines differ.
pub(crate) fn run(root: &Path, args: &Args) -> ExitCode {
    println!("a span with two tags           ours       two writes  ratio (least to most)   bar");
    let asked =
        |program: &&Program| args.sdk.is_empty() || args.sdk.iter().any(|name| name == program.sdk);
    let mut code = ExitCode::SUCCESS;
    for program in PROGRAMS.iter().filter(asked) {
        match measure(root, args, program) {
            Ok(rounds) => println!("{}", line(program, &rounds)),
            Err(why) => {
                eprintln!("{}: {why}", program.sdk);
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

fn measure(root: &Path, args: &Args, program: &Program) -> Result<Vec<Round>, String> {
    if let Some(build) = program.build {
        let status = command(root, build).stdout(Stdio::null()).status();
        let status = status.map_err(|error| format!("{build}: {error}"))?;
        if !status.success() {
            return Err(format!("{build}: {status}"));
        }
    }
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let socket = directory.path().join("s");
    let listener = UnixListener::bind(&socket).map_err(|error| error.to_string())?;
    thread::spawn(move || listener.incoming().flatten().for_each(read_away));
    let output = command(root, program.run)
        .args(["--spans", &args.spans.to_string()])
        .args(["--rounds", &args.rounds.to_string()])
        .env("HERO_FLOW_SPAN_SOCK", &socket)
        .env_remove("HERO_FLOW_PARENT_SPAN")
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{}: {error}", program.run))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let rounds = rounds(&said)?;
    match output.status.success() && rounds.len() == args.rounds as usize {
        true => Ok(rounds),
        false => Err(format!(
            "expected {} rounds, found {} ({})",
            args.rounds,
            rounds.len(),
            output.status
        )),
    }
}

fn command(root: &Path, words: &str) -> Command {
    let mut words = words.split(' ');
    let mut command = Command::new(words.next().unwrap_or_default());
    command
        .args(words)
        .current_dir(root)
        .env_remove("CARGO_MANIFEST_DIR");
    command
}

/// Takes what comes on a connection until it ends.
///
/// Between reads it sleeps: whoever writes to a reader that waits pays for waking it, and that
/// would fall on the slower of two writers alone, which finds the reader waiting each time.
fn read_away(mut stream: UnixStream) {
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 20];
        while stream.read(&mut buffer).is_ok_and(|bytes| bytes > 0) {
            thread::sleep(BETWEEN_READS);
        }
    });
}

fn rounds(said: &str) -> Result<Vec<Round>, String> {
    let read = |line: &str| {
        serde_json::from_str(line)
            .map_err(|error| format!("expected a round as JSON, found {line:?}: {error}"))
    };
    said.lines().map(read).collect()
}

fn line(program: &Program, rounds: &[Round]) -> String {
    let of = |part: fn(&Round) -> f64| sorted(rounds.iter().map(part).collect());
    let (ours, theirs) = (of(|round| round.ours_ns), of(|round| round.theirs_ns));
    let ratios = of(|round| round.ours_ns / round.theirs_ns);
    let ratio = median(&ratios);
    let verdict = if ratio <= program.bar {
        "met"
    } else {
        "MISSED"
    };
    format!(
        "{:<24} {:>8.0} ns  {:>8.0} ns   {ratio:>5.2} ({:.2} to {:.2})      {} {verdict}",
        program.sdk,
        median(&ours),
        median(&theirs),
        ratios.first().copied().unwrap_or(f64::NAN),
        ratios.last().copied().unwrap_or(f64::NAN),
        program.bar,
    )
}

fn sorted(mut numbers: Vec<f64>) -> Vec<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers
}

fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_median_of_the_rounds() {
        let said = "{\"ours_ns\":30,\"theirs_ns\":10}\n{\"ours_ns\":20,\"theirs_ns\":10}\n\
            {\"ours_ns\":40,\"theirs_ns\":10}\n";
        let rounds = rounds(said).unwrap();
        let line = line(&PROGRAMS[0], &rounds);
        insta::assert_snapshot!(line, @"python                         30 ns        10 ns    3.00 (2.00 to 4.00)      3 met");
    }

    #[test]
    fn a_round_that_is_none_is_told() {
        assert!(rounds("hello").is_err());
    }
}
