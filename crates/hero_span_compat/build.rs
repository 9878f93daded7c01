//! Puts the contract of each version under `spec/` into the crate, so that the binary compares
//! with them where there is no repository.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let spec = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../spec");
    println!("cargo:rerun-if-changed={}", spec.display());
    let mut table = String::from("&[\n");
    let mut versions: Vec<_> = fs::read_dir(&spec)?.collect::<Result<_, _>>()?;
    versions.sort_by_key(fs::DirEntry::file_name);
    for version in versions {
        let contract = version.path().join("contract.json");
        if contract.exists() {
            println!("cargo:rerun-if-changed={}", contract.display());
            let name = version.file_name();
            let (name, path) = (name.to_string_lossy(), contract.canonicalize()?);
            writeln!(
                table,
                "({name:?}, include_str!({:?})),",
                path.to_string_lossy()
            )?;
        }
    }
    table.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("versions.rs"), table)?;
    Ok(())
}
