//! What the suite knows of one SDK: `conformance/adapters/*.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// An SDK's file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The programs that its commands need, so that who lacks one is told before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// The command that builds the adapter before it is started, from the root of the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<Vec<String>>,
    /// The command that starts the adapter, from the root of the repository.
    pub adapter: Vec<String>,
    /// The list of its known failures, from the root of the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_failures: Option<PathBuf>,
    /// The SDK's own tests of the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_tests: Option<UnitTests>,
}

/// An SDK's own tests, which are run and counted by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitTests {
    /// The command that runs them.
    pub command: Vec<String>,
    /// How it reports them.
    pub format: Format,
    /// How many tests each class or group has.
    pub expected: BTreeMap<String, u64>,
}

/// How a command reports its tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// As `python3 -m unittest -v` does on stderr.
    PythonUnittest,
    /// As `cargo test` does on stdout: the module is the group.
    CargoTest,
    /// As `node --test --test-reporter=tap` does on stdout: the `describe` is the group.
    Tap,
    /// As `go test -json` does on stdout: the test is the group of its subtests.
    GoTestJson,
}

impl Profile {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        const WHAT: &str = "the file of an SDK, as conformance/README.md says";
        let text = std::fs::read_to_string(path).map_err(|error| Error::file(WHAT, path, error))?;
        toml::from_str(&text).map_err(|error| Error::file(WHAT, path, error))
    }

    /// Builds what its commands run; what is said meanwhile goes to stderr.
    pub(crate) fn build(&self) -> Result<(), Error> {
        let Some(command) = &self.build else {
            return Ok(());
        };
        let words = command.join(" ");
        let (program, arguments) = command
            .split_first()
            .ok_or_else(|| Error::usage("build: expected a command, found none".into()))?;
        let status = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(std::io::stderr())
            .status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Error::build(&words, &status)),
            Err(error) => Err(Error::build(&words, &error)),
        }
    }
}
