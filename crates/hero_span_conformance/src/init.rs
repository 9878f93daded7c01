//! Adapters to begin with: they speak the dialogue and run what needs no SDK.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use crate::error::Error;

/// A language that an adapter can be begun in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// Python 3.9 and later, without dependencies
    Python,
    /// TypeScript for Node 20 and later, without dependencies
    Typescript,
    /// Go 1.22 and later, with the standard library
    Go,
    /// Rust, edition 2024, with serde_json; for Linux
    Rust,
    /// How to write one in any other language
    Other,
}

impl Language {
    /// The text to begin with.
    pub const fn template(self) -> &'static str {
        match self {
            Self::Python => include_str!("init/adapter.py"),
            Self::Typescript => include_str!("init/adapter.ts"),
            Self::Go => include_str!("init/adapter.go"),
            Self::Rust => include_str!("init/adapter.rs"),
            Self::Other => include_str!("init/other.md"),
        }
    }
}

/// Writes the text to begin with into a new file, or with `force` over an old
/// one.
///
/// # Errors
/// When the file is there already, or cannot be written.
pub fn write(language: Language, file: &Path, force: bool) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true);
    match force {
        true => options.create(true).truncate(true),
        false => options.create_new(true),
    };
    let written = options
        .open(file)
        .and_then(|mut file| file.write_all(language.template().as_bytes()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Error::file(
            "a new file",
            file,
            "it is there already; name another, or add --force to lose what it holds",
        ),
        _ => Error::file("a file to write the adapter to", file, error),
    })
}
