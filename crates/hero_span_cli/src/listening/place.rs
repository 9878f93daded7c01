//! Where to listen when nobody says.

use std::env;
use std::ffi::OsString;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::error::Error;

const NAME: &str = "hero-span.sock";

/// The socket's absolute path: the one given, or the usual place.
pub(crate) fn resolve(given: Option<&Path>) -> Result<PathBuf, Error> {
    match given {
        Some(path) => std::path::absolute(path).map_err(|e| Error::directory(path, e)),
        None => usual(set("XDG_RUNTIME_DIR"), set("HOME")),
    }
}

fn set(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn usual(runtime: Option<OsString>, home: Option<OsString>) -> Result<PathBuf, Error> {
    if let Some(runtime) = runtime {
        return Ok(Path::new(&runtime).join(NAME));
    }
    let home = home.ok_or_else(Error::no_default_path)?;
    let directory = Path::new(&home).join(".hero/var");
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&directory)
        .map_err(|e| Error::directory(&directory, e))?;
    Ok(directory.join(NAME))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_runtime_directory_comes_first() {
        let path = usual(Some("/run/user/1".into()), Some("/home/u".into())).expect("a path");
        assert_eq!(path, Path::new("/run/user/1/hero-span.sock"));
    }

    #[test]
    fn home_gets_a_private_directory() {
        let home = tempfile::tempdir().expect("a directory");
        let path = usual(None, Some(home.path().into())).expect("a path");
        assert_eq!(path, home.path().join(".hero/var/hero-span.sock"));
        let directory = home.path().join(".hero/var").metadata().expect("made");
        assert_eq!(directory.permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn without_either_it_must_be_said() {
        let error = usual(None, None).expect_err("nowhere to listen");
        insta::assert_snapshot!(error, @"expected XDG_RUNTIME_DIR or HOME to be set, found neither: say where to listen with --listen PATH");
    }
}
