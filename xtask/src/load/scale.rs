//! `cargo xtask scale`: a store of many events, and how soon it answers.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::lines::Lines;
use super::observed::{observe, wait_for};
use super::service::{Service, store};
use super::{Failure, build, hold, verdict};

/// Events of a run.
const RUN: u64 = 1_001;

/// How many runs write at once.
const THREADS: u64 = 8;

/// Each question is asked so often; the median counts.
const TIMES: usize = 5;

/// Fill a store, and time what looks at it
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many events
    #[arg(long, default_value_t = 10_000_000)]
    events: u64,

    /// What an answer may take, in milliseconds, the process's start included
    #[arg(long, default_value_t = 100)]
    within: u128,

    /// The unoptimised build, which is there sooner
    #[arg(long)]
    dev: bool,
}

pub(crate) fn run(root: &Path, args: &Args) -> ExitCode {
    verdict(scale(root, args))
}

fn scale(root: &Path, args: &Args) -> Result<(), Failure> {
    let program = build(root, !args.dev)?;
    let directory = tempfile::tempdir().map_err(|e| format!("no directory: {e}"))?;
    let runs = (args.events / RUN).max(2);
    let begun = Instant::now();
    let service = Service::start(&program, directory.path())?;
    let store = store(directory.path());
    let sent = fill(&service.socket, runs)?;
    wait_for(&store, sent)?;
    service.stop()?;
    let observed = observe(&store)?;
    hold(observed.events == sent, || {
        format!("{sent} events were sent, {} stored", observed.events)
    })?;
    println!(
        "{} events of {runs} runs, {} MiB, filled in {:.0} s",
        observed.events,
        observed.bytes >> 20,
        begun.elapsed().as_secs_f64()
    );
    let middle = (runs / 2).to_string();
    let mut slowest = Duration::ZERO;
    for (what, arguments) in questions(&middle) {
        let took = ask(&program, &store, &arguments)?;
        println!("{:>7.1} ms  {what}", took.as_secs_f64() * 1e3);
        slowest = slowest.max(took);
    }
    hold(slowest.as_millis() <= args.within, || {
        format!("an answer took {slowest:?}")
    })
}

/// What is asked, and as what.
fn questions(run: &str) -> Vec<(&'static str, Vec<&str>)> {
    vec![
        ("the ten newest runs", vec!["runs"]),
        ("those that failed", vec!["runs", "--state", "failed"]),
        ("by a rare name", vec!["runs", "--name", "needle"]),
        ("by a common name", vec!["runs", "--name", "item 7"]),
        ("by a pattern", vec!["runs", "--name", "need*"]),
        ("by a rare tag", vec!["runs", "--tag", "needle=1"]),
        ("by a common tag", vec!["runs", "--tag", "host=worker-3"]),
        ("by a common key", vec!["runs", "--tag", "rows"]),
        ("by a rare word", vec!["runs", "--text", "haystack"]),
        ("by a common word", vec!["runs", "--text", "written"]),
        (
            "by how a span stands",
            vec!["runs", "--span-state", "failed"],
        ),
        (
            "by a common name, a common tag and a rare word of one span",
            vec![
                "runs",
                "--name",
                "item *",
                "--tag",
                "rows",
                "--text",
                "\"item 249 was\"",
            ],
        ),
        (
            "by time",
            vec!["runs", "--since", "1h", "--until", "2099-01-01"],
        ),
        ("the tree of a run", vec!["show", run]),
        ("what a run said", vec!["logs", run]),
    ]
}

fn ask(program: &Path, store: &Path, arguments: &[&str]) -> Result<Duration, Failure> {
    let mut took = Vec::new();
    for _ in 0..TIMES {
        let begun = Instant::now();
        let output = Command::new(program)
            .args(arguments)
            .arg("--store")
            .arg(store)
            .stderr(Stdio::inherit())
            .output()
            .map_err(|e| format!("cannot run hero-span: {e}"))?;
        took.push(begun.elapsed());
        let found = output.status.success() && !output.stdout.is_empty();
        hold(found, || format!("{arguments:?} found nothing"))?;
    }
    took.sort();
    Ok(took[took.len() / 2])
}

/// One connection a run; one in the middle has what is hard to find. How many
/// events that was.
fn fill(socket: &Path, runs: u64) -> Result<u64, Failure> {
    let (next, sent) = (AtomicU64::new(1), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let work = || {
            loop {
                let run = next.fetch_add(1, Ordering::Relaxed);
                if run > runs {
                    return Ok(());
                }
                let lines = write(socket, run, run == runs / 2)?;
                sent.fetch_add(lines, Ordering::Relaxed);
                if run % 500 == 0 {
                    eprint!("\r{run} of {runs} runs ");
                }
            }
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        let ends = threads.into_iter().map(|thread| {
            let panicked = |_| Err(std::io::Error::other("it panicked"));
            let end: std::io::Result<()> = thread.join().unwrap_or_else(panicked);
            end.map_err(|e| format!("a producer: {e}"))
        });
        ends.collect::<Result<(), _>>()
    })?;
    eprintln!();
    Ok(sent.into_inner())
}

fn write(socket: &Path, run: u64, has_needle: bool) -> std::io::Result<u64> {
    let (mut lines, mut text) = (Lines::new(run), String::new());
    while lines.count() < RUN {
        lines.next(&mut text);
    }
    if has_needle {
        lines.needle(&mut text);
    }
    lines.end(&mut text);
    UnixStream::connect(socket)?.write_all(text.as_bytes())?;
    Ok(lines.count())
}
