//! The directories that are ours alone: made private, or refused.

use std::env;
use std::ffi::OsString;
use std::fs::{DirBuilder, Metadata, symlink_metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::error::Error;

const VAR: &str = "var/hero-span";

/// `var/hero-span` in `HERO_HOME`, or in `~/.hero`: what is kept there is
/// private.
pub(crate) fn var() -> Result<PathBuf, Error> {
    var_in(set("HERO_HOME"), set("HOME"))
}

/// The same place, which may not be there.
pub(crate) fn var_as_named() -> Result<PathBuf, Error> {
    Ok(base(set("HERO_HOME"), set("HOME"))?.join(VAR))
}

/// The directory of all that is kept: `HERO_HOME`, or `~/.hero`.
pub(crate) fn base_directory() -> Result<PathBuf, Error> {
    base(set("HERO_HOME"), set("HOME"))
}

fn var_in(hero_home: Option<OsString>, home: Option<OsString>) -> Result<PathBuf, Error> {
    let directory = base(hero_home, home)?.join(VAR);
    make_private(&directory, DirBuilder::new().recursive(true))?;
    Ok(directory)
}

fn base(hero_home: Option<OsString>, home: Option<OsString>) -> Result<PathBuf, Error> {
    let named = hero_home.map(|base| ("HERO_HOME", PathBuf::from(base)));
    let usual = || home.map(|home| ("HOME", Path::new(&home).join(".hero")));
    match named.or_else(usual) {
        Some((_, base)) if base.is_absolute() => Ok(base),
        Some((name, base)) => Err(Error::relative(name, &base)),
        None => Err(Error::no_home()),
    }
}

/// The value of a variable of the environment; an empty one counts as unset.
pub(crate) fn set(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Makes a directory that only its owner can enter, or sees that it is one.
pub(crate) fn make_private(directory: &Path, builder: &mut DirBuilder) -> Result<(), Error> {
    let failed = |e| Error::directory(directory, e);
    let found = match symlink_metadata(directory) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            builder.mode(0o700).create(directory).map_err(failed)?;
            // Looked at again: somebody else may have been quicker.
            symlink_metadata(directory).map_err(failed)?
        }
        found => found.map_err(failed)?,
    };
    match fault(&found) {
        Some((found, remedy)) => Err(Error::not_private(directory, found, remedy)),
        None => Ok(()),
    }
}

/// What is wrong with it, and what to do.
fn fault(found: &Metadata) -> Option<(String, &'static str)> {
    let own = rustix::process::geteuid().as_raw();
    let mode = found.mode() & 0o7777;
    let found = if found.is_symlink() {
        "a symbolic link".to_owned()
    } else if !found.is_dir() {
        "a file that is no directory".to_owned()
    } else if found.uid() != own {
        format!("one of user {}, not of {own}", found.uid())
    } else if mode & 0o077 != 0 {
        return Some((format!("one of mode {mode:04o}"), "close it with chmod 700"));
    } else {
        return None;
    };
    Some((found, "move it away"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use super::*;

    /// In a fresh directory DIR that `prepare` has been at, this is the place
    /// in `DIR/home`, or what is wrong with it.
    #[track_caller]
    fn check(prepare: impl FnOnce(&Path), expected: &str) {
        let directory = tempfile::tempdir().expect("a directory");
        let place = directory.path().join("home/var/hero-span");
        prepare(&place);
        let found = match var_in(Some(directory.path().join("home").into()), None) {
            Ok(path) => path.display().to_string(),
            Err(error) => error.to_string(),
        };
        let name = directory.path().display().to_string();
        assert_eq!(found.replace(&name, "DIR"), expected);
    }

    fn make(place: &Path, mode: u32) {
        fs::create_dir_all(place).expect("made");
        fs::set_permissions(place, fs::Permissions::from_mode(mode)).expect("set");
    }

    #[test]
    fn a_missing_directory_is_made_private() {
        let home = tempfile::tempdir().expect("a directory");
        let made = var_in(None, Some(home.path().into())).expect("made");
        assert_eq!(made, home.path().join(".hero/var/hero-span"));
        for directory in [".hero", ".hero/var", ".hero/var/hero-span"] {
            let mode = home.path().join(directory).metadata().expect("made").mode();
            assert_eq!(mode & 0o7777, 0o700, "{directory}");
        }
    }

    #[test]
    fn a_private_directory_is_taken_as_it_is() {
        check(|place| make(place, 0o700), "DIR/home/var/hero-span");
        check(|place| make(place, 0o500), "DIR/home/var/hero-span");
    }

    #[test]
    fn what_others_can_enter_is_refused() {
        for (mode, text) in [(0o755, "0755"), (0o770, "0770"), (0o1701, "1701")] {
            let expected = format!(
                "DIR/home/var/hero-span: expected a directory that only you can enter (mode 0700), found one of mode {text}: close it with chmod 700, or choose another place"
            );
            check(|place| make(place, mode), &expected);
        }
    }

    #[test]
    fn what_is_no_directory_is_refused() {
        let link = |place: &Path| {
            let elsewhere = place.with_file_name("elsewhere");
            make(&elsewhere, 0o700);
            symlink(elsewhere, place).expect("linked");
        };
        check(
            link,
            "DIR/home/var/hero-span: expected a directory that only you can enter (mode 0700), found a symbolic link: move it away, or choose another place",
        );
        let dangling = |place: &Path| {
            make(place.parent().expect("a directory"), 0o700);
            symlink("nowhere", place).expect("linked");
        };
        check(
            dangling,
            "DIR/home/var/hero-span: expected a directory that only you can enter (mode 0700), found a symbolic link: move it away, or choose another place",
        );
        let file = |place: &Path| {
            make(place.parent().expect("a directory"), 0o700);
            fs::write(place, "precious").expect("written");
        };
        check(
            file,
            "DIR/home/var/hero-span: expected a directory that only you can enter (mode 0700), found a file that is no directory: move it away, or choose another place",
        );
    }

    #[test]
    fn what_belongs_to_somebody_else_is_refused() {
        if !rustix::process::geteuid().is_root() {
            eprintln!("left out: only root can give a directory away");
            return;
        }
        let foreign = |place: &Path| {
            make(place, 0o700);
            chown(place, Some(65_534), None).expect("given away");
        };
        check(
            foreign,
            "DIR/home/var/hero-span: expected a directory that only you can enter (mode 0700), found one of user 65534, not of 0: move it away, or choose another place",
        );
    }

    #[test]
    fn a_home_must_be_known_and_absolute() {
        let error = |hero_home: Option<&str>, home: Option<&str>| {
            let error = base(hero_home.map(Into::into), home.map(Into::into));
            error.expect_err("no home").to_string()
        };
        insta::assert_snapshot!(error(None, None), @"expected HERO_HOME or HOME to be set, found neither: set one, or say the path");
        insta::assert_snapshot!(error(Some("here"), Some("/home/u")), @"here: expected HERO_HOME to name an absolute path, found a relative one: give the whole path");
        insta::assert_snapshot!(error(None, Some("u")), @"u/.hero: expected HOME to name an absolute path, found a relative one: give the whole path");
    }

    #[test]
    fn hero_home_comes_first() {
        let base = base(Some("/hero".into()), Some("/home/u".into()));
        assert_eq!(base.expect("a place"), Path::new("/hero"));
    }
}
