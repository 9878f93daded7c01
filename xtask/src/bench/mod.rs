//! `cargo xtask bench`: what people wait for, beside what they would use instead.

mod check;
mod collect;
mod collector;
mod conformance;
mod instructions;
mod parse;
mod plot;
mod process;
mod program;
mod reader;
mod report;
mod row;
mod scale;
mod sdk;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args as ClapArgs;

use row::{Found, Group, ROWS, Row};
use scale::Curve;

use crate::{load, tools};

const REQUIREMENTS: &str = "xtask/bench/python/requirements.txt";

/// Measure the parts that people wait for beside their peers, and say which bars are met
///
/// Ours and theirs take turns on this machine, in several processes each; the figures are ratios.
/// What the peers need is installed into target/bench: Python, Node, npm and Go must be there.
/// A missed bar is told, and is no failure: machines differ.
#[derive(ClapArgs)]
pub(crate) struct Args {
    /// Only these parts
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Group>,
    /// Little work, only to see that everything works: the figures are worth nothing
    #[arg(long, conflicts_with = "write")]
    short: bool,
    /// Write all that was found into BENCHMARKS.md, with the plot and the figures as JSON
    #[arg(long, conflicts_with = "only")]
    write: bool,
    /// Write the figures as JSON to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Hold the instructions of the hot paths against those that are written down, by valgrind,
    /// and measure nothing else; with --write, write them down
    #[arg(long, conflicts_with_all = ["only", "short", "json"])]
    instructions: bool,
}

/// How much work there is.
struct Bench {
    root: PathBuf,
    /// Whether what is large is built with all optimisations, which takes minutes.
    is_optimised: bool,
    /// How often each row is measured in a process of its own.
    processes: usize,
    rounds: u32,
    /// Spans or lines of a round.
    spans: u32,
    /// Lines of a capture, or for a collector.
    lines: u64,
    cases: u32,
    /// Spans of the largest run.
    scale: u64,
}

impl Bench {
    fn new(root: &Path, short: bool) -> Self {
        let root = root.to_owned();
        match short {
            false => Self {
                root,
                is_optimised: true,
                processes: 3,
                rounds: 7,
                spans: 10_000,
                lines: 1_000_000,
                cases: 200,
                scale: 1_000_000,
            },
            true => Self {
                root,
                is_optimised: false,
                processes: 1,
                rounds: 2,
                spans: 300,
                lines: 10_000,
                cases: 20,
                scale: 10_000,
            },
        }
    }
}

impl Bench {
    /// Builds the command, and gives its path.
    fn hero_span(&self) -> Result<PathBuf, String> {
        load::build(&self.root, self.is_optimised)
    }
}

/// 0 if every row could be measured, 1 if one could not; with `--instructions`, 4 if they are not
/// those that are written down.
pub(crate) fn run(root: &Path, args: &Args) -> ExitCode {
    if args.instructions {
        return instructions::run(root, args.write);
    }
    let bench = Bench::new(root, args.short);
    let (found, curves) = measure(&bench, &args.only);
    print!("{}", report::text(&found));
    if args.short {
        println!("That was in short, to see whether it works: its figures are worth nothing.");
    }
    let written = write(root, args, &found, &curves);
    if let Err(why) = &written {
        eprintln!("cargo xtask bench: {why}");
    }
    let is_whole = found.iter().all(|found| found.outcome.is_ok());
    match written.is_ok() && is_whole {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Measures the rows of a group.
type Measure = fn(&Bench) -> Vec<Found>;

fn measure(bench: &Bench, only: &[Group]) -> (Vec<Found>, Vec<Curve>) {
    let is_asked = |group: Group| only.is_empty() || only.contains(&group);
    let mut found = Vec::new();
    let mut curves = Vec::new();
    let groups: [(Group, Measure); 5] = [
        (Group::Sdk, sdk::measure),
        (Group::Parse, parse::measure),
        (Group::Check, check::measure),
        (Group::Collector, collector::measure),
        (Group::Conformance, conformance::measure),
    ];
    for (group, measure) in groups.into_iter().filter(|(group, _)| is_asked(*group)) {
        eprintln!("measuring: {group:?}");
        found.extend(measure(bench));
    }
    if is_asked(Group::Scale) {
        eprintln!("measuring: {:?}", Group::Scale);
        let (rows, of_scale) = scale::measure(bench);
        found.extend(rows);
        curves = of_scale;
    }
    (found, curves)
}

fn write(root: &Path, args: &Args, found: &[Found], curves: &[Curve]) -> Result<(), String> {
    if let Some(file) = &args.json {
        report::write_json(file, found, curves)?;
    }
    match args.write {
        true => report::write(root, found, curves),
        false => Ok(()),
    }
}

fn of_group(group: Group) -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(move |row| row.group == group)
}

/// Where the Python peers' commands are, once they are installed.
fn python_environment(root: &Path) -> Result<PathBuf, String> {
    let bin = tools::environment(root, "target/bench/venv", REQUIREMENTS);
    bin.map_err(|error| error.to_string())
}

/// The row of that id.
#[cfg(test)]
fn row_of(id: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.id == id)
}
