//! `run`: drives an SDK through its adapter and judges it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::error::Error;
use crate::families::Family;
use crate::filter::Filter;
use crate::known::KnownFailures;
use crate::process::Launch;
use crate::profile::Profile;
use crate::progress::Line;
use crate::report::{Conclusion, Report, ReportArguments, prepare, write};
use crate::run::{Options, quoted, replay, run};

/// Where generated cases that fail are written, if nothing else is said.
const REGRESSIONS: &str = "conformance/regressions";

const NO_ADAPTER: &str = "--adapter: expected the command that starts the SDK's adapter, \
    such as --adapter 'python3 sdk/python/conformance_adapter.py', or --profile with its file";

/// What a run is told.
#[derive(Args, Clone, Debug)]
pub struct RunArguments {
    /// The command that starts the SDK's adapter
    #[arg(long, value_name = "COMMAND")]
    pub adapter: Option<String>,
    /// The SDK's file, with its adapter, its own tests and its known failures
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// Only the cases whose id is like this, such as 'value.*'; may be given again
    #[arg(long, value_name = "PATTERN")]
    pub filter: Vec<String>,
    /// Only generated cases of this family; may be given again
    #[arg(long, value_name = "FAMILY")]
    pub family: Vec<Family>,
    /// How many cases are generated, in all families together
    #[arg(long, default_value_t = 2000)]
    pub cases: u64,
    /// What they are generated from; the same seed makes the same cases
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many adapters run beside each other [default: 3 for each core]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Only the case in this file, which a failure has written
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cases", "seed", "family", "filter"])]
    pub replay: Option<PathBuf>,
    /// Where the report goes besides
    #[command(flatten)]
    pub reports: ReportArguments,
    /// Where generated cases that fail are written; they run first from then on
    #[arg(
        long,
        value_name = "DIRECTORY",
        default_value = REGRESSIONS
    )]
    pub regressions: PathBuf,
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
    /// Leave out the rest of a group after its first failure
    #[arg(long)]
    pub fail_fast: bool,
    /// Show what runner and adapter say to each other, on stderr
    #[arg(long)]
    pub trace: bool,
    /// Start the adapter by hand, in a debugger for instance: what to run is said on stderr, and
    /// connects it to two FIFOs in this directory
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "jobs")]
    pub attach: Option<PathBuf>,
    /// How the caller was called, if it brings the SDK's file itself
    #[arg(long, hide = true)]
    pub called_as: Option<String>,
}

/// Runs what the arguments ask for, and says what came of it.
pub(super) fn main(arguments: &RunArguments) -> Result<u8, Error> {
    let options = options(arguments).map_err(Error::usage)?;
    let progress = Line::new();
    let report = match &arguments.replay {
        Some(file) => replay(&options, file, &progress),
        None => run(&options, &progress),
    };
    tell(&report?, arguments).map(Conclusion::exit_code)
}

fn tell(report: &Report, arguments: &RunArguments) -> Result<Conclusion, Error> {
    write(report, &arguments.reports.reports)?;
    Ok(report.conclusion())
}

fn options(arguments: &RunArguments) -> Result<Options, String> {
    prepare(&arguments.reports.reports).map_err(|error| error.to_string())?;
    let profile = arguments.profile.as_deref().map(Profile::read).transpose();
    let profile = profile.map_err(|error| error.to_string())?;
    let command = match (&arguments.adapter, &profile) {
        (Some(command), _) => split(command)?,
        (None, Some(profile)) => profile.adapter.clone(),
        (None, None) => return Err(NO_ADAPTER.into()),
    };
    let filter = Filter::new(&arguments.filter)?;
    let asks_for_all = arguments.family.is_empty();
    let known = known_failures(arguments, profile.as_ref())?;
    let unit_tests = profile.and_then(|profile| profile.unit_tests);
    let usual = Options::new(Launch {
        patience: Duration::from_secs(arguments.patience),
        trace: arguments.trace,
        attach: arguments.attach.clone(),
        ..Launch::new(command)
    });
    Ok(Options {
        unit_tests: unit_tests.filter(|_| asks_for_all && filter.is_all()),
        fixed: asks_for_all,
        families: families(arguments),
        cases: arguments.cases,
        seed: arguments.seed,
        filter,
        jobs: match arguments.attach {
            Some(_) => 1,
            None => arguments.jobs.map_or(usual.jobs, usize::from),
        },
        enough: if arguments.fail_fast { 1 } else { usual.enough },
        regressions: arguments.regressions.clone(),
        known,
        replay_command: replay_command(arguments),
        ..usual
    })
}

/// The list that the arguments name, or else the profile.
fn known_failures(
    arguments: &RunArguments,
    profile: Option<&Profile>,
) -> Result<KnownFailures, String> {
    let of_profile = profile.and_then(|profile| profile.known_failures.as_ref());
    let file = arguments.known_failures.as_ref().or(of_profile);
    let known = file.map(|file| KnownFailures::read(file)).transpose();
    known
        .map(Option::unwrap_or_default)
        .map_err(|error| error.to_string())
}

fn families(arguments: &RunArguments) -> Vec<Family> {
    let asked = |family: &Family| arguments.family.is_empty() || arguments.family.contains(family);
    Family::ALL.into_iter().filter(asked).collect()
}

pub(super) fn split(command: &str) -> Result<Vec<String>, String> {
    let words = shlex::split(command).filter(|words| !words.is_empty());
    words.ok_or_else(|| {
        format!("--adapter: expected a command with its quotes closed, found \"{command}\"")
    })
}

/// The beginning of a command that runs one case again.
fn replay_command(arguments: &RunArguments) -> String {
    let mut command = arguments
        .called_as
        .clone()
        .unwrap_or_else(|| "hero-span conformance run".into());
    if let Some(adapter) = &arguments.adapter {
        command += &format!(" --adapter {}", quoted(Path::new(adapter)));
    } else if let (Some(profile), None) = (&arguments.profile, &arguments.called_as) {
        command += &format!(" --profile {}", quoted(profile));
    }
    if arguments.regressions != Path::new(REGRESSIONS) {
        command += &format!(" --regressions {}", quoted(&arguments.regressions));
    }
    command
}
