//! `compare`: one script, two SDKs, side by side.

use std::path::{Path, PathBuf};

use clap::Args;

use super::driving::{built, split};
use crate::case::Case;
use crate::cases;
use crate::error::Error;
use crate::families::Family;
use crate::filter::Filter;
use crate::generate::case_tree;
use crate::process::Launch;
use crate::profile::Profile;
use crate::report::Conclusion;
use crate::run::Options;
use crate::side_by_side::compare;

/// How wide the output is where nobody says.
const COLUMNS: usize = 120;

/// What is compared.
#[derive(Args, Clone, Debug)]
pub struct CompareArguments {
    /// The command of the first adapter, or the SDK's file (*.toml)
    #[arg(value_name = "A")]
    pub one: String,
    /// The command of the second adapter, or the SDK's file (*.toml)
    #[arg(value_name = "B")]
    pub other: String,
    /// Only cases whose id is like this, such as 'value.*' or 'ordering/1/7'
    #[arg(long, value_name = "PATTERN")]
    pub filter: Vec<String>,
    /// The case in this file
    #[arg(long, value_name = "FILE", conflicts_with = "filter")]
    pub case: Option<PathBuf>,
    /// Show what runner and adapters say to each other, on stderr
    #[arg(long)]
    pub trace: bool,
}

/// Compares, and says what came of it.
pub(super) fn main(arguments: &CompareArguments) -> Result<u8, Error> {
    let one = options(&arguments.one, arguments.trace)?;
    let other = options(&arguments.other, arguments.trace)?;
    let comparison = compare([&one, &other], &cases(arguments)?)?;
    print!("{}", comparison.to_text(columns()));
    let conclusion = match (comparison.has_run(), comparison.is_same()) {
        (false, _) => Conclusion::NotEvaluated,
        (true, true) => Conclusion::Conformant,
        (true, false) => Conclusion::NotConformant,
    };
    Ok(conclusion.exit_code())
}

fn options(adapter: &str, trace: bool) -> Result<Options, Error> {
    let is_profile = Path::new(adapter)
        .extension()
        .is_some_and(|end| end == "toml");
    let command = if is_profile {
        built(&Profile::read(Path::new(adapter))?)?
    } else {
        split(adapter).map_err(Error::usage)?
    };
    Ok(Options::new(Launch {
        trace,
        ..Launch::new(command)
    }))
}

/// A file's case, the fixed cases, or a generated case by its id.
fn cases(arguments: &CompareArguments) -> Result<Vec<Case>, Error> {
    if let Some(file) = &arguments.case {
        return Ok(vec![cases::read(file)?]);
    }
    let filter = Filter::new(&arguments.filter).map_err(Error::usage)?;
    let mut cases = cases::fixed()?;
    cases.retain(|case| filter.takes(&case.id));
    let generated = arguments.filter.iter().filter_map(|id| generated(id));
    cases.extend(generated);
    Ok(cases)
}

/// The generated case that an id such as `ordering/1/7` names.
fn generated(id: &str) -> Option<Case> {
    let [family, seed, number] = id.split('/').collect::<Vec<_>>().try_into().ok()?;
    let family = Family::ALL
        .into_iter()
        .find(|known| known.name() == family)?;
    let tree = case_tree(family, seed.parse().ok()?, number.parse().ok()?)?;
    Some(Case {
        id: id.into(),
        ..tree.current()
    })
}

/// As wide as the terminal.
fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok();
    let columns = size.map(|size| usize::from(size.ws_col));
    columns.filter(|columns| *columns > 0).unwrap_or(COLUMNS)
}
