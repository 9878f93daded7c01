//! The versions that were released: their files stay as they are.

use std::collections::BTreeMap;

use hero_span_contract::{Contract, quoted};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::Error;
use super::problem::Problem;
use super::tree::Tree;
use super::{SDK_PATH, SPEC_DIR};

/// Where the lock is.
pub(super) const PATH: &str = "spec/released.json";
const WRITTEN_BY: &str = "Written by `cargo xtask spec release`. Do not edit.";

/// Each released version, and the SHA-256 of each of its files.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Released {
    #[serde(rename = "$comment", default)]
    comment: String,
    versions: BTreeMap<String, BTreeMap<String, String>>,
}

/// The files of one version.
pub(super) struct OfVersion<'a> {
    version: &'a str,
    files: &'a BTreeMap<String, String>,
}

impl OfVersion<'_> {
    /// Whether it holds the file of that path.
    pub(super) fn holds(&self, path: &str) -> bool {
        let name = path.strip_prefix(&format!("{SPEC_DIR}/{}/", self.version));
        name.is_some_and(|name| self.files.contains_key(name))
    }
}

impl Released {
    /// The lock as it is, empty before the first release.
    pub(super) fn read(tree: &Tree) -> Result<Self, Error> {
        let Some(text) = tree.get(PATH) else {
            return Ok(Self::default());
        };
        serde_json::from_str(text).map_err(|cause| {
            let expected = "the versions that were released, with the hashes of their files";
            Error::at(PATH, cause.line(), expected, &cause.to_string())
        })
    }

    pub(super) fn of(&self, version: &str) -> Option<OfVersion<'_>> {
        let (version, files) = self.versions.get_key_value(version)?;
        Some(OfVersion { version, files })
    }

    /// The version that was released last: the highest.
    pub(super) fn newest(&self) -> Option<&str> {
        let number = |version: &&String| {
            let (protocol, revision) = version[1..].split_once('.').unwrap_or((&version[1..], "0"));
            (protocol.parse::<u64>().ok(), revision.parse::<u64>().ok())
        };
        self.versions.keys().max_by_key(number).map(String::as_str)
    }

    /// Whether a path is a file of some released version.
    pub(super) fn holds(&self, path: &str) -> bool {
        self.versions
            .keys()
            .filter_map(|version| self.of(version))
            .any(|of| of.holds(path))
    }

    /// Files that are missing, or not as they were released.
    pub(super) fn problems(&self, tree: &Tree) -> Vec<Problem> {
        let files = self.versions.iter().flat_map(|(version, files)| {
            files
                .iter()
                .map(move |(name, hash)| (format!("{SPEC_DIR}/{version}/{name}"), hash))
        });
        let problems = files.filter_map(|(path, hash)| {
            let found = match tree.get(&path) {
                None => "none".to_owned(),
                Some(text) if sha256(text) == *hash => return None,
                Some(_) => "another".to_owned(),
            };
            let text = format!(
                "expected the file as it was released, found {found}: it is frozen ({PATH}); to \
                 mend it, run: git checkout {path}"
            );
            Some(Problem::in_file(&path, text))
        });
        problems.collect()
    }

    /// The lock with a version more, whose files are in the tree.
    pub(super) fn with(mut self, tree: &Tree, version: &str) -> Self {
        let directory = format!("{SPEC_DIR}/{version}/");
        let files = tree.below(&directory);
        let files = files.map(|(path, text)| (path[directory.len()..].to_owned(), sha256(text)));
        WRITTEN_BY.clone_into(&mut self.comment);
        self.versions.insert(version.to_owned(), files.collect());
        self
    }

    pub(super) fn to_file(&self) -> Result<String, Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// That the docstring says something else than the version of its heading, which is frozen.
pub(super) fn said_otherwise(tree: &Tree, contract: &Contract) -> Result<Vec<Problem>, Error> {
    let version = contract.version();
    let path = format!("{SPEC_DIR}/{version}/contract.json");
    let released: Contract = serde_json::from_str(tree.need(&path)?)?;
    if released == *contract {
        return Ok(Vec::new());
    }
    let (protocol, revision) = (contract.protocol, contract.revision + 1);
    let heading = |numbers: String| quoted(&format!("Wire contract, protocol {numbers}"));
    let text = format!(
        "expected the contract of {version}, which is released, found another: see what the change \
         breaks (cargo xtask spec diff), raise the heading to {} (to {} if it breaks something), \
         then run: cargo xtask spec",
        heading(format!("{protocol}.{revision}")),
        heading((protocol + 1).to_string()),
    );
    Ok(vec![Problem::in_file(SDK_PATH, text)])
}

fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
