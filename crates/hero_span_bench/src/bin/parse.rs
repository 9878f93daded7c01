//! What reading a line costs: `bench-parse --rounds 15 --lines 20000`.
//!
//! Ours is `parse` as the collector calls it, on the bytes of a line, with every check
//! of the accept reading. See the library for what is printed.

use std::error::Error;
use std::hint::black_box;
use std::io;

use clap::{Parser, ValueEnum};
use hero_span_bench::{Flat, Lines, Row, Tagged, rounds};
use hero_span_protocol::{ACCEPT_SCHEMA, parse};
use jsonschema::Validator;
use serde_json::Value;

/// Compares the parser with its peers, or does the work of one side once.
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
    /// Only the lines are made.
    Nothing,
    Parse,
    Tagged,
    Flat,
    Schema,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let lines = Lines::typical(args.lines);
    match args.once {
        Some(once) => run_once(once, &lines),
        None => compare(&args, &lines),
    }
}

fn run_once(once: Once, lines: &Lines) -> Result<(), Box<dyn Error>> {
    let done = match once {
        Once::Nothing => black_box(lines).len(),
        Once::Parse => ours(lines),
        Once::Tagged => tagged(lines),
        Once::Flat => flat(lines),
        Once::Schema => by_schema(lines, &validator()?),
    };
    if done == lines.len() {
        Ok(())
    } else {
        Err(format!("{done} of {} lines came out", lines.len()).into())
    }
}

fn compare(args: &Args, lines: &Lines) -> Result<(), Box<dyn Error>> {
    let validator = validator()?;
    let row = |name, theirs| Row {
        name,
        ours: Box::new(|| ours(lines)),
        theirs,
    };
    let mut rows = [
        row("parse-tagged", Box::new(|| tagged(lines))),
        row("parse-flat", Box::new(|| flat(lines))),
        row("parse-schema", Box::new(|| by_schema(lines, &validator))),
    ];
    rounds(&mut rows, args.rounds, args.lines, &mut io::stdout().lock())?;
    Ok(())
}

/// How many lines a side made something of that its user would look at.
fn count<'l, T>(lines: &'l Lines, mut read: impl FnMut(&'l [u8]) -> Option<T>) -> usize {
    lines
        .iter()
        .filter(|line| black_box(read(black_box(line))).is_some())
        .count()
}

#[inline(never)]
fn ours(lines: &Lines) -> usize {
    count(lines, |line| parse(line).ok())
}

#[inline(never)]
fn tagged(lines: &Lines) -> usize {
    count(lines, |line| serde_json::from_slice::<Tagged>(line).ok())
}

#[inline(never)]
fn flat(lines: &Lines) -> usize {
    count(lines, |line| serde_json::from_slice::<Flat<'_>>(line).ok())
}

#[inline(never)]
fn by_schema(lines: &Lines, validator: &Validator) -> usize {
    count(lines, |line| {
        let value: Value = serde_json::from_slice(line).ok()?;
        validator.is_valid(&value).then_some(value)
    })
}

fn validator() -> Result<Validator, Box<dyn Error>> {
    let schema: Value = serde_json::from_str(ACCEPT_SCHEMA)?;
    Ok(jsonschema::validator_for(&schema)?)
}
