//! The `hero-span` command: arguments in, one call, output out.

mod check;
mod collect;
mod completions;
mod conformance;
mod error;
mod exit_codes;
mod explain;
mod view;

use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{Parser, Subcommand};

use crate::error::Error;

const EXAMPLES: &str = "\
Examples:
  hero-span collect                     Listen, and draw the tree of each run
  hero-span check capture.jsonl         Judge what an SDK sent
  hero-span explain value.cut           Say what a clause of the contract asks

Exit status: 0 done, or nothing found; 1 violations found; 2 wrong arguments,
or something that cannot be read or used.";

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let package = env!("CARGO_PKG_VERSION");
    format!("{package} (protocol {})", hero_span_protocol::PROTOCOL)
});

/// Watch Python flows run, and judge what an SDK sends.
#[derive(Debug, Parser)]
#[command(name = "hero-span", version = VERSION.as_str(), after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Collect(collect::Args),
    Check(check::Args),
    Explain(explain::Args),
    Conformance(conformance::Args),
    Completions(completions::Args),
}

impl Command {
    fn run(&self) -> Result<u8, Error> {
        match self {
            Self::Collect(args) => collect::run(args),
            Self::Check(args) => check::run(args),
            Self::Explain(args) => explain::run(args),
            Self::Conformance(args) => Ok(conformance::run(args)),
            Self::Completions(args) => completions::run::<Cli>(args),
        }
    }
}

fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(code) => code.into(),
        Err(error) if error.is_closed_output() => exit_codes::OK.into(),
        Err(error) => {
            anstream::eprintln!("hero-span: {error}");
            exit_codes::USAGE.into()
        }
    }
}
