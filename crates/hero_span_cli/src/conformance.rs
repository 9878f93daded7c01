//! `hero-span conformance`: proves where an SDK departs from the contract.

use clap::Subcommand;
use hero_span_conformance::command::{EXIT_CODES, RunArguments, main};

/// Drive an SDK through its adapter, and prove where it departs from the contract.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run every family of cases
    #[command(after_help = EXIT_CODES)]
    Run(RunArguments),
}

/// Does what was asked and gives the exit code.
pub(crate) fn run(args: &Args) -> u8 {
    match &args.command {
        Command::Run(arguments) => main(arguments),
    }
}
