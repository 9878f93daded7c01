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
use self::said::Said;
use self::text::Shown;
use self::times::{Tolerance, USUAL};
use self::tree::{Paths, Tree};
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
      another, what is new or gone, slower or faster, and which inputs, results,
      tags and errors differ.

  hero-span diff 16 17 --tolerance 10%,20ms
      Tell also of what takes a little longer: 10% and 20 ms. With 2s, only of
      what takes two seconds longer.

  hero-span diff last~1 last --stable && echo 'it does the same'
      What it does counts, and not how long it takes.

  hero-span diff 16 17 --json | jq -r '.new[].path | join(\"/\")'

A span's counterpart has the same path (names and kinds from the root down): the
third load under the second nightly is that of the other run, in the order in
which they began. Of siblings that ran at the same time, those that were given
the same params and tags are counterparts first. Logs are not compared.

What is alike makes one row. The steps of a loop are judged by how long they took
in all, and one by one. A share is one of the shorter duration. Durations are not
compared where a start or an end is not known.

Values are compared by what they mean: 1 is 1.0, members may stand in any order,
and where an object lay in memory (at 0x7f...) does not count. What a producer
cut is compared as far as it is known. Where events were lost, that is said.

The object of --json has same; whole (nothing was lost, and no run goes on);
before and after, as in hero-span runs --json; tolerance; matched (spans);
failed_first; and lists of rows: statuses, new, gone, slower, faster, values.
Each row has path (the last 32 names), depth, kind, count of how many, and first:
the numbers of its first span, as in hero-span show --json. Beside these it has
  statuses        before, after, error_type, error, alike (all of the count are)
  new, gone       state, beneath (spans under these)
  slower, faster  in_all (judged together), total_ms, median_ms, beyond (how many
                  are by themselves), most (the one that differs most)
  values          what (params, result, tag or error), key (of a tag), place (in
                  the value), before and after (null for none, else JSON; text of
                  an error or of what was cut; at most 200 characters), alike,
                  cut, more (places)
untimed and cut count what is not known, left_out what is beyond 10,000 rows.

A run is named by its number, by last, by last~1 for the one before the newest
and so on, or by four or more digits of the beginning of one of its producers'
ids. On a terminal the text goes through PAGER, or less.

Exit codes: 0 the same within the tolerance, as far as is known; 1 they differ;
2 wrong arguments, no store, or no such run.";

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
    /// 50ms, or both with a comma, and then either is enough
    #[arg(long, value_name = "SHARE,TIME", default_value = USUAL, value_parser = Tolerance::parse)]
    tolerance: Tolerance,

    /// Neither compare nor show times
    #[arg(long, conflicts_with = "tolerance")]
    stable: bool,

    /// How many rows of each sort to show
    #[arg(short = 'n', long, default_value_t = 50, value_name = "N")]
    limit: usize,

    /// As JSON: an object, as told below
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
}
