//! The JSON Schemas of the conformance suite, which its binary generates from
//! its types.

use std::path::Path;
use std::process::Command;

use super::error::Error;
use super::tree::File;

/// The schemas' names on the command line, and their files.
pub(super) const SCHEMAS: [(&str, &str); 7] = [
    ("command", "conformance/command.schema.json"),
    ("answer", "conformance/answer.schema.json"),
    ("case", "conformance/case.schema.json"),
    ("parser-command", "conformance/parser-command.schema.json"),
    ("parser-answer", "conformance/parser-answer.schema.json"),
    ("vector", "conformance/vector.schema.json"),
    ("report", "conformance/report.schema.json"),
];

/// The files as they should be. The binary must build, so the files that its
/// crates include have to be there already.
pub(super) fn files(root: &Path) -> Result<Vec<File>, Error> {
    SCHEMAS
        .into_iter()
        .map(|(name, path)| Ok(File::new(path.to_owned(), print(root, name)?)))
        .collect()
}

fn print(root: &Path, name: &str) -> Result<String, Error> {
    let arguments = format!("run --quiet --package hero_span_cli -- conformance schema {name}");
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
