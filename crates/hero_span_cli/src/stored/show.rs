//! `hero-span show`: the tree of a run.

mod errors;
mod json;
mod path;

use std::io;

use hero_span_collector::Forest;
use hero_span_collector::store::{ExecutionLine, RunLine};
use hero_span_collector::tree::RunId;
use serde_json::json;

use super::pager::Pager;
use super::{RunArgs, StoreArgs, executed, print_json};
use crate::error::Error;
use crate::exit_codes;
use crate::view::{ColourArgs, Look, Rows, duration, header, plural};

use self::path::Path;

const EXAMPLES: &str = "\
Examples:
  hero-span show
      The newest run.

  hero-span show 17
      Run 17: what failed, then its tree. » marks the critical path: the spans
      without which the run would have been over sooner.

  hero-span show 17 --depth 2
  hero-span show 4f2a --json | jq '.spans[] | select(.state == \"failed\")'

A run is named by its number, by `last`, by `last~1` for the one before the
newest and so on, or by four or more digits of the beginning of one of its
producers' ids. On a terminal the tree goes through
PAGER, or less.

Exit codes: 0 done; 2 wrong arguments, no store, or no such run.";

/// Show a run: what failed, and its tree
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    run: RunArgs,

    #[command(flatten)]
    store: StoreArgs,

    /// How many levels to show
    #[arg(long, value_name = "LEVELS")]
    depth: Option<usize>,

    /// Leave out times, durations, ids and process numbers, and order what ran
    /// at the same time by name
    #[arg(long)]
    stable: bool,

    /// As JSON: an object with the run and a list of its spans
    #[arg(long)]
    json: bool,

    /// Do not use a pager
    #[arg(long)]
    no_pager: bool,

    #[command(flatten)]
    color: ColourArgs,
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let reader = args.store.open()?;
    if let Some(spanless) = args.run.find_spanless(&reader)? {
        return print_spanless(args, &spanless);
    }
    let run = args.run.find(&reader)?;
    let executions = reader.executions_of(run.run)?;
    let forest = reader.forest(run.run)?;
    let remarks = reader.remarks(run.run)?;
    if args.json {
        json::print(&forest, &run, &executions, &remarks)?;
        return Ok(exit_codes::OK);
    }
    let mut pager = Pager::start(!args.no_pager);
    let told = executions
        .iter()
        .flat_map(|one| executed::lines(one, args.color.paint()));
    let told = told
        .filter(|_| !args.stable)
        .try_for_each(|line| pager.line(&line));
    let shown = told.and_then(|()| print(args, &forest, &run, &mut pager));
    let finished = pager.finish();
    shown.and(finished).map_err(Error::output)?;
    Ok(exit_codes::OK)
}

/// One of hero-span run of which no span came.
fn print_spanless(args: &Args, execution: &ExecutionLine) -> Result<u8, Error> {
    if args.json {
        print_json(&json!({"run": null, "executions": [execution], "spans": []}))?;
    } else {
        for line in executed::lines(execution, args.color.paint()) {
            super::say(&line)?;
        }
    }
    Ok(exit_codes::OK)
}

fn print(args: &Args, forest: &Forest, run: &RunLine, pager: &mut Pager) -> io::Result<()> {
    let id = RunId(run.run);
    let look = Look {
        paint: args.color.paint(),
        stable: args.stable,
        now_ms: run.is_running().then(crate::view::now_ms),
        earlier_runs: run.run.saturating_sub(1),
        unnumbered: false,
    };
    pager.line(&header(forest, id, look))?;
    // Which spans were waited for differs from one run of a flow to the next.
    let path = (!args.stable).then(|| Path::of(forest, id));
    let path = path.unwrap_or_default();
    if let Some(ms) = path.length_ms() {
        let text = format!("» critical path: {} in {}", duration(ms), path.count());
        pager.line(&look.paint.dim(&text))?;
    }
    if run.unstored > 0 {
        let events = plural(run.unstored, "event");
        let text = format!("! {events} came and could not be kept");
        pager.line(&look.paint.bad(&text))?;
    }
    for line in errors::lines(forest, id, look) {
        pager.line(&line)?;
    }
    for row in Rows::new(forest, id, args.stable, None).down_to(args.depth) {
        let line = look.row(forest, &row);
        let is_on_path = row.item.span().is_some_and(|key| path.has(key));
        let mark = match is_on_path {
            _ if args.stable => "",
            true => "» ",
            false => "  ",
        };
        pager.line(&format!("{mark}{line}"))?;
    }
    Ok(())
}
