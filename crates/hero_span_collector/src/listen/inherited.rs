//! A socket that a service manager bound, and hands over to us.

use std::env;
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};

use listenfd::ListenFd;

use crate::Error;

/// A listening socket from `LISTEN_FDS`, as systemd hands it over.
#[derive(Debug)]
pub struct Inherited {
    pub(super) socket: StdListener,
    pub(super) path: PathBuf,
}

impl Inherited {
    /// The socket that was handed over to this process, if one was.
    ///
    /// `LISTEN_FDS` and `LISTEN_PID` are removed from the environment then:
    /// call it first, before there are threads or files of your own.
    ///
    /// # Errors
    ///
    /// When what was handed over is not one Unix stream socket that listens
    /// and has an absolute path.
    pub fn take() -> Result<Option<Self>, Error> {
        match count()? {
            0 => return Ok(None),
            1 => {}
            more => return Err(Error::inherited(&format!("{more} descriptors"))),
        }
        let socket = ListenFd::from_env().take_unix_listener(0);
        let socket = socket.map_err(|e| Error::inherited(&e.to_string()))?;
        socket.map(Self::new).transpose()
    }

    /// The socket's path, as an SDK needs it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn new(socket: StdListener) -> Result<Self, Error> {
        let system = |e| Error::system(Path::new(FDS), "use the socket that was handed over", e);
        let listens = rustix::net::sockopt::socket_acceptconn(&socket);
        if !listens.map_err(|e| system(e.into()))? {
            return Err(Error::inherited("a socket that does not listen"));
        }
        let address = socket.local_addr().map_err(system)?;
        let path = address.as_pathname().filter(|path| path.is_absolute());
        let Some(path) = path else {
            return Err(Error::inherited("a socket without an absolute path"));
        };
        // Else one accept would hold up all connections.
        socket.set_nonblocking(true).map_err(system)?;
        let path = path.to_path_buf();
        Ok(Self { socket, path })
    }
}

const FDS: &str = "LISTEN_FDS";

/// How many descriptors were handed over to this process. Those of another one
/// were inherited by mistake, and are none of our business.
fn count() -> Result<usize, Error> {
    let own = std::process::id().to_string();
    let (Some(pid), Some(fds)) = (env::var_os("LISTEN_PID"), env::var_os(FDS)) else {
        return Ok(0);
    };
    if pid != *own {
        return Ok(0);
    }
    let text = fds.to_string_lossy();
    let count = text.parse();
    count.map_err(|_| Error::inherited(&format!("\"{}\"", text.escape_debug())))
}
