//! `record` and `replay`: what released versions of SDKs sent, and whether it
//! is still read as it was.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::run::split;
use crate::corpus::{CORPUS, RecordOptions, record, replay};
use crate::error::Error;
use crate::filter::Filter;
use crate::known::KnownFailures;
use crate::process::Launch;
use crate::profile::Profile;
use crate::progress::Line;
use crate::run::Options;

const NO_ADAPTER: &str = "--adapter: expected the command that starts the SDK's adapter, or \
    --profile with its file";

/// What is recorded.
#[derive(Args, Clone, Debug)]
pub struct RecordArguments {
    /// The command that starts the SDK's adapter
    #[arg(long, value_name = "COMMAND")]
    pub adapter: Option<String>,
    /// The SDK's file, with its adapter and its known failures
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// Where the folder SDK-VERSION is made
    #[arg(long, value_name = "DIRECTORY")]
    pub out: PathBuf,
    /// Record a version anew that is there already, and lose what is there
    #[arg(long)]
    pub force: bool,
    /// Only the cases whose id is like this, such as 'value.*'; may be given again
    #[arg(long, value_name = "PATTERN")]
    pub filter: Vec<String>,
    /// Leave out the captures of a case that are larger together
    #[arg(long, value_name = "BYTES", default_value_t = 24_576)]
    pub case_bytes: usize,
    /// How many adapters run beside each other [default: 3 for each core]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// What the SDK is known to do wrong; these cases are left out
    #[arg(long, value_name = "FILE")]
    pub known_failures: Option<PathBuf>,
    /// How many seconds an answer of the adapter may take
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 10,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub patience: u64,
    /// Show what runner and adapter say to each other, on stderr
    #[arg(long)]
    pub trace: bool,
}

/// What is replayed.
#[derive(Args, Clone, Debug)]
pub struct ReplayArguments {
    /// The corpus, or a part of it: a protocol's folder, or a version's
    #[arg(value_name = "DIRECTORY", default_value = CORPUS)]
    pub directory: PathBuf,
    /// What came of it as JSON, instead of a table
    #[arg(long)]
    pub json: bool,
    /// Write what is read differently, and new breaches, to the manifests: for a change that is
    /// meant
    #[arg(long)]
    pub accept: bool,
}

/// Records, and says what came of it.
pub(super) fn main(arguments: &RecordArguments) -> Result<u8, Error> {
    let options = options(arguments)?;
    let (conclusion, told) = record(&options, &Line::new())?;
    print!("{told}");
    Ok(conclusion.exit_code())
}

/// Replays, and says what came of it.
pub(super) fn main_of_replay(arguments: &ReplayArguments) -> Result<u8, Error> {
    let replayed = replay(&arguments.directory, arguments.accept)?;
    super::print(&match arguments.json {
        true => replayed.to_json(),
        false => replayed.to_text(),
    });
    Ok(replayed.conclusion().exit_code())
}

fn options(arguments: &RecordArguments) -> Result<RecordOptions, Error> {
    let profile = arguments
        .profile
        .as_deref()
        .map(Profile::read)
        .transpose()?;
    let command = match (&arguments.adapter, &profile) {
        (Some(command), _) => split(command).map_err(Error::usage)?,
        (None, Some(profile)) => profile.adapter.clone(),
        (None, None) => return Err(Error::usage(NO_ADAPTER.into())),
    };
    let of_profile = profile.and_then(|profile| profile.known_failures);
    let known = arguments.known_failures.clone().or(of_profile);
    let known = known.map(|file| KnownFailures::read(&file)).transpose()?;
    let usual = Options::new(Launch {
        patience: Duration::from_secs(arguments.patience),
        trace: arguments.trace,
        ..Launch::new(command)
    });
    Ok(RecordOptions {
        run: Options {
            filter: Filter::new(&arguments.filter).map_err(Error::usage)?,
            jobs: arguments.jobs.map_or(usual.jobs, usize::from),
            known: known.unwrap_or_default(),
            ..usual
        },
        out: arguments.out.clone(),
        force: arguments.force,
        case_bytes: arguments.case_bytes,
    })
}
