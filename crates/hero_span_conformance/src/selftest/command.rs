//! The command line of the self-test.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{Options, Proof, prove};
use crate::checks;
use crate::error::Error;
use crate::filter::Filter;
use crate::progress::Line;
use crate::run::jobs;

/// What the self-test is told.
#[derive(Args, Clone, Debug)]
pub struct SelfTestArguments {
    /// The reference and its faults of behaviour
    #[arg(
        long,
        value_name = "FILE",
        default_value = "conformance/self-test/python.toml"
    )]
    pub reference: PathBuf,
    /// Only the mutants whose id is like this, such as 'clock-*'; may be given again
    #[arg(long, value_name = "PATTERN")]
    pub filter: Vec<String>,
    /// Do not look at this check: its mutants survive; may be given again
    #[arg(long, value_name = "CHECK")]
    pub without: Vec<String>,
    /// Run all cases of a mutant, and show every check that bites
    #[arg(long)]
    pub full: bool,
    /// How many adapters run beside each other [default: 3 for each core]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// How many seconds an answer of a sabotaged adapter may take
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 3,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub patience: u64,
    /// Also write what came of it as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Runs the self-test, says what came of it, and gives the exit code.
///
/// # Errors
/// As [`prove`], and when an argument cannot be taken.
pub(crate) fn main(arguments: &SelfTestArguments) -> Result<u8, Error> {
    let options = options(arguments).map_err(Error::usage)?;
    let proof = prove(&options, &Line::new())?;
    tell(&proof, arguments)
}

fn tell(proof: &Proof, arguments: &SelfTestArguments) -> Result<u8, Error> {
    print!("{}", proof.to_text());
    if let Some(file) = &arguments.json {
        let written = std::fs::write(file, proof.to_json());
        written.map_err(|error| Error::file("a file to write the proof to", file, error))?;
    }
    Ok(proof.exit_code())
}

fn options(arguments: &SelfTestArguments) -> Result<Options, String> {
    let known = checks::all();
    if let Some(check) = arguments
        .without
        .iter()
        .find(|check| !known.contains(&check.as_str()))
    {
        return Err(format!(
            "--without: expected a check's id, as `hero-span conformance list` shows them, found {check:?}"
        ));
    }
    Ok(Options {
        reference: arguments.reference.clone(),
        filter: Filter::new(&arguments.filter)?,
        without: arguments.without.clone(),
        jobs: arguments.jobs.map_or_else(jobs, usize::from),
        full: arguments.full,
        patience: Duration::from_secs(arguments.patience),
    })
}
