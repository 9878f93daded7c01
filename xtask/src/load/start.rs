//! `cargo xtask start`: what it costs to run a flow by `hero-span run` and not
//! by `python3` alone.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{Failure, build, hold, verdict};

/// How much later the flow may begin.
const MORE: Duration = Duration::from_millis(60);

/// Says when it begins, in seconds since the Unix epoch.
const FLOW: &str = "\
import time
from hero_tracing import flow

@flow
def trivial():
    print(repr(time.time()))

if __name__ == \"__main__\":
    trivial()
";

/// Compare what it takes until a flow begins, run by hero-span and by python3
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How often, turn about
    #[arg(long, default_value_t = 20)]
    starts: usize,
}

pub(crate) fn run(root: &Path, args: &Args) -> ExitCode {
    verdict(compare(root, args))
}

/// How long until the flow began, and until its process was over.
#[derive(Debug, Clone, Copy, Default)]
struct Took {
    begun: Duration,
    over: Duration,
}

fn compare(root: &Path, args: &Args) -> Result<(), Failure> {
    let program = build(root, true)?;
    let directory = tempfile::tempdir().map_err(|e| format!("no directory: {e}"))?;
    let file = directory.path().join("trivial.py");
    std::fs::write(&file, FLOW).map_err(|e| format!("cannot write the flow: {e}"))?;
    let home = directory.path().join("home");
    let ours = || {
        let mut command = Command::new(&program);
        let command = command.args(["run", "--quiet"]).arg(&file);
        time(
            command
                .env("HERO_HOME", &home)
                .env("XDG_RUNTIME_DIR", directory.path()),
        )
    };
    let theirs = || {
        let mut command = Command::new("python3");
        time(
            command
                .arg(&file)
                .env("PYTHONPATH", home.join("var/flows/sdk")),
        )
    };
    // The first stages the SDK and starts the collector that the others find.
    ours()?;
    theirs()?;
    let (mut run, mut alone) = (Vec::new(), Vec::new());
    for _ in 0..args.starts {
        alone.push(theirs()?);
        run.push(ours()?);
    }
    let (run, alone) = (median(&run), median(&alone));
    println!(
        "a trivial flow, median of {}        until it begins   until it is over",
        args.starts
    );
    tell("python3 alone", alone);
    tell("hero-span run", run);
    let more = run.begun.saturating_sub(alone.begun);
    println!("  {more:.1?} later");
    hold(more <= MORE, || {
        format!("it begins {more:.1?} later, not {MORE:.1?} at most")
    })
}

fn tell(what: &str, took: Took) {
    let ms = |took: Duration| took.as_secs_f64() * 1e3;
    println!(
        "  {what}  {:>26.1} ms  {:>15.1} ms",
        ms(took.begun),
        ms(took.over)
    );
}

/// Runs a flow that says when it begins.
fn time(command: &mut Command) -> Result<Took, Failure> {
    let command = command
        .env_remove("HERO_FLOW_SPAN_SOCK")
        .stdin(Stdio::null());
    let (at, started) = (SystemTime::now(), Instant::now());
    let output = command
        .output()
        .map_err(|e| format!("cannot run it: {e}"))?;
    let over = started.elapsed();
    let text = String::from_utf8_lossy(&output.stdout);
    let begun: f64 = text.trim().parse().map_err(|_| {
        let why = String::from_utf8_lossy(&output.stderr);
        format!("the flow said {text:?}: {why}")
    })?;
    let began_at = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let begun = Duration::try_from_secs_f64(begun - began_at.as_secs_f64());
    let begun = begun.map_err(|_| "the clock went back".to_owned())?;
    Ok(Took { begun, over })
}

/// Of each of the two.
fn median(all: &[Took]) -> Took {
    let middle = |of: fn(&Took) -> Duration| {
        let mut all: Vec<_> = all.iter().map(of).collect();
        all.sort();
        all.get(all.len() / 2).copied().unwrap_or_default()
    };
    Took {
        begun: middle(|took| took.begun),
        over: middle(|took| took.over),
    }
}
