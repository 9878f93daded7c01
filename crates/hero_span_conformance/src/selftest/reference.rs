//! The file of the reference: what it is made of, and its faults of behaviour.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::behaviour::Edits;
use super::mutant::{Cases, Fault, Mutant};
use crate::checks;
use crate::error::Error;

const WHAT: &str = "a file of the self-test, as conformance/self-test/README.md says";

/// So many lines are shown of what a compiler says.
const SAID: usize = 20;

/// The SDK that is broken on purpose.
#[derive(Debug)]
pub(super) struct Reference {
    /// The command that builds its adapter, from where its files lie.
    build: Option<Vec<String>>,
    /// The command that starts it, from there too.
    pub(super) command: Vec<String>,
    /// Whether the suite proves itself with it: then the faults that are none of an SDK's are tried
    /// too, and each check must have one.
    pub(super) proves_the_suite: bool,
    /// The paths of its files and their texts.
    pub(super) files: Vec<(String, String)>,
    /// The file that faults change if they name no other.
    pub(super) edited: String,
    /// Its mutants, each with the file that it stands in.
    listed: Vec<(PathBuf, Listed)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    root: PathBuf,
    #[serde(default)]
    build: Option<Vec<String>>,
    command: Vec<String>,
    #[serde(default)]
    proves_the_suite: bool,
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
            .map(|name| read(&file.root, name))
            .collect::<Result<_, _>>()?;
        let Some((edited, _)) = files.first().cloned() else {
            return Err(Error::file(
                WHAT,
                path,
                "files: expected one or more, found none",
            ));
        };
        Ok(Self {
            build: file.build,
            command: file.command,
            proves_the_suite: file.proves_the_suite,
            files,
            edited,
            listed: listed(&file.mutants)?,
        })
    }

    /// Puts a copy into a directory, with these edits, and builds it.
    pub(super) fn copy(&self, edits: Option<&Edits>, directory: &Path) -> Result<(), Error> {
        const WHAT: &str = "a file to write";
        for (name, text) in &self.files {
            let edits = edits.filter(|edits| edits.file.as_ref().unwrap_or(&self.edited) == name);
            let changed = edits.map(|edits| edits.apply(text).unwrap_or_default());
            let path = directory.join(name);
            let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
            folder
                .and_then(|()| std::fs::write(&path, changed.as_ref().unwrap_or(text)))
                .map_err(|error| Error::file(WHAT, &path, error))?;
        }
        self.build
            .as_deref()
            .map_or(Ok(()), |command| build(command, directory))
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

fn read(root: &Path, name: &Path) -> Result<(String, String), Error> {
    const WHAT: &str = "a file of the reference";
    let path = root.join(name);
    let text = std::fs::read_to_string(&path).map_err(|error| Error::file(WHAT, &path, error))?;
    Ok((name.to_string_lossy().into_owned(), text))
}

fn build(command: &[String], directory: &Path) -> Result<(), Error> {
    let words = command.join(" ");
    let (program, arguments) = command.split_first().unzip();
    let output = Command::new(program.map_or("", String::as_str))
        .args(arguments.unwrap_or_default())
        .current_dir(directory)
        .stdin(Stdio::null())
        .output();
    let output = output.map_err(|error| Error::build(&words, &error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first: Vec<&str> = said.lines().take(SAID).collect();
    Err(Error::build(&words, &first.join("\n")))
}
