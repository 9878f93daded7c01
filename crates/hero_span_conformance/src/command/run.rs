//! `run`: drives an SDK through its adapter and judges it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::driving::DrivingArguments;
use crate::error::Error;
use crate::families::Family;
use crate::process::Launch;
use crate::progress::Line;
use crate::report::{Conclusion, Report, ReportArguments, prepare, write};
use crate::run::{Options, quoted, replay, run};

/// Where generated cases that fail are written, if nothing else is said.
const REGRESSIONS: &str = "conformance/regressions";

/// What a run is told.
#[derive(Args, Clone, Debug)]
pub struct RunArguments {
    /// Which SDK, and which cases
    #[command(flatten)]
    pub driving: DrivingArguments,
    /// Only generated cases of this family; may be given again
    #[arg(long, value_name = "FAMILY")]
    pub family: Vec<Family>,
    /// How many cases are generated, in all families together
    #[arg(long, default_value_t = 2000)]
    pub cases: u64,
    /// What they are generated from; the same seed makes the same cases
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
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
    /// Leave out the rest of a group after its first failure
    #[arg(long)]
    pub fail_fast: bool,
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
    let options = options(arguments)?;
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

fn options(arguments: &RunArguments) -> Result<Options, Error> {
    prepare(&arguments.reports.reports)?;
    let usual = arguments.driving.options()?;
    let asks_for_all = arguments.family.is_empty();
    let asks_for_tests = asks_for_all && usual.filter.is_all();
    Ok(Options {
        unit_tests: usual.unit_tests.filter(|_| asks_for_tests),
        fixed: asks_for_all,
        families: families(arguments),
        cases: arguments.cases,
        seed: arguments.seed,
        jobs: if arguments.attach.is_some() {
            1
        } else {
            usual.jobs
        },
        enough: if arguments.fail_fast { 1 } else { usual.enough },
        regressions: arguments.regressions.clone(),
        replay_command: replay_command(arguments),
        launch: Launch {
            attach: arguments.attach.clone(),
            ..usual.launch
        },
        ..usual
    })
}

fn families(arguments: &RunArguments) -> Vec<Family> {
    let asked = |family: &Family| arguments.family.is_empty() || arguments.family.contains(family);
    Family::ALL.into_iter().filter(asked).collect()
}

/// The beginning of a command that runs one case again.
fn replay_command(arguments: &RunArguments) -> String {
    let mut command = arguments
        .called_as
        .clone()
        .unwrap_or_else(|| "hero-span conformance run".into());
    if let Some(adapter) = &arguments.driving.adapter {
        command += &format!(" --adapter {}", quoted(Path::new(adapter)));
    } else if let (Some(profile), None) = (&arguments.driving.profile, &arguments.called_as) {
        command += &format!(" --profile {}", quoted(profile));
    }
    if arguments.regressions != Path::new(REGRESSIONS) {
        command += &format!(" --regressions {}", quoted(&arguments.regressions));
    }
    command
}
