//! Where the socket's variable leads: to a listener, or somewhere an SDK must
//! stay off (`env.socket`).

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use crate::schedule::Schedule;

/// Bytes of the longest path that an address of a socket holds, with its NUL.
pub(crate) const ADDRESS_BYTES: usize = if cfg!(target_os = "linux") { 108 } else { 104 };
/// How far up a relative path climbs at most: the root's parent is the root, so
/// it leads to the same place wherever the adapter runs, but for deep folders.
const CLIMBS: usize = 16;
/// Linux lets nobody write to it, not even root, and asks that before it asks
/// whether it is a socket.
const FORBIDDEN_TO_ALL: &str = "/proc/sys/kernel/version";
const PLAIN: &[u8] = b"a plain file\n";

/// An address, with all that lies in the case's own folder.
#[derive(Debug)]
pub(crate) struct Address {
    value: Option<PathBuf>,
    listeners: Vec<UnixListener>,
    home: PathBuf,
    /// What lay there, if an SDK has nothing to do there.
    before: Option<Vec<Entry>>,
}

/// A file in the folder: its name, what it is, and its bytes if it is plain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    name: String,
    what: &'static str,
    bytes: Vec<u8>,
}

impl Address {
    /// Makes what the schedule wants, in a new folder.
    ///
    /// # Errors
    /// Of the kind `Unsupported` when this machine has no such thing.
    pub(crate) fn make(schedule: &Schedule, home: PathBuf) -> io::Result<Self> {
        fs::create_dir(&home)?;
        let path = home.join("s");
        let (value, listeners) = match schedule {
            Schedule::Unset => (None, Vec::new()),
            Schedule::Empty => (Some(PathBuf::new()), Vec::new()),
            Schedule::Missing => (Some(path), Vec::new()),
            Schedule::Relative => relative(&path)?,
            Schedule::Refused => (Some(refused(path)?), Vec::new()),
            Schedule::NotASocket => {
                fs::write(&path, PLAIN)?;
                (Some(path), Vec::new())
            }
            Schedule::Denied => denied(path)?,
            Schedule::TooLong => too_long(&home)?,
            _ => {
                let listener = UnixListener::bind(&path)?;
                (Some(path), vec![listener])
            }
        };
        for listener in &listeners {
            listener.set_nonblocking(true)?;
        }
        let before = schedule.is_off().then(|| entries(&home)).transpose()?;
        Ok(Self {
            value,
            listeners,
            home,
            before,
        })
    }

    /// What the variable holds; `None` is unset.
    pub(crate) fn value(&self) -> Option<&Path> {
        self.value.as_deref()
    }

    pub(crate) fn listeners(&self) -> &[UnixListener] {
        &self.listeners
    }

    /// The first file that is not as it was, where an SDK has nothing to do.
    pub(crate) fn damage(&self) -> io::Result<Option<String>> {
        let Some(before) = &self.before else {
            return Ok(None);
        };
        let after = entries(&self.home)?;
        let lacks = |some: &[Entry], entry: &&Entry| !some.contains(entry);
        let gone = before.iter().find(|entry| lacks(&after, entry));
        let new = after.iter().find(|entry| lacks(before, entry));
        Ok(match (gone, new) {
            (Some(gone), Some(new)) if gone.name == new.name => {
                Some(format!("\"{}\" changed: {} now", gone.name, new.words()))
            }
            (Some(gone), _) => Some(format!("\"{}\" is gone", gone.name)),
            (None, Some(new)) => Some(format!("\"{}\" is new: {}", new.name, new.words())),
            (None, None) => None,
        })
    }

    pub(crate) fn remove(self) -> io::Result<()> {
        fs::remove_dir_all(&self.home)
    }
}

impl Entry {
    fn words(&self) -> String {
        match self.what {
            "a plain file" => format!("a plain file of {} bytes", self.bytes.len()),
            what => what.into(),
        }
    }
}

fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = fs::read_dir(folder)?
        .map(|entry| read_entry(&entry?))
        .collect::<io::Result<_>>()?;
    entries.sort();
    Ok(entries)
}

fn read_entry(entry: &fs::DirEntry) -> io::Result<Entry> {
    let kind = entry.file_type()?;
    let (what, bytes) = if kind.is_file() {
        ("a plain file", fs::read(entry.path())?)
    } else if kind.is_dir() {
        ("a folder", Vec::new())
    } else if kind.is_symlink() {
        ("a link", Vec::new())
    } else {
        ("a socket", Vec::new())
    };
    Ok(Entry {
        name: entry.file_name().to_string_lossy().into_owned(),
        what,
        bytes,
    })
}

type Place = (Option<PathBuf>, Vec<UnixListener>);

/// A relative path that does lead to a listener, so that an SDK which tries is
/// caught.
fn relative(path: &Path) -> io::Result<Place> {
    let listener = UnixListener::bind(path)?;
    let down = path.strip_prefix("/").unwrap_or(path);
    let room = (ADDRESS_BYTES - 1).saturating_sub(down.as_os_str().len());
    let up = "../".repeat(CLIMBS.min(room / "../".len()));
    let value = Path::new(&up).join(down);
    // Ours is the first connection; what comes after it is the SDK's.
    UnixStream::connect(&value).map_err(|error| {
        unsupported(&format!(
            "a relative path of a socket in {} cannot be used: {error}",
            path.display()
        ))
    })?;
    listener.accept()?;
    Ok((Some(value), vec![listener]))
}

fn refused(path: PathBuf) -> io::Result<PathBuf> {
    drop(UnixListener::bind(&path)?);
    Ok(path)
}

