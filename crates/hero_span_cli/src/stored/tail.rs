//! `hero-span tail`: events as they come, from the store of a collector that
//! works elsewhere.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use clap_complete::engine::ArgValueCompleter;
use hero_span_collector::store::{Reader, Stored};

use super::{StoreArgs, said};
use crate::completions;
use crate::error::Error;
use crate::exit_codes;
use crate::view::{ColourArgs, Look};

/// How often the store is asked: as often as a collector writes to it.
const PAUSE: Duration = Duration::from_millis(100);

/// Events that are read at once.
const AT_ONCE: usize = 2_000;

const EXAMPLES: &str = "\
Examples:
  hero-span tail
      Every event of every run, as a collector stores it, until Ctrl-C.

  hero-span tail last
      The newest run from its beginning, until it is over. Where it turns out to
      be part of another, that one is told of from then on.

Times are local.

Exit codes: 0 done; 2 wrong arguments, no store, or no such run.";

/// Print events as they come, of all runs or one
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The run: its number, last, last~1 for the one before it, or the beginning
    /// of an id [default: all]
    #[arg(add = ArgValueCompleter::new(completions::runs))]
    run: Option<String>,

    #[command(flatten)]
    store: StoreArgs,

    #[command(flatten)]
    color: ColourArgs,
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let reader = args.store.open()?;
    let run = args.run.as_deref().map(|run| reader.find(run));
    let run = run.transpose()?.map(|run| run.run);
    let look = Look {
        paint: args.color.paint(),
        ..Look::default()
    };
    let mut tail = Tail { reader, run, look };
    tail.follow()?;
    Ok(exit_codes::OK)
}

struct Tail {
    reader: Reader,
    run: Option<u64>,
    look: Look,
}

impl Tail {
    fn follow(&mut self) -> Result<(), Error> {
        let mut after = match self.run {
            Some(run) => self.reader.first_event(run)?.saturating_sub(1),
            None => self.reader.latest_event()?,
        };
        loop {
            // Asked first: what a run says last comes before its end.
            let is_over = self.is_over()?;
            let (events, until) = self.reader.events_after(after, AT_ONCE, self.run)?;
            after = until;
            if !events.is_empty() {
                self.tell(&events).map_err(Error::output)?;
            }
            if events.len() < AT_ONCE {
                if is_over {
                    return Ok(());
                }
                std::thread::sleep(PAUSE);
            }
        }
    }

    fn tell(&self, events: &[Stored]) -> io::Result<()> {
        // Standard output by itself is written line by line.
        let mut out = BufWriter::new(io::stdout().lock());
        for stored in events {
            let Some(event) = stored.event() else {
                continue;
            };
            let run = self.look.paint.dim(&format!("#{}", stored.run));
            for line in said::lines(stored, &event, self.look) {
                writeln!(out, "{run} {line}")?;
            }
        }
        out.flush()
    }

    /// Whether nothing more can come of the run that is told of. One that
    /// became part of another is told of as that from then on.
    fn is_over(&mut self) -> Result<bool, Error> {
        let Some(run) = self.run else {
            return Ok(false);
        };
        self.reader.look_again()?;
        // One that was pruned says nothing more.
        let Some(line) = self.reader.numbered_run(run)? else {
            return Ok(true);
        };
        if line.run != run {
            self.run = Some(line.run);
            let text = format!("! run {run} turned out to be part of run {}", line.run);
            let text = self.look.paint.warn(&text);
            writeln!(io::stdout(), "{text}").map_err(Error::output)?;
        }
        Ok(!line.is_running())
    }
}
