//! Replays what was recorded: reads every capture again, and compares.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::compare::{Difference, Pair};
use super::file::{self, Captured, Line, MANIFEST, Manifest};
use super::reading::{Made, Reader};
use super::{accept, text};
use crate::error::Error;
use crate::report::Conclusion;

/// How deep a version's folder may lie: below that of its protocol.
const LEVELS: usize = 3;
/// What no manifest is found in is most likely no corpus.
const NO_MANIFEST: &str = "no manifest.json, and no folder with one";

/// What came of all versions.
#[derive(Debug, Serialize)]
pub(crate) struct Replayed {
    /// In the order of their folders.
    pub(super) versions: Vec<Version>,
}

/// What came of one version of an SDK.
#[derive(Debug, Serialize)]
pub(super) struct Version {
    pub(super) sdk: String,
    pub(super) version: String,
    pub(super) protocol: u64,
    pub(super) captures: usize,
    pub(super) lines: usize,
    pub(super) differences: Vec<Difference>,
}

/// Replays every version in `directory` and in the folders below it. With
/// `is_accepted` new readings are written to the manifests.
///
/// # Errors
/// When there is no such directory, or something in it cannot be read.
pub(crate) fn replay(directory: &Path, is_accepted: bool) -> Result<Replayed, Error> {
    const WHAT: &str = "a directory of recorded captures";
    if !directory.is_dir() {
        let why = "found no directory; run this in the root of the repository, or name it";
        return Err(Error::file(WHAT, directory, why));
    }
    let mut folders = Vec::new();
    find(directory, LEVELS, &mut folders)?;
    let reader = Reader::new()?;
    let versions = folders.iter();
    let versions = versions.map(|folder| replay_version(&reader, folder, is_accepted));
    let versions = versions.collect::<Result<_, _>>()?;
    Ok(Replayed { versions })
}

/// The folders with a manifest, in the order of their names. A folder without
/// one is an error, for its captures would be passed over.
fn find(directory: &Path, levels: usize, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    if directory.join(MANIFEST).exists() {
        found.push(directory.into());
        return Ok(());
    }
    let mut below = entries(directory)?;
    below.retain(|path| path.is_dir());
    if below.is_empty() || levels == 0 {
        return Err(Error::corpus(directory, NO_MANIFEST));
    }
    below
        .iter()
        .try_for_each(|folder| find(folder, levels - 1, found))
}

/// What is in a directory and not hidden, in the order of its names.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |error| Error::corpus(directory, error);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn replay_version(reader: &Reader, folder: &Path, is_accepted: bool) -> Result<Version, Error> {
    let path = folder.join(MANIFEST);
    let mut manifest: Manifest = file::read(&path)?;
    let read = read_all(reader, folder)?;
    let mut differences = differences(&manifest, &read);
    if is_accepted && accept::take_over(&mut manifest, &read, &mut differences) {
        file::write(&path, &manifest)?;
    }
    let captures = read.values().map(Vec::len).sum();
    let lines = read.values().flatten().map(|(_, made)| made.readings.len());
    Ok(Version {
        sdk: manifest.sdk,
        version: manifest.version,
        protocol: manifest.protocol,
        captures,
        lines: lines.sum(),
        differences,
    })
}

/// The captures of each case, and what is made of them.
pub(super) type Read = BTreeMap<String, Vec<(Vec<u8>, Made)>>;

fn read_all(reader: &Reader, folder: &Path) -> Result<Read, Error> {
    let mut read = Read::new();
    for path in entries(folder)? {
        if path.ends_with(MANIFEST) {
            continue;
        }
        let captured: Vec<Captured> = file::read(&path)?;
        for Captured { case, connections } in captured {
            let bytes = connections.iter().map(|lines| Line::join(lines));
            let bytes: Result<Vec<Vec<u8>>, String> = bytes.collect();
            let bytes = bytes.map_err(|why| Error::corpus(&path, format!("{case}: {why}")))?;
            let made = bytes.into_iter().map(|bytes| {
                let made = reader.read(&bytes);
                (bytes, made)
            });
            if read.insert(case.clone(), made.collect()).is_some() {
                return Err(Error::corpus(&path, format!("{case} twice")));
            }
        }
    }
    Ok(read)
}

fn differences(manifest: &Manifest, read: &Read) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (case, recorded) in &manifest.cases {
        let read = read.get(case).map_or(&[][..], Vec::as_slice);
        if read.len() != recorded.len() {
            let expected = format!("{} captures", recorded.len());
            let found = format!("{}", read.len());
            differences.push(Difference::of_case(case, &expected, found));
        }
        for (index, ((bytes, made), recorded)) in read.iter().zip(recorded).enumerate() {
            let pair = Pair {
                case,
                connection: index + 1,
                bytes,
                recorded,
                made,
            };
            differences.extend(pair.differences());
        }
    }
    let unknown = read
        .keys()
        .filter(|case| !manifest.cases.contains_key(*case));
    let expected = "only cases that the manifest has";
    differences.extend(unknown.map(|case| Difference::of_case(case, expected, "one more")));
    differences
}

impl Replayed {
    /// Nothing that was recorded is nothing that was proved.
    pub(crate) fn conclusion(&self) -> Conclusion {
        let is_different = |version: &Version| !version.differences.is_empty();
        let captures: usize = self.versions.iter().map(|version| version.captures).sum();
        if self.versions.iter().any(is_different) {
            Conclusion::NotConformant
        } else if captures == 0 {
            Conclusion::NotEvaluated
        } else {
            Conclusion::Conformant
        }
    }

    /// For people.
    pub(crate) fn to_text(&self) -> String {
        text::text(self)
    }

    /// For programs: the versions, each with all its differences.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}
