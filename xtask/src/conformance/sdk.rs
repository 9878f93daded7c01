//! The SDKs that are here: each has a file in conformance/adapters.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

const PROFILES: &str = "conformance/adapters";

/// One SDK.
pub(super) struct Sdk {
    /// Its language, which its file is called after.
    pub(super) name: String,
    /// Its file, from the root.
    pub(super) profile: PathBuf,
    needs: Vec<String>,
}

/// What matters here of an SDK's file.
#[derive(Deserialize)]
struct Profile {
    #[serde(default)]
    needs: Vec<String>,
}

impl Sdk {
    /// Where its report is written.
    pub(super) fn report(&self, root: &Path) -> Result<PathBuf, String> {
        let directory = root.join("target/conformance");
        fs::create_dir_all(&directory)
            .map_err(|error| format!("{}: {error}", directory.display()))?;
        let file = directory.join(format!("{}.json", self.name));
        // A report of an earlier run would pass for this one's.
        let _ = fs::remove_file(&file);
        Ok(file)
    }

    /// The first program that it needs and this machine has not.
    pub(super) fn missing_tool(&self) -> Option<&str> {
        let path = env::var_os("PATH").unwrap_or_default();
        let is_there =
            |tool: &String| env::split_paths(&path).any(|folder| folder.join(tool).is_file());
        let missing = self.needs.iter().find(|tool| !is_there(tool));
        missing.map(String::as_str)
    }
}

/// Those that are asked for, or all; the first one that was written stands first.
pub(super) fn chosen(root: &Path, asked: &[String]) -> Result<Vec<Sdk>, String> {
    let mut sdks = all(root)?;
    sdks.sort_by_key(|sdk| (sdk.name != "python", sdk.name.clone()));
    let is_known = |name: &&String| sdks.iter().any(|sdk| sdk.name == **name);
    if let Some(name) = asked.iter().find(|name| !is_known(name)) {
        let known: Vec<&str> = sdks.iter().map(|sdk| sdk.name.as_str()).collect();
        let known = known.join(", ");
        return Err(format!("--sdk: expected one of {known}, found {name:?}"));
    }
    sdks.retain(|sdk| asked.is_empty() || asked.contains(&sdk.name));
    Ok(sdks)
}

fn all(root: &Path) -> Result<Vec<Sdk>, String> {
    let directory = root.join(PROFILES);
    let listed = fs::read_dir(&directory).map_err(|error| format!("{PROFILES}: {error}"))?;
    let files = listed.flatten().map(|entry| entry.path());
    files
        .filter(|file| file.extension().is_some_and(|end| end == "toml"))
        .map(|file| read(&file))
        .collect()
}

fn read(file: &Path) -> Result<Sdk, String> {
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let profile = Path::new(PROFILES).join(format!("{name}.toml"));
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let read: Profile =
        toml::from_str(&text).map_err(|error| format!("{}: {error}", profile.display()))?;
    Ok(Sdk {
        name: name.into_owned(),
        profile,
        needs: read.needs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(asked: &[&str]) -> Result<Vec<String>, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let asked: Vec<String> = asked.iter().map(|name| (*name).into()).collect();
        let chosen = chosen(&root, &asked)?;
        Ok(chosen.into_iter().map(|sdk| sdk.name).collect())
    }

    #[test]
    fn each_sdk_here_has_a_file() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk");
        let listed = fs::read_dir(root).unwrap().flatten();
        let rooms = listed.filter(|entry| entry.path().is_dir());
        let mut rooms: Vec<String> = rooms
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        rooms.sort_by_key(|name| (name != "python", name.clone()));
        assert_eq!(names(&[]).unwrap(), rooms);
    }

    #[test]
    fn some_can_be_chosen() {
        assert_eq!(names(&["python"]).unwrap(), ["python"]);
        let error = names(&["cobol"]).unwrap_err();
        assert!(error.contains("found \"cobol\""), "{error}");
    }

    #[test]
    fn a_tool_that_is_not_there_is_named() {
        let sdk = |needs: &[&str]| Sdk {
            name: "x".into(),
            profile: PathBuf::new(),
            needs: needs.iter().map(|tool| (*tool).into()).collect(),
        };
        assert_eq!(sdk(&["sh"]).missing_tool(), None);
        assert_eq!(
            sdk(&["sh", "no-such-tool"]).missing_tool(),
            Some("no-such-tool")
        );
    }
}
