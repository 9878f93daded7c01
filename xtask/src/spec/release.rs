//! Freezes the present contract.

use std::path::Path;

use hero_span_contract::parse_python;

use super::error::Error;
use super::frozen::{self, Released};
use super::problem::Problem;
use super::tree::{self, File, Tree};
use super::{SDK_PATH, check_all, diff};

/// Writes the present version into the lock; what stands in the way is a problem.
pub(super) fn run(root: &Path) -> Result<Vec<Problem>, Error> {
    let problems = check_all(root)?;
    if !problems.is_empty() {
        return Ok(problems);
    }
    let tree = Tree::read(root)?;
    let released = Released::read(&tree)?;
    let version = parse_python(SDK_PATH, tree.need(SDK_PATH)?)?
        .contract
        .version();
    if released.of(&version).is_some() {
        let text = format!("expected a version that is not released yet, found {version}");
        return Ok(vec![Problem::in_file(SDK_PATH, text)]);
    }
    if let Some(last) = released.newest()
        && !diff::is_fine(root)?
    {
        let text = format!(
            "expected nothing that breaks {last} and was not approved, found what is told above: \
             approve it in {}, or raise the protocol's number",
            diff::APPROVED
        );
        return Ok(vec![Problem::in_file(SDK_PATH, text)]);
    }
    let lock = released.with(&tree, &version).to_file()?;
    let file = File::new(frozen::PATH.to_owned(), lock);
    tree::write(root, &tree, &[file])?;
    eprintln!(
        "{version} is released: its files are frozen in {}",
        frozen::PATH
    );
    Ok(Vec::new())
}
