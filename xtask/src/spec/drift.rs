//! Compares what is there with what the docstring makes.

use similar::TextDiff;

use super::frozen::Released;
use super::problem::Problem;
use super::tree::{File, Tree};

const REPAIR: &str = "to mend it, run: cargo xtask spec";

/// A file that the generator writes and that is missing or different.
pub(super) fn problems(tree: &Tree, wanted: &[File]) -> Vec<Problem> {
    wanted
        .iter()
        .filter_map(|file| problem(tree, file))
        .collect()
}

/// Files in the generator's own directories that it does not write.
pub(super) fn extras(tree: &Tree, wanted: &[File], released: &Released) -> Vec<Problem> {
    let known = |path: &str| wanted.iter().any(|file| file.path == path) || released.holds(path);
    let extra = tree.generated_paths().filter(|path| !known(path));
    let text = "expected generated files only, found one that `cargo xtask spec` does not write; \
        to mend it, delete or move it";
    extra
        .map(|path| Problem::in_file(path, text.to_owned()))
        .collect()
}

fn problem(tree: &Tree, file: &File) -> Option<Problem> {
    let text = match tree.get(&file.path) {
        Some(found) if found == file.content => return None,
        Some(found) => {
            let diff = unified(&file.path, found, &file.content);
            format!("differs from what is generated; {REPAIR}\n{diff}")
        }
        None => format!("expected a generated file, found none; {REPAIR}"),
    };
    Some(Problem::in_file(&file.path, text))
}

fn unified(path: &str, found: &str, wanted: &str) -> String {
    let diff = TextDiff::from_lines(found, wanted);
    let (found, wanted) = (format!("{path} (found)"), format!("{path} (expected)"));
    diff.unified_diff()
        .context_radius(2)
        .header(&found, &wanted)
        .to_string()
}
