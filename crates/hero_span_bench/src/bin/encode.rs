//! What writing a line costs: `bench-encode --rounds 15 --lines 20000`.
//!
//! Both sides have the same events, made before. `encode` gives each line a buffer of
//! its own, as `serde_json::to_vec` does; `encode-into` writes into one that is kept.
//! See the library for what is printed.

use std::error::Error;
use std::hint::black_box;
use std::io;

use clap::{Parser, ValueEnum};
use hero_span_bench::{Lines, Row, SentByTag, rounds, sent};
use hero_span_protocol::{Event, Parsed, encode, parse};

/// Compares the encoder with its peer, or does the work of one side once.
#[derive(Debug, Parser)]
struct Args {
    /// How often each side does its work, once to warm up aside.
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// How many lines a round has.
    #[arg(long, default_value_t = 20_000)]
    lines: usize,
    /// One side, once, with nothing else around it: to count instructions.
    #[arg(long, value_name = "WHAT")]
    once: Option<Once>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Once {
    /// Only the events are made.
    Nothing,
    Encode,
    ToVec,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let lines = Lines::typical(args.lines);
    let events: Vec<_> = lines.iter().filter_map(event).collect();
    match args.once {
        Some(once) => run_once(once, &events),
        None => compare(&args, &events),
    }
}

fn event(line: &[u8]) -> Option<Event<'_>> {
    match parse(line) {
        Ok(Parsed::Event(event)) => Some(event),
        _ => None,
    }
}

fn run_once(once: Once, events: &[Event<'_>]) -> Result<(), Box<dyn Error>> {
    let done = match once {
        Once::Nothing => black_box(events).len(),
        Once::Encode => ours(events),
        Once::ToVec => to_vec(&all_sent(events)?),
    };
    if done == events.len() {
        Ok(())
    } else {
        Err(format!("{done} of {} lines came out", events.len()).into())
    }
}

fn all_sent<'a>(events: &'a [Event<'a>]) -> serde_json::Result<Vec<SentByTag<'a>>> {
    events.iter().map(sent).collect()
}

fn compare(args: &Args, events: &[Event<'_>]) -> Result<(), Box<dyn Error>> {
    let peers = all_sent(events)?;
    let mut rows = [
        Row {
            name: "encode",
            ours: Box::new(|| ours(events)),
            theirs: Box::new(|| to_vec(&peers)),
        },
        Row {
            name: "encode-into",
            ours: Box::new(|| ours_into(events)),
            theirs: Box::new(|| to_writer(&peers)),
        },
    ];
    rounds(&mut rows, args.rounds, args.lines, &mut io::stdout().lock())?;
    Ok(())
}

#[inline(never)]
fn ours(events: &[Event<'_>]) -> usize {
    let lines = events.iter().map(|event| {
        let mut line = Vec::new();
        encode(black_box(event), &mut line);
        black_box(line)
    });
    lines.filter(|line| !line.is_empty()).count()
}

#[inline(never)]
fn to_vec(events: &[SentByTag<'_>]) -> usize {
    let lines = events.iter().filter_map(|event| {
        let mut line = serde_json::to_vec(black_box(event)).ok()?;
        line.push(b'\n');
        Some(black_box(line))
    });
    lines.filter(|line| !line.is_empty()).count()
}

#[inline(never)]
fn ours_into(events: &[Event<'_>]) -> usize {
    let mut line = Vec::new();
    let written = events.iter().filter(|event| {
        line.clear();
        encode(black_box(event), &mut line);
        !black_box(&line).is_empty()
    });
    written.count()
}

#[inline(never)]
fn to_writer(events: &[SentByTag<'_>]) -> usize {
    let mut line = Vec::new();
    let written = events.iter().filter(|event| {
        line.clear();
        let done = serde_json::to_writer(&mut line, black_box(event));
        line.push(b'\n');
        done.is_ok() && !black_box(&line).is_empty()
    });
    written.count()
}
