//! `hero-span spec`: the wire contract, compared with itself at another time.

mod diff;

use std::io::Write;

use clap::Subcommand;

use crate::error::Error;
use crate::exit_codes;

const EXAMPLES: &str = "\
Examples:
  hero-span spec diff v1 sdk/python/hero_tracing.py
                                   What a change of the contract breaks, and what shows it
  hero-span spec rules > RULES.md  Every rule, whom it breaks, and an edit that it finds";

/// Compare wire contracts: what changed, and whom it breaks
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Diff(diff::Args),
    /// Print the rules of spec diff, as Markdown
    Rules,
}

/// Does what was asked and gives the exit code.
pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    match &args.command {
        Command::Diff(args) => diff::run(args),
        Command::Rules => {
            print(&hero_span_compat::rules_page()?)?;
            Ok(exit_codes::OK)
        }
    }
}

fn print(text: &str) -> Result<(), Error> {
    let written = std::io::stdout().write_all(text.as_bytes());
    written.map_err(Error::output)
}
