//! `hero-span logs`: what a run said.

use hero_span_protocol::{Event, Level, Status};

use super::pager::Pager;
use super::{RunArgs, StoreArgs, said};
use crate::error::Error;
use crate::exit_codes;
use crate::view::{ColourArgs, Look};

const EXAMPLES: &str = "\
Examples:
  hero-span logs
      What the newest run said, in the order it came.

  hero-span logs 17 --level warn
      Only warnings and errors, and failures with their whole traceback.

Times are local.

Exit codes: 0 done; 2 wrong arguments, no store, or no such run.";

/// Print what a run logged, and each failure in full
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    run: RunArgs,

    #[command(flatten)]
    store: StoreArgs,

    /// The least level to print
    #[arg(long, default_value = "debug", value_parser = level)]
    level: Level,

    /// Do not use a pager
    #[arg(long)]
    no_pager: bool,

    #[command(flatten)]
    color: ColourArgs,
}

fn level(word: &str) -> Result<Level, String> {
    Level::from_word(word).ok_or_else(|| "expected debug, info, warn or error".to_owned())
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let reader = args.store.open()?;
    let run = args.run.find(&reader)?;
    let look = Look {
        paint: args.color.paint(),
        ..Look::default()
    };
    let mut pager = Pager::start(!args.no_pager);
    let printed = reader.events(run.run, |stored| {
        if let Some(event) = stored.event().filter(|event| is_wanted(event, args.level)) {
            for line in said::lines(&stored, &event, look) {
                pager.line(&line).map_err(Error::output)?;
            }
        }
        Ok::<_, Error>(())
    });
    let finished = pager.finish().map_err(Error::output);
    printed.and(finished)?;
    Ok(exit_codes::OK)
}

/// Logs, and ends that tell of an error.
fn is_wanted(event: &Event<'_>, least: Level) -> bool {
    match event {
        Event::Log(log) => log.level >= least,
        Event::End(end) => end.status == Status::Failed,
        Event::Start(_) | Event::Tag(_) => false,
    }
}
