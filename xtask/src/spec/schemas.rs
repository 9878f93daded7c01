//! What the binary generates: the JSON Schemas of the conformance suite, from its
//! types, and the page of rules by which contracts are compared.

use std::path::Path;
use std::process::Command;

use super::error::Error;
use super::tree::File;

/// What the binary is asked for, and the files.
pub(super) const PRINTED: [(&str, &str); 8] = [
    (
        "conformance schema command",
        "conformance/command.schema.json",
    ),
    (
        "conformance schema answer",
        "conformance/answer.schema.json",
    ),
    ("conformance schema case", "conformance/case.schema.json"),
    (
        "conformance schema parser-command",
        "conformance/parser-command.schema.json",
    ),
    (
        "conformance schema parser-answer",
        "conformance/parser-answer.schema.json",
    ),
    (
        "conformance schema vector",
        "conformance/vector.schema.json",
    ),
    (
        "conformance schema report",
        "conformance/report.schema.json",
    ),
    ("spec rules", "spec/RULES.md"),
];

/// The files as they should be. The binary must build, so the files that its
/// crates include have to be there already.
pub(super) fn files(root: &Path) -> Result<Vec<File>, Error> {
    PRINTED
        .into_iter()
        .map(|(asked, path)| Ok(File::new(path.to_owned(), print(root, asked)?)))
        .collect()
}

fn print(root: &Path, asked: &str) -> Result<String, Error> {
    let arguments = format!("run --quiet --package hero_span_cli -- {asked}");
    let mut command = Command::new(env!("CARGO"));
    command
        .args(arguments.split_whitespace())
        .current_dir(root)
        // Set for this program's own build; a build inside would differ by it and start anew.
        .env_remove("CARGO_MANIFEST_DIR");
    let output = command
        .output()
        .map_err(|cause| Error::disk("run", "cargo", cause))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Error::command(format!("cargo {arguments}"), said))
}
