//! `hero-span conformance`: proves where an SDK or a consumer departs from the
//! contract.

mod runs;

use std::io::{stdin, stdout};

use clap::Subcommand;
use hero_span_conformance::{command, parser};

use crate::exit_codes;

/// Drive an SDK through its adapter, and prove where it departs from the contract
#[derive(Debug, clap::Args)]
#[command(after_help = command::EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Suite(command::Command),
    /// Speak for this program's own parser, as an adapter of `parser` does
    #[command(hide = true)]
    ParserAdapter,
}

/// Does what was asked and gives the exit code.
pub(crate) fn run(args: &Args) -> u8 {
    match &args.command {
        Command::Suite(asked) => command::main(asked),
        Command::ParserAdapter => adapt(),
    }
}

fn adapt() -> u8 {
    match parser::serve(stdin().lock(), stdout().lock(), runs::grow) {
        Ok(()) => exit_codes::OK,
        Err(error) => {
            eprintln!("hero-span: parser-adapter: {error}");
            exit_codes::USAGE
        }
    }
}
