//! The command line of `parser`, for every program that offers it.

use std::time::Duration;

use clap::Args;
use globset::{Glob, GlobMatcher};

use super::report::Report;
use super::run::{Options, run};
use crate::error::Error;
use crate::process::Launch;
use crate::vectors::load;

/// Bad usage.
const USAGE: u8 = 2;
/// Nothing can be said of the consumer.
const NOT_EVALUATED: u8 = 3;

/// What a run of the vectors is told.
#[derive(Args, Clone, Debug)]
pub struct ParserArguments {
    /// The command that starts the consumer's adapter
    #[arg(long, value_name = "COMMAND")]
    pub adapter: String,
    /// Only the vectors whose id matches, such as 'lines/type.id/*'
    #[arg(long, value_name = "GLOB")]
    pub filter: Option<String>,
    /// How many seconds an answer of the adapter may take
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 10,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub patience: u64,
    /// Stop at the first failure
    #[arg(long)]
    pub fail_fast: bool,
    /// Show what runner and adapter say to each other, on stderr
    #[arg(long)]
    pub trace: bool,
}

/// Gives the vectors to the consumer, says what came of it, and gives the
/// exit code.
pub fn main(arguments: &ParserArguments) -> u8 {
    let options = match options(arguments) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("hero-span: {message}");
            return USAGE;
        }
    };
    match read_all(&options) {
        Ok(report) => {
            print!("{}", report.to_text(&replay(arguments)));
            report.exit_code()
        }
        Err(error) => {
            eprintln!("hero-span: {error}");
            NOT_EVALUATED
        }
    }
}

fn read_all(options: &Options) -> Result<Report, Error> {
    let vectors = load().map_err(Error::vectors)?;
    run(options, vectors)
}

fn options(arguments: &ParserArguments) -> Result<Options, String> {
    let command = shlex::split(&arguments.adapter).filter(|words| !words.is_empty());
    let command = command.ok_or_else(|| {
        let found = &arguments.adapter;
        format!("--adapter: expected a command with its quotes closed, found \"{found}\"")
    })?;
    let filter = arguments.filter.as_deref().map(matcher).transpose()?;
    let launch = Launch {
        patience: Duration::from_secs(arguments.patience),
        trace: arguments.trace,
        ..Launch::new(command)
    };
    Ok(Options {
        launch,
        filter,
        fail_fast: arguments.fail_fast,
    })
}

fn matcher(pattern: &str) -> Result<GlobMatcher, String> {
    let glob = Glob::new(pattern);
    let glob = glob.map_err(|error| format!("--filter: expected a pattern: {error}"))?;
    Ok(glob.compile_matcher())
}

/// The beginning of a command that runs one vector again.
fn replay(arguments: &ParserArguments) -> String {
    let adapter = &arguments.adapter;
    let adapter = shlex::try_quote(adapter).map_or_else(|_| adapter.clone(), Into::into);
    format!("hero-span conformance parser --adapter {adapter}")
}
