//! `hero-span rebuild`: what is made of events, made again.

use hero_span_collector::store::Reader;

use super::{StoreArgs, prune, say};
use crate::error::Error;
use crate::exit_codes;
use crate::progress::Progress;
use crate::view::plural;

const EXAMPLES: &str = "\
Examples:
  hero-span rebuild

Every line that was understood is kept as it came. This makes the tables of
spans, tags and words from them again, in one step that either happens or does
not: after a fault in one of them, or where a newer hero-span reads more out of
the same lines.

Exit codes: 0 done; 2 wrong arguments, no store, or a collector that works.";

/// Make spans, tags and words anew from the events in the store
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    store: StoreArgs,
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let path = args.store.path()?;
    // Refused when there is none: to rebuild is not to make.
    drop(Reader::open(&path)?);
    let mut store = prune::open(&path)?;
    let mut progress = Progress::new("rebuilding");
    let rebuilt = store.rebuild(|so_far| progress.tell(&plural(so_far.spans, "span")))?;
    drop(progress);
    let unreadable = match rebuilt.unreadable {
        0 => String::new(),
        count => format!(", {count} of which could not be read"),
    };
    say(&format!(
        "{} from {}{unreadable}",
        plural(rebuilt.spans, "span"),
        plural(rebuilt.events, "event")
    ))?;
    Ok(exit_codes::OK)
}
