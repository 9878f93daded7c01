//! The command line of `parser`, for every program that offers it.

use std::time::Duration;

use clap::Args;

use super::run::{Options, run};
use crate::error::Error;
use crate::filter::Filter;
use crate::process::Launch;
use crate::report::{Conclusion, Report, ReportArguments, prepare, write};
use crate::vectors::load;

/// What a run of the vectors is told.
#[derive(Args, Clone, Debug)]
pub struct ParserArguments {
    /// The command that starts the consumer's adapter
    #[arg(long, value_name = "COMMAND")]
    pub adapter: String,
    /// Only the vectors whose id is like this, such as 'lines/type.id/*'; may be given again
    #[arg(long, value_name = "PATTERN")]
    pub filter: Vec<String>,
    /// How many seconds an answer of the adapter may take
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 10,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub patience: u64,
    /// Where the report goes besides
    #[command(flatten)]
    pub reports: ReportArguments,
    /// Stop at the first failure
    #[arg(long)]
    pub fail_fast: bool,
    /// Show what runner and adapter say to each other, on stderr
    #[arg(long)]
    pub trace: bool,
}

/// Gives the vectors to the consumer, says what came of it, and gives the
/// exit code.
pub(crate) fn main(arguments: &ParserArguments) -> Result<u8, Error> {
    let options = options(arguments).map_err(Error::usage)?;
    let vectors = load().map_err(Error::vectors)?;
    let report = run(&options, vectors)?;
    tell(&report, arguments).map(Conclusion::exit_code)
}

fn tell(report: &Report, arguments: &ParserArguments) -> Result<Conclusion, Error> {
    write(report, &arguments.reports.reports)?;
    Ok(report.conclusion())
}

fn options(arguments: &ParserArguments) -> Result<Options, String> {
    prepare(&arguments.reports.reports).map_err(|error| error.to_string())?;
    let command = shlex::split(&arguments.adapter).filter(|words| !words.is_empty());
    let command = command.ok_or_else(|| {
        let found = &arguments.adapter;
        format!("--adapter: expected a command with its quotes closed, found \"{found}\"")
    })?;
    let launch = Launch {
        patience: Duration::from_secs(arguments.patience),
        trace: arguments.trace,
        ..Launch::new(command)
    };
    Ok(Options {
        launch,
        filter: Filter::new(&arguments.filter)?,
        fail_fast: arguments.fail_fast,
        replay_command: replay(arguments),
    })
}

/// The beginning of a command that runs one vector again.
fn replay(arguments: &ParserArguments) -> String {
    let adapter = &arguments.adapter;
    let adapter = shlex::try_quote(adapter).map_or_else(|_| adapter.clone(), Into::into);
    format!("hero-span conformance parser --adapter {adapter}")
}
