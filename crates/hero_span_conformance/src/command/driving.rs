//! How an SDK is driven: what every command asks that does it.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::error::Error;
use crate::filter::Filter;
use crate::known::KnownFailures;
use crate::process::Launch;
use crate::profile::Profile;
use crate::run::Options;

const NO_ADAPTER: &str = "--adapter: expected the command that starts the SDK's adapter, \
    such as --adapter 'python3 sdk/python/conformance_adapter.py', or --profile with its file";

/// Which SDK, which cases, and what is known of both.
#[derive(Args, Clone, Debug)]
pub struct DrivingArguments {
    /// The command that starts the SDK's adapter
    #[arg(long, value_name = "COMMAND")]
    pub adapter: Option<String>,
    /// The SDK's file, with its adapter, its own tests and its known failures
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// Only the cases whose id is like this, such as 'value.*'; may be given again
    #[arg(long, value_name = "PATTERN")]
    pub filter: Vec<String>,
    /// How many adapters run beside each other [default: 3 for each core]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// What the SDK is known to do wrong
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

impl DrivingArguments {
    /// The options that they make; the SDK's own tests with them, if its file names any.
    pub(super) fn options(&self) -> Result<Options, Error> {
        let profile = self.profile.as_deref().map(Profile::read).transpose()?;
        let command = match (&self.adapter, &profile) {
            (Some(command), _) => split(command).map_err(Error::usage)?,
            (None, Some(profile)) => built(profile)?,
            (None, None) => return Err(Error::usage(NO_ADAPTER.into())),
        };
        let known = self.known_failures(profile.as_ref())?;
        let usual = Options::new(Launch {
            patience: Duration::from_secs(self.patience),
            trace: self.trace,
            ..Launch::new(command)
        });
        Ok(Options {
            filter: Filter::new(&self.filter).map_err(Error::usage)?,
            jobs: self.jobs.map_or(usual.jobs, usize::from),
            known,
            unit_tests: profile.and_then(|profile| profile.unit_tests),
            ..usual
        })
    }

    /// The list that the arguments name, or else the profile.
    fn known_failures(&self, profile: Option<&Profile>) -> Result<KnownFailures, Error> {
        let of_profile = profile.and_then(|profile| profile.known_failures.as_ref());
        let file = self.known_failures.as_ref().or(of_profile);
        let known = file.map(|file| KnownFailures::read(file)).transpose();
        known.map(Option::unwrap_or_default)
    }
}

/// The command of an adapter that is built by now.
pub(super) fn built(profile: &Profile) -> Result<Vec<String>, Error> {
    profile.build()?;
    Ok(profile.adapter.clone())
}

pub(super) fn split(command: &str) -> Result<Vec<String>, String> {
    let words = shlex::split(command).filter(|words| !words.is_empty());
    words.ok_or_else(|| {
        format!("--adapter: expected a command with its quotes closed, found \"{command}\"")
    })
}
