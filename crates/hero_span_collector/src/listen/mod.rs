//! The collector's socket: bound where nobody else can meddle, and removed
//! when it is done.

mod inherited;
mod lock;
mod place;
#[cfg(test)]
mod tests;

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};

pub use self::inherited::Inherited;
pub(crate) use self::lock::{Lock, lock_path};
use self::place::Found;
use crate::{Error, Incoming};

/// How long a program that owns the socket may take to answer a probe.
const PROBE: Duration = Duration::from_secs(1);

/// A socket that listens (`transport.socket`). One that was bound here is
/// readable and writable by its owner only, and dropping it removes the socket
/// and its lock file; one that was handed over stays its giver's.
#[derive(Debug)]
pub struct Listener {
    path: PathBuf,
    /// Whose connections are accepted, beside root's.
    owner: u32,
    // Dropped in this order: the name goes before the lock on it.
    _name: Option<Name>,
    socket: UnixListener,
    _lock: Option<Lock>,
}

impl Listener {
    /// Binds `path`, which must be absolute, short enough for a socket
    /// address, in a directory that exists and that nobody else can change.
    ///
    /// A socket that a dead collector left there is replaced. Must be called
    /// within a tokio runtime.
    ///
    /// # Errors
    ///
    /// When another program listens there, when something other than a socket
    /// stands there (a symbolic link too), or when the system refuses.
    pub async fn bind(path: &Path) -> Result<Self, Error> {
        place::check_path(path)?;
        place::check_directory(path)?;
        let lock = Lock::take(path)?;
        if place::look(path)? == Found::Socket {
            remove_if_stale(path).await?;
        }
        let socket = UnixListener::bind(path).map_err(|e| match e.kind() {
            io::ErrorKind::AddrInUse => Error::in_use(path),
            _ => Error::system(path, "bind the socket", e),
        })?;
        let name = Name::of(path)?;
        Ok(Self {
            path: path.to_path_buf(),
            owner: name.owner,
            _name: Some(name),
            socket,
            _lock: Some(lock),
        })
    }

    /// Listens on a socket that was handed over. Must be called within a tokio
    /// runtime.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn inherit(inherited: Inherited) -> Result<Self, Error> {
        let Inherited { socket, path } = inherited;
        let socket = UnixListener::from_std(socket)
            .map_err(|e| Error::system(&path, "listen on the socket that was handed over", e))?;
        Ok(Self {
            path,
            owner: rustix::process::geteuid().as_raw(),
            _name: None,
            socket,
            _lock: None,
        })
    }

    /// The socket's path, as an SDK needs it.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Incoming for Listener {
    type Stream = UnixStream;

    /// The next connection of the socket's owner or root; anybody else's is
    /// closed at once.
    async fn accept(&self) -> io::Result<UnixStream> {
        loop {
            let (stream, _) = self.socket.accept().await?;
            let peer = stream.peer_cred()?.uid();
            if peer == self.owner || peer == 0 {
                return Ok(stream);
            }
        }
    }
}

/// A socket's name in the file system, and which file it is.
#[derive(Debug)]
struct Name {
    path: PathBuf,
    device: u64,
    inode: u64,
    owner: u32,
}

impl Name {
    fn of(path: &Path) -> Result<Self, Error> {
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(path, private)
            .map_err(|e| Error::system(path, "make the socket private", e))?;
        let found = std::fs::symlink_metadata(path)
            .map_err(|e| Error::system(path, "look at the socket", e))?;
        Ok(Self {
            path: path.to_path_buf(),
            device: found.dev(),
            inode: found.ino(),
            owner: found.uid(),
        })
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let found = std::fs::symlink_metadata(&self.path);
        if found.is_ok_and(|found| found.dev() == self.device && found.ino() == self.inode) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Removes a socket on which nobody listens any more.
async fn remove_if_stale(path: &Path) -> Result<(), Error> {
    match tokio::time::timeout(PROBE, UnixStream::connect(path)).await {
        Ok(Err(e)) if e.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(|e| Error::system(path, "remove the old socket", e))
        }
        Ok(Err(e)) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(Err(e)) if e.kind() == io::ErrorKind::PermissionDenied => {
            Err(Error::system(path, "probe the old socket", e))
        }
        // A full backlog answers with an error, and a stopped program not at all.
        Ok(_) | Err(_) => Err(Error::in_use(path)),
    }
}
