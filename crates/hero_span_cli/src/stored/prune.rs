//! `hero-span prune`: old runs out of the store.

use std::path::Path;

use hero_span_collector::Store;
use hero_span_collector::store::{Reader, Writer};

use super::{StoreArgs, say, when};
use crate::error::Error;
use crate::exit_codes;
use crate::progress::Progress;
use crate::size::{self, Size};
use crate::view::plural;

const EXAMPLES: &str = "\
Examples:
  hero-span prune --before 30d
      Drop every run that was last heard of more than 30 days ago.

  hero-span prune --to 500MiB
      Drop the oldest runs until the store uses no more than that.

Whole runs go, the oldest first, and never one that is not over. A collector
does the same by itself, to its --store-limit; while one works, the store is
its alone, and this command says so.

Exit codes: 0 done; 2 wrong arguments, no store, or a collector that works.";

/// Drop old runs from the store, and give their space back
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[group(id = "what", required = true, multiple = true, args = ["before", "to"])]
pub(crate) struct Args {
    /// Runs that were last heard of before then: 30d, 2026-11-27 or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    before: Option<f64>,

    /// The oldest runs, until the store uses no more than this: 500MiB, 2GiB
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    to: Option<Size>,

    #[command(flatten)]
    store: StoreArgs,
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let path = args.store.path()?;
    let before = Reader::open(&path)?.used_bytes()?;
    let mut store = open(&path)?;
    let mut progress = Progress::new("pruning");
    let pruned = store.prune(args.before, args.to.map(|to| to.0), |runs| {
        progress.tell(&plural(runs, "run"));
    })?;
    drop(progress);
    drop(store);
    let after = Reader::open(&path)?.used_bytes()?;
    say(&format!(
        "{} dropped, {} freed, {} in use",
        plural(pruned, "run"),
        Size(before.saturating_sub(after)),
        Size(after)
    ))?;
    Ok(exit_codes::OK)
}

/// The store, to change it.
pub(super) fn open(path: &Path) -> Result<Store, Error> {
    let writer = Writer {
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION"),
        socket: None,
        now_ms: crate::view::now_ms(),
    };
    Ok(Store::open(path, writer)?)
}
