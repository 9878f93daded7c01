//! `hero-span conformance`: proves where an SDK departs from the contract.

mod runs;

use std::io::{stdin, stdout};

use clap::Subcommand;
use hero_span_conformance::command::{EXIT_CODES, RunArguments, main};
use hero_span_conformance::parser::{self, ParserArguments};

use crate::exit_codes;

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
    /// Give lines and connections to a consumer in any language
    #[command(after_help = EXIT_CODES)]
    Parser(ParserArguments),
    /// Speak for this program's own parser, as an adapter of `parser` does
    #[command(hide = true)]
    ParserAdapter,
}

/// Does what was asked and gives the exit code.
pub(crate) fn run(args: &Args) -> u8 {
    match &args.command {
        Command::Run(arguments) => main(arguments),
        Command::Parser(arguments) => parser::main(arguments),
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
