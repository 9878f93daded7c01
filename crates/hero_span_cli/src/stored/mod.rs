//! What looks at a store: runs, their trees and what they said.

pub(crate) mod diff;
pub(crate) mod doctor;
mod executed;
pub(crate) mod export;
mod json;
pub(crate) mod logs;
pub(crate) mod output;
mod pager;
pub(crate) mod prune;
pub(crate) mod rebuild;
pub(crate) mod runs;
mod said;
pub(crate) mod show;
mod table;
pub(crate) mod tail;
mod when;

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap_complete::engine::ArgValueCompleter;
use hero_span_collector::store::{ExecutionLine, Reader, RunLine};

pub(crate) use self::json::print_json;
pub(crate) use self::when::{Clock, local as local_time};

use crate::completions;
use crate::error::Error;
use crate::home;

/// The file's name in the usual place.
const NAME: &str = "spans.db";

/// Which store is meant.
#[derive(Debug, clap::Args)]
pub(crate) struct StoreArgs {
    /// The store [default: var/hero-span/spans.db in HERO_HOME or ~/.hero]
    #[arg(long, value_name = "PATH")]
    pub(crate) store: Option<PathBuf>,
}

impl StoreArgs {
    pub(crate) fn path(&self) -> Result<PathBuf, Error> {
        match &self.store {
            Some(path) => Ok(path.clone()),
            None => usual_path(),
        }
    }

    pub(crate) fn open(&self) -> Result<Reader, Error> {
        Ok(Reader::open(&self.path()?)?)
    }
}

/// Which run is meant.
#[derive(Debug, clap::Args)]
struct RunArgs {
    /// The run: its number, last, last~1 for the one before it, or the beginning
    /// of an id
    #[arg(default_value = "last", add = ArgValueCompleter::new(completions::runs))]
    run: String,
}

impl RunArgs {
    fn find(&self, reader: &Reader) -> Result<RunLine, Error> {
        Ok(reader.find(&self.run)?)
    }

    /// An execution of which no span came.
    fn find_spanless(&self, reader: &Reader) -> Result<Option<ExecutionLine>, Error> {
        let found = reader.execution(&self.run)?;
        Ok(found.filter(|found| found.run.is_none()))
    }
}

/// The execution that is meant: by what it is called, or by its run.
pub(crate) fn execution(reader: &Reader, asked: &str) -> Result<ExecutionLine, Error> {
    if let Some(found) = reader.execution(asked)? {
        return Ok(found);
    }
    let of_run = reader.executions_of(reader.find(asked)?.run)?;
    let first = of_run.into_iter().next();
    first.ok_or_else(|| Error::no_execution(asked))
}

/// Where a store lies when nobody says. To look is not to make: nothing of it
/// may be there.
pub(crate) fn usual_path() -> Result<PathBuf, Error> {
    Ok(home::var_as_named()?.join(NAME))
}

/// The same, in a directory that is there.
pub(crate) fn default_path() -> Result<PathBuf, Error> {
    Ok(home::var()?.join(NAME))
}

/// Prints a line.
fn say(line: &str) -> Result<(), Error> {
    writeln!(io::stdout(), "{line}").map_err(Error::output)
}

/// Whether two paths lead to one file.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let place = |path| fs::metadata(path).map(|found| (found.dev(), found.ino()));
    match (place(one), place(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
