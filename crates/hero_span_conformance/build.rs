//! Puts the JSON files of `conformance/` into the binary, so that it needs
//! nothing beside it.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The folders whose JSON files are embedded, with what lies below them.
const FOLDERS: [&str; 3] = ["cases", "regressions", "vectors"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../conformance");
    let mut files = Vec::new();
    for folder in FOLDERS {
        collect(&root.join(folder), &mut files)?;
    }
    files.sort();
    let out = Path::new(&env::var("OUT_DIR")?).join("embedded.rs");
    fs::write(out, table(&root, &files)?)?;
    Ok(())
}

/// The JSON files of a folder and those below it.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", folder.display());
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
    }
    Ok(())
}

/// The Rust expression that holds them: paths from `conformance/`, and texts.
fn table(root: &Path, files: &[PathBuf]) -> Result<String, Box<dyn Error>> {
    let mut table = String::from("&[\n");
    for file in files {
        let path = file.strip_prefix(root)?.to_string_lossy();
        let file = file.canonicalize()?;
        let file = file.to_string_lossy();
        writeln!(
            table,
            "File {{ path: {path:?}, text: include_str!({file:?}) }},"
        )?;
    }
    table.push(']');
    Ok(table)
}