/// A socket without permissions; where we may use even that, we are root, and
/// take what is forbidden to root as well.
fn denied(path: PathBuf) -> io::Result<Place> {
    let listener = UnixListener::bind(&path)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000))?;
    if is_denied(&path) {
        return Ok((Some(path), vec![listener]));
    }
    fs::remove_file(&path)?;
    let forbidden = PathBuf::from(FORBIDDEN_TO_ALL);
    if is_denied(&forbidden) {
        return Ok((Some(forbidden), Vec::new()));
    }
    Err(unsupported(
        "nothing here is forbidden to this user; run the suite as a user with fewer rights",
    ))
}

fn is_denied(path: &Path) -> bool {
    let error = UnixStream::connect(path).err();
    error.is_some_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

/// A path too long for an address, with listeners at its end and wherever it
/// leads when it is cut, with room for a NUL or without.
fn too_long(home: &Path) -> io::Result<Place> {
    let folder = home.join("d".repeat(ADDRESS_BYTES));
    let cut = |bytes: usize| -> io::Result<PathBuf> {
        let text = folder.as_os_str().to_string_lossy();
        let cut = text.get(..bytes).map(PathBuf::from);
        cut.filter(|cut| cut.parent() == Some(home))
            .ok_or_else(|| unsupported("the folder for temporary files has too long a path"))
    };
    fs::create_dir(&folder)?;
    let short = home.join("l");
    symlink(&folder, &short)?;
    let listeners = vec![
        UnixListener::bind(short.join("s"))?,
        UnixListener::bind(cut(ADDRESS_BYTES - 1)?)?,
    ];
    symlink(cut(ADDRESS_BYTES - 1)?, cut(ADDRESS_BYTES)?)?;
    Ok((Some(folder.join("s")), listeners))
}

fn unsupported(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(schedule: &Schedule) -> (tempfile::TempDir, Address) {
        let directory = tempfile::tempdir().unwrap();
        let address = Address::make(schedule, directory.path().join("c1")).unwrap();
        (directory, address)
    }

    /// What a connection to the address comes to; as an SDK would, without
    /// looking at the path first.
    fn check(schedule: &Schedule, expected: Result<(), io::ErrorKind>) {
        let (_directory, address) = make(schedule);
        let found = UnixStream::connect(address.value().unwrap());
        let found = found.map(drop).map_err(|error| error.kind());
        assert_eq!(found, expected, "{schedule:?}");
        assert_eq!(address.damage().unwrap(), None, "{schedule:?}");
        assert_eq!(address.listeners().is_empty(), expected.is_err());
        let home = address.home.clone();
        address.remove().unwrap();
        assert!(!home.exists());
    }

    #[test]
    fn each_address_is_what_it_says() {
        use io::ErrorKind;
        check(&Schedule::Normal, Ok(()));
        check(&Schedule::Missing, Err(ErrorKind::NotFound));
        check(&Schedule::Refused, Err(ErrorKind::ConnectionRefused));
        check(&Schedule::NotASocket, Err(ErrorKind::ConnectionRefused));
        check(&Schedule::Relative, Ok(()));
        assert_eq!(make(&Schedule::Unset).1.value(), None);
        assert_eq!(make(&Schedule::Empty).1.value(), Some(Path::new("")));
        let (_directory, relative) = make(&Schedule::Relative);
        assert!(relative.value().unwrap().is_relative());
    }

    #[test]
    fn nobody_may_connect_where_it_is_denied() {
        let (_directory, address) = make(&Schedule::Denied);
        let error = UnixStream::connect(address.value().unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }

    /// An SDK that is clever about a long path, and one that cuts it.
    #[test]
    fn a_path_that_is_too_long_is_watched_wherever_it_may_lead() {
        let (_directory, address) = make(&Schedule::TooLong);
        let path = address.value().unwrap();
        assert!(path.as_os_str().len() > ADDRESS_BYTES);
        let error = UnixStream::connect(path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        let text = path.to_str().unwrap();
        let folder = fs::File::open(path.parent().unwrap()).unwrap();
        let around = format!(
            "/proc/self/fd/{}/s",
            std::os::fd::AsRawFd::as_raw_fd(&folder)
        );
        let [real, cut] = address.listeners() else {
            panic!("{:?}", address.listeners());
        };
        let accepts = |listener: &UnixListener| listener.accept().is_ok();
        UnixStream::connect(around).unwrap();
        assert!(accepts(real) && !accepts(cut));
        UnixStream::connect(&text[..ADDRESS_BYTES - 1]).unwrap();
        assert!(!accepts(real) && accepts(cut));
        let full = &text[..ADDRESS_BYTES];
        assert!(
            fs::metadata(full).is_ok(),
            "a cut without a NUL leads there"
        );
    }

    fn check_damage(schedule: &Schedule, harm: impl Fn(&Path), expected: &str) {
        let (_directory, address) = make(schedule);
        harm(address.value().unwrap());
        assert_eq!(address.damage().unwrap().as_deref(), Some(expected));
    }

    #[test]
    fn harm_to_the_files_is_seen() {
        let fill = |path: &Path| fs::write(path, "a line\n").unwrap();
        let remove = |path: &Path| fs::remove_file(path).unwrap();
        check_damage(
            &Schedule::NotASocket,
            fill,
            "\"s\" changed: a plain file of 7 bytes now",
        );
        check_damage(&Schedule::NotASocket, remove, "\"s\" is gone");
        check_damage(&Schedule::Refused, remove, "\"s\" is gone");
        check_damage(
            &Schedule::Missing,
            fill,
            "\"s\" is new: a plain file of 7 bytes",
        );
    }
}
