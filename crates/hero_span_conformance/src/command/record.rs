//! `record` and `replay`: what released versions of SDKs sent, and whether it
//! is still read as it was.

use std::path::PathBuf;

use clap::Args;

use super::driving::DrivingArguments;
use crate::corpus::{CORPUS, RecordOptions, record, replay};
use crate::error::Error;
use crate::progress::Line;

/// What is recorded.
#[derive(Args, Clone, Debug)]
pub struct RecordArguments {
    /// Which SDK, and which cases; those that are known to fail are left out
    #[command(flatten)]
    pub driving: DrivingArguments,
    /// Where the folder SDK-VERSION is made
    #[arg(long, value_name = "DIRECTORY")]
    pub out: PathBuf,
    /// Record a version anew that is there already, and lose what is there
    #[arg(long)]
    pub force: bool,
    /// Leave out the captures of a case that are larger together
    #[arg(long, value_name = "BYTES", default_value_t = 24_576)]
    pub case_bytes: usize,
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
    super::print(&told);
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
    Ok(RecordOptions {
        run: arguments.driving.options()?,
        out: arguments.out.clone(),
        force: arguments.force,
        case_bytes: arguments.case_bytes,
    })
}
