//! Where to listen.

use std::ffi::OsString;
use std::fs::DirBuilder;
use std::path::{Path, PathBuf};

use hero_span_collector::{Inherited, Listener};

use crate::error::Error;
use crate::home;

const NAME: &str = "collector.sock";

/// The socket's absolute path: the one given, or the usual place, whose
/// directory is made if it is missing.
pub(crate) fn resolve(given: Option<&Path>) -> Result<PathBuf, Error> {
    match given {
        Some(path) => absolute(path),
        None => usual(home::set("XDG_RUNTIME_DIR"), home::var),
    }
}

/// The same path, of which nothing may be there: to look is not to make.
pub(crate) fn as_named(given: Option<&Path>) -> Result<PathBuf, Error> {
    match given {
        Some(path) => absolute(path),
        None => match in_runtime(home::set("XDG_RUNTIME_DIR")) {
            Some(directory) => Ok(directory.join(NAME)),
            None => Ok(home::var_as_named()?.join(NAME)),
        },
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(|e| Error::directory(path, e))
}

fn usual(
    runtime: Option<OsString>,
    var: impl FnOnce() -> Result<PathBuf, Error>,
) -> Result<PathBuf, Error> {
    let Some(directory) = in_runtime(runtime) else {
        return Ok(var()?.join(NAME));
    };
    // The runtime directory itself is the system's to make.
    home::make_private(&directory, &mut DirBuilder::new())?;
    Ok(directory.join(NAME))
}

/// Our directory in the runtime directory, if there is one. A relative one is
/// to be ignored: so says the specification of XDG.
fn in_runtime(runtime: Option<OsString>) -> Option<PathBuf> {
    let runtime = runtime.map(PathBuf::from).filter(|path| path.is_absolute());
    Some(runtime?.join("hero-span"))
}

/// A socket to listen on.
pub(crate) enum Door {
    HandedOver(Inherited),
    At(PathBuf),
}

impl Door {
    /// The socket that a service manager has handed over, or a path to bind.
    /// To be found before anything else opens files.
    pub(crate) fn find(given: Option<&Path>) -> Result<Self, Error> {
        let handed_over = Inherited::take()?;
        let given = given.map(absolute).transpose()?;
        match (handed_over, given) {
            (Some(socket), Some(given)) if socket.path() != given => {
                Err(Error::two_sockets(&given, socket.path()))
            }
            (Some(socket), _) => Ok(Self::HandedOver(socket)),
            (None, given) => resolve(given.as_deref()).map(Self::At),
        }
    }

    pub(crate) async fn listen(self) -> Result<Listener, Error> {
        let listener = match self {
            Self::HandedOver(socket) => Listener::inherit(socket),
            Self::At(path) => Listener::bind(&path).await,
        };
        Ok(listener?)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn at(runtime: &Path) -> Result<PathBuf, Error> {
        usual(Some(runtime.into()), || panic!("not asked for"))
    }

    #[test]
    fn the_runtime_directory_comes_first_and_gets_a_private_directory() {
        let runtime = tempfile::tempdir().expect("a directory");
        for _ in 0..2 {
            let path = at(runtime.path()).expect("a path");
            assert_eq!(path, runtime.path().join("hero-span/collector.sock"));
        }
        let made = runtime.path().join("hero-span").metadata().expect("made");
        assert_eq!(made.permissions().mode() & 0o7777, 0o700);
    }

    #[test]
    fn without_a_runtime_directory_it_is_where_things_are_kept() {
        for runtime in [None, Some("relative".into())] {
            let path = usual(runtime, || Ok("/hero/var/hero-span".into()));
            let expected = Path::new("/hero/var/hero-span/collector.sock");
            assert_eq!(path.expect("a path"), expected);
        }
    }

    #[test]
    fn a_place_that_is_not_private_is_refused() {
        let runtime = tempfile::tempdir().expect("a directory");
        let name = runtime.path().display().to_string();
        let error = || {
            let error = at(runtime.path()).expect_err("refused");
            error.to_string().replace(&name, "DIR")
        };
        symlink(runtime.path(), runtime.path().join("hero-span")).expect("linked");
        insta::assert_snapshot!(error(), @"DIR/hero-span: expected a directory that only you can enter (mode 0700), found a symbolic link: move it away, or choose another place");
        fs::remove_file(runtime.path().join("hero-span")).expect("removed");
        fs::create_dir(runtime.path().join("hero-span")).expect("made");
        let open = fs::Permissions::from_mode(0o750);
        fs::set_permissions(runtime.path().join("hero-span"), open).expect("opened");
        insta::assert_snapshot!(error(), @"DIR/hero-span: expected a directory that only you can enter (mode 0700), found one of mode 0750: close it with chmod 700, or choose another place");
        let error = at(&runtime.path().join("gone")).expect_err("refused");
        insta::assert_snapshot!(error.to_string().replace(&name, "DIR"), @"DIR/gone/hero-span: cannot make a private directory: No such file or directory (os error 2): choose another place");
    }
}
