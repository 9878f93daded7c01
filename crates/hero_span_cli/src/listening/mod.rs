//! What every command that listens has in common: where, until when, and the
//! line that says so.

mod place;
mod stop;

use std::io::Write;

use hero_span_collector::Listener;
use hero_span_protocol::env;
use tokio::runtime::{Builder, Runtime};

pub(crate) use self::place::resolve;
pub(crate) use self::stop::Stop;
use crate::error::Error;

/// What listening runs in.
pub(crate) fn runtime() -> Result<Runtime, Error> {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().build();
    runtime.map_err(|e| Error::system("start", e))
}

/// Prints the line to paste where a flow is run.
pub(crate) fn announce(listener: &Listener) {
    use std::os::unix::ffi::OsStrExt;
    let path = listener.path().as_os_str().as_bytes();
    // A path has no NUL, the one thing that cannot be quoted.
    let quoted = shlex::bytes::try_quote(path).unwrap_or_default();
    let mut line = format!("export {}=", env::SOCKET).into_bytes();
    line.extend_from_slice(&quoted);
    line.push(b'\n');
    // Nobody to tell is no reason not to listen.
    let _ = std::io::stderr().write_all(&line);
}
