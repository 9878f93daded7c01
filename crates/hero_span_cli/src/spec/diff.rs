//! `hero-span spec diff`: what becomes of old SDKs at new collectors, and the other way round.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use hero_span_compat::{Approvals, Comparison, Report, compare, read, version, versions};
use hero_span_protocol::contract::Contract;

use crate::error::Error;
use crate::exit_codes;
use crate::view::ColourArgs;

const HELP: &str = "\
A contract is a version that this program carries (such as v1), a directory with a
contract.json, or a file: a contract.json, an SDK in Python with the contract in its
docstring, or a .txt with that text alone.

Each change is found by a rule (hero-span spec rules). What breaks is shown by the smallest
line that an SDK of one side may send: it is run through both sides' JSON Schemas, and through
this program's parser where a side is the contract that it reads. A new protocol number
announces what breaks; a finding may be approved, one by one, in a file of

  [[approved]]
  rule = \"field-removed\"
  place = \"span_end.error_type\"
  reason = \"No SDK ever sent it.\"

Examples:
  hero-span spec diff v1 sdk/python/hero_tracing.py
  hero-span spec diff v1 spec/v1.1 --approved spec/approved.toml
  hero-span spec diff old.json new.json --format github

Exit codes:
  0  nothing breaks that was not approved, or announced by a new protocol number
  1  something breaks
  2  wrong arguments, or a file that holds no contract
  4  the list of approvals is out of date: an entry matches nothing";

/// Show what changed between two contracts, whom it breaks, and the line that proves it
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    /// The contract that SDKs and collectors out there keep to
    old: PathBuf,

    /// The contract that they are to keep to
    new: PathBuf,

    /// Findings that are meant, each with a reason
    #[arg(long, value_name = "FILE")]
    approved: Option<PathBuf>,

    /// How to say it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,

    #[command(flatten)]
    colour: ColourArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: one object
    Json,
    /// For a review
    Markdown,
    /// Annotations of GitHub's workflows
    Github,
}

pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    let (old, new) = (contract(&args.old)?, contract(&args.new)?);
    let mut comparison = compare(&old, &new)?;
    let stale = approvals(args.approved.as_deref())?.apply(&mut comparison);
    let report = Report {
        comparison: &comparison,
        stale: &stale,
        path: &args.new.to_string_lossy(),
    };
    let text = report.write(args.format(), args.colour.paint().colour);
    super::print(&text.map_err(|cause| Error::output(cause.into()))?)?;
    Ok(exit_code(&comparison, stale.is_empty()))
}

impl Args {
    fn format(&self) -> hero_span_compat::Format {
        match self.format {
            _ if self.json => hero_span_compat::Format::Json,
            Format::Text => hero_span_compat::Format::Text,
            Format::Json => hero_span_compat::Format::Json,
            Format::Markdown => hero_span_compat::Format::Markdown,
            Format::Github => hero_span_compat::Format::Github,
        }
    }
}

fn exit_code(comparison: &Comparison, all_match: bool) -> u8 {
    let breaks = comparison.stopping().next().is_some() || !comparison.unexplained.is_empty();
    match (breaks, all_match) {
        (true, _) => exit_codes::VIOLATIONS,
        (false, false) => exit_codes::STALE,
        (false, true) => exit_codes::OK,
    }
}

/// A file or a directory, else a version by its name.
fn contract(asked: &Path) -> Result<Contract, Error> {
    let path = match asked.is_dir() {
        true => asked.join("contract.json"),
        false => asked.to_path_buf(),
    };
    match fs::read_to_string(&path) {
        Ok(text) => Ok(read(&path.to_string_lossy(), &text)?),
        Err(cause) => by_name(asked, cause),
    }
}

fn by_name(asked: &Path, cause: io::Error) -> Result<Contract, Error> {
    let name = asked.to_string_lossy();
    version(&name)?.ok_or_else(|| Error::no_contract(asked, cause, versions().collect()))
}

fn approvals(path: Option<&Path>) -> Result<Approvals, Error> {
    let Some(path) = path else {
        return Ok(Approvals::default());
    };
    let text = fs::read_to_string(path).map_err(|cause| Error::approvals(path, cause))?;
    Ok(Approvals::read(&path.to_string_lossy(), &text)?)
}
