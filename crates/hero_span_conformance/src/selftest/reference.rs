//! The file of the reference: what it is made of, and its faults of behaviour.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::behaviour::Edits;
use super::mutant::{Cases, Fault, Mutant};
use crate::checks;
use crate::error::Error;

const WHAT: &str = "a file of the self-test, as conformance/self-test/README.md says";

/// The SDK that is broken on purpose.
#[derive(Debug)]
pub(super) struct Reference {
    /// The command that starts its adapter, from where its files lie.
    pub(super) command: Vec<String>,
    /// The names and texts of its files.
    pub(super) files: Vec<(String, String)>,
    /// The file that faults change if they name no other.
    pub(super) edited: String,
    /// Its mutants, each with the file that it stands in.
    listed: Vec<(PathBuf, Listed)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    command: Vec<String>,
    files: Vec<PathBuf>,
    mutants: Vec<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutants {
    mutant: Vec<Listed>,
}

/// A mutant as the file holds it.
#[derive(Clone, Debug, Deserialize)]
struct Listed {
    id: String,
    about: String,
    killed_by: String,
    /// Without these, the fixed cases of the check's clause.
    #[serde(default)]
    cases: Vec<String>,
    #[serde(flatten)]
    edits: Edits,
}

impl Reference {
    /// Reads the file and those that it names, from the directory that the
    /// command runs in.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let file: File = read_toml(path)?;
        let files: Vec<_> = file
            .files
            .iter()
            .map(|file| read(file))
            .collect::<Result<_, _>>()?;
        let Some((edited, _)) = files.first().cloned() else {
            return Err(Error::file(
                WHAT,
                path,
                "files: expected one or more, found none",
            ));
        };
        Ok(Self {
            command: file.command,
            files,
            edited,
            listed: listed(&file.mutants)?,
        })
    }

    /// Its mutants, all of whose edits apply.
    pub(super) fn mutants(&self) -> Result<Vec<Mutant>, Error> {
        let mut known = HashSet::new();
        let mutants = self.listed.iter().map(|(path, listed)| {
            let mutant = if known.insert(&listed.id) {
                self.mutant(listed)
            } else {
                Err("expected an id of its own".into())
            };
            let named = |why| format!("mutant {}: {why}", listed.id);
            mutant.map_err(|why| Error::file(WHAT, path, named(why)))
        });
        mutants.collect()
    }

    fn mutant(&self, listed: &Listed) -> Result<Mutant, String> {
        let Listed {
            id,
            about,
            killed_by,
            cases,
            edits,
        } = listed.clone();
        if !checks::all().contains(&killed_by.as_str()) {
            return Err(format!(
                "killed_by: expected a check's id, found {killed_by:?}"
            ));
        }
        edits.apply(self.text(edits.file.as_ref())?)?;
        Ok(Mutant {
            cases: Cases::new(&cases_of(&killed_by, cases))?,
            id,
            about,
            killed_by,
            fault: Fault::Behaviour(edits),
        })
    }

    fn text(&self, name: Option<&String>) -> Result<&str, String> {
        let name = name.unwrap_or(&self.edited);
        let file = self.files.iter().find(|(file, _)| file == name);
        file.map(|(_, text)| text.as_str())
            .ok_or_else(|| format!("file: expected one of files, found {name:?}"))
    }
}

fn cases_of(check: &str, patterns: Vec<String>) -> Vec<String> {
    if patterns.is_empty() {
        let clause = check.split('/').next().unwrap_or(check);
        return vec![format!("{clause}/*")];
    }
    patterns
}

fn listed(paths: &[PathBuf]) -> Result<Vec<(PathBuf, Listed)>, Error> {
    let mut listed = Vec::new();
    for path in paths {
        let mutants: Mutants = read_toml(path)?;
        listed.extend(
            mutants
                .mutant
                .into_iter()
                .map(|mutant| (path.clone(), mutant)),
        );
    }
    Ok(listed)
}

fn read_toml<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::file(WHAT, path, error))?;
    toml::from_str(&text).map_err(|error| Error::file(WHAT, path, error))
}

fn read(path: &Path) -> Result<(String, String), Error> {
    const WHAT: &str = "a file of the reference";
    let text = std::fs::read_to_string(path).map_err(|error| Error::file(WHAT, path, error))?;
    let name = path.file_name().unwrap_or_default();
    Ok((name.to_string_lossy().into_owned(), text))
}
