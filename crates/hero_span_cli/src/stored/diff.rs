//! `hero-span diff`: what two runs did otherwise.
//!
//! ```text
//! store → Tree, Tree → Pairs → Findings → text or JSON
//!    └── what a span said, for one pair at a time ──┘
//! ```
//!
//! Trees, pairs and findings know nothing of the store.

mod addresses;
mod findings;
mod groups;
mod json;
mod pairs;
mod said;
#[cfg(test)]
mod tests;
mod text;
mod times;
mod tree;
mod value;

use clap_complete::engine::ArgValueCompleter;
use hero_span_collector::store::{Reader, RunLine};
use hero_span_collector::tree::RunId;

use self::findings::{Findings, compare};
use self::groups::Spot;
use self::said::Said;
use self::text::Shown;
use self::times::{Tolerance, USUAL};
use self::tree::{Failure, Paths, Tree};
use super::pager::Pager;
use super::{StoreArgs, print_json};
use crate::completions;
use crate::error::Error;
use crate::exit_codes;
use crate::progress::Progress;
use crate::view::{ColourArgs, plural};

const EXAMPLES: &str = "\
Examples:
  hero-span diff
      The newest run and the one before it: what failed first, whose status is
      another one, what is new or gone, slower or faster, and which inputs,
      results, tags and errors differ.

  hero-span diff 16 17
  hero-span diff last~7 last --tolerance 10%
  hero-span diff 16 17 --tolerance 2s
      Tell also of what takes a little longer, or only of what takes much longer.

  hero-span diff --stable && echo 'it still does the same'
  hero-span diff 16 17 --json | jq -r '.values[] | \"\\(.key): \\(.before) → \\(.after)\"'

A span is the counterpart of the one with the same path (names and kinds from
the root down): the n-th of that name of the n-th above it, as they began. Of
siblings that ran at the same time, those that were given the same params and
tags are counterparts first. Logs are not compared.

Of a loop with equal steps, the steps are judged by how long they took in all,
and told in one row. --tolerance takes a share (of the shorter duration), a
duration, or both with a comma: then either is enough to count as the same.
Values are compared by what they mean: 1 is 1.0, members may stand in any order,
and where an object lay in memory (at 0x7f...) does not count. What a producer
cut is compared as far as it is known.

As JSON: same, whole (nothing was lost, and no run goes on), before and after
(as in hero-span runs --json), tolerance, matched (spans), failed_first, and the
lists statuses, new, gone, slower, faster and values. Each of their rows has
path (the last 32 names), depth, kind, count (spans like this) of how many, and
first: the span's number before and after, as hero-span show --json has it. A
value is JSON text, cut to 200 characters, null where there is none. untimed and
cut count what could not be compared, left_out what is beyond 10,000 rows.

A run is named by its number, by last, by last~1 for the one before the newest
and so on, or by four or more digits of the beginning of one of its producers'
ids. On a terminal it goes through PAGER, or less.

Exit codes: 0 the same within the tolerance; 1 they differ; 2 wrong arguments,
no store, or no such run.";

/// Compare two runs of a flow: what failed, is new, gone, slower or different
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The run to compare with: its number, last, last~1 for the one before it,
    /// or the beginning of an id
    #[arg(default_value = "last~1", add = ArgValueCompleter::new(completions::runs))]
    before: String,

    /// The run to compare, named as the first
    #[arg(default_value = "last", add = ArgValueCompleter::new(completions::runs))]
    after: String,

    #[command(flatten)]
    store: StoreArgs,

    /// How far durations may be apart: a share such as 20%, a duration such as
    /// 50ms, or both, of which either is enough
    #[arg(long, value_name = "APART", default_value = USUAL, value_parser = Tolerance::parse)]
    tolerance: Tolerance,

    /// Neither compare nor show times
    #[arg(long, conflicts_with = "tolerance")]
    stable: bool,

    /// How many rows of each sort to show
    #[arg(short = 'n', long, default_value_t = 50, value_name = "N")]
    limit: usize,

    /// As JSON: an object, see below
    #[arg(long)]
    json: bool,

    /// Do not use a pager
    #[arg(long)]
    no_pager: bool,

    #[command(flatten)]
    color: ColourArgs,
}

/// Two runs and what is different.
#[derive(Debug)]
struct Comparison {
    runs: [RunLine; 2],
    trees: [Tree; 2],
    paths: Paths,
    tolerance: Option<Tolerance>,
    findings: Findings,
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let reader = args.store.open()?;
    let runs = [reader.find(&args.before)?, reader.find(&args.after)?];
    let tolerance = (!args.stable).then_some(args.tolerance);
    let comparison = Comparison::read(&reader, runs, tolerance)?;
    let printed = if args.json {
        print_json(&comparison.json())
    } else {
        print(args, &comparison)
    };
    match printed {
        // Who has seen enough of it still learns from the exit code how it is.
        Err(error) if !error.is_closed_output() => Err(error),
        _ if comparison.findings.is_none() => Ok(exit_codes::OK),
        _ => Ok(exit_codes::VIOLATIONS),
    }
}

fn print(args: &Args, comparison: &Comparison) -> Result<(), Error> {
    let shown = Shown {
        comparison,
        paint: args.color.paint(),
        stable: args.stable,
        limit: args.limit,
    };
    let mut pager = Pager::start(!args.no_pager);
    let printed = shown.print(|line| pager.line(line));
    let finished = pager.finish();
    printed.and(finished).map_err(Error::output)
}

impl Comparison {
    fn read(
        reader: &Reader,
        runs: [RunLine; 2],
        tolerance: Option<Tolerance>,
    ) -> Result<Self, Error> {
        let mut paths = Paths::default();
        // One forest at a time: they hold much that is not compared.
        let mut tree = |run: &RunLine| -> Result<Tree, Error> {
            let forest = reader.forest(run.run)?;
            Ok(Tree::of(&forest, RunId(run.run), &mut paths))
        };
        let trees = [tree(&runs[0])?, tree(&runs[1])?];
        let mut progress = Progress::new("comparing");
        let mut count = 0;
        let findings = compare(&trees[0], &trees[1], tolerance, |span| {
            count += 1;
            progress.tell(&plural(count, "span"));
            let mut said = Said::default();
            reader.facts_of(span, |event| {
                said.hear(event);
                Ok::<_, Error>(())
            })?;
            Ok::<_, Error>(said)
        })?;
        drop(progress);
        Ok(Self {
            runs,
            trees,
            paths,
            tolerance,
            findings,
        })
    }

    /// Whether all that the runs did is known.
    fn is_whole(&self) -> bool {
        self.runs.iter().all(|run| {
            let missing = run.lost + run.unstored + run.rejected + run.torn;
            missing == 0 && !run.is_running()
        })
    }

    /// Why a span failed: in the second run, or else in the first.
    fn failure(&self, spot: Spot) -> Option<&Failure> {
        let Spot::Pair(one, other) = spot else {
            return None;
        };
        let [before, after] = &self.trees;
        let failure = after.node(other).seen.failure.as_deref();
        failure.or_else(|| before.node(one).seen.failure.as_deref())
    }
}
