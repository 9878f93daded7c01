//! The files that the generator reads and writes, in memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::checklist;
use super::error::Error;
use super::languages;
use super::schemas::PRINTED;
use super::{CONTRACT_DIR, HAND_WRITTEN, SDK_PATH, SPEC_DIR};

/// Paths from the root of the repository, with slashes, and their text.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree(BTreeMap<String, String>);

/// A file to be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) content: String,
}

impl File {
    pub(super) fn new(path: String, content: String) -> Self {
        Self { path, content }
    }
}

impl Tree {
    /// Reads the SDK, every file under the spec and contract directories, and the
    /// files that the binary prints.
    pub(super) fn read(root: &Path) -> Result<Self, Error> {
        let mut tree = Self::default();
        tree.read_file(root, SDK_PATH)?;
        tree.read_directory(root, SPEC_DIR)?;
        tree.read_directory(root, CONTRACT_DIR)?;
        for directory in checklist::CASES {
            tree.read_directory(root, directory)?;
        }
        for path in [checklist::TYPES, checklist::CHANGELOG] {
            tree.read_file(root, path)?;
        }
        for path in PRINTED
            .iter()
            .map(|(_, path)| path)
            .chain(&languages::PATHS)
        {
            if root.join(path).exists() {
                tree.read_file(root, path)?;
            }
        }
        Ok(tree)
    }

    fn read_directory(&mut self, root: &Path, directory: &str) -> Result<(), Error> {
        let absolute = root.join(directory);
        if !absolute.exists() {
            return Ok(());
        }
        let failed = |cause| Error::disk("list", directory, cause);
        for entry in fs::read_dir(&absolute).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = format!("{directory}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                self.read_directory(root, &path)?;
            } else {
                self.read_file(root, &path)?;
            }
        }
        Ok(())
    }

    fn read_file(&mut self, root: &Path, path: &str) -> Result<(), Error> {
        let bytes = fs::read(root.join(path)).map_err(|cause| Error::disk("read", path, cause))?;
        self.0.insert(
            path.to_owned(),
            String::from_utf8_lossy(&bytes).into_owned(),
        );
        Ok(())
    }

    /// The text of a file, if it is there.
    pub(super) fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// The files below a directory, and their texts.
    pub(super) fn below<'a>(
        &'a self,
        directory: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let files = self
            .0
            .iter()
            .filter(move |(path, _)| path.starts_with(directory));
        files.map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of a file that nothing can be generated without.
    pub(super) fn need(&self, path: &str) -> Result<&str, Error> {
        let missing = || {
            Error::at(
                path,
                1,
                "a file written by hand",
                "none: restore it with git",
            )
        };
        self.get(path).ok_or_else(missing)
    }

    /// The files that nobody but the generator may have put where they are.
    pub(super) fn generated_paths(&self) -> impl Iterator<Item = &str> {
        let ours = |path: &&str| {
            let versioned = path
                .strip_prefix(SPEC_DIR)
                .is_some_and(|rest| rest.starts_with("/v"));
            let versioned = versioned && path.matches('/').count() > 1;
            versioned || (path.starts_with(CONTRACT_DIR) && !HAND_WRITTEN.contains(path))
        };
        self.0.keys().map(String::as_str).filter(ours)
    }
}

/// Writes the files that are not on the disk already; their paths.
pub(super) fn write(root: &Path, tree: &Tree, files: &[File]) -> Result<Vec<String>, Error> {
    let stale = files
        .iter()
        .filter(|file| tree.get(&file.path) != Some(&file.content));
    let written = stale.map(|file| {
        let absolute: PathBuf = root.join(&file.path);
        if let Some(directory) = absolute.parent() {
            fs::create_dir_all(directory)
                .map_err(|cause| Error::disk("create", &file.path, cause))?;
        }
        fs::write(&absolute, &file.content)
            .map_err(|cause| Error::disk("write", &file.path, cause))?;
        Ok(file.path.clone())
    });
    written.collect()
}

#[cfg(test)]
impl Tree {
    pub(super) fn files(&self) -> impl Iterator<Item = (&String, &String)> {
        self.0.iter()
    }

    pub(super) fn set(&mut self, path: &str, text: &str) {
        self.0.insert(path.to_owned(), text.to_owned());
    }

    pub(super) fn remove(&mut self, path: &str) {
        self.0.remove(path);
    }
}
