//! What every command that listens has in common: where, until when, and the
//! line that says so.

mod descriptors;
mod place;
mod service;
mod stop;

use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use hero_span_collector::Listener;
use hero_span_protocol::env;
use tokio::runtime::{Builder, Runtime};

pub(crate) use self::descriptors::raise_limit;
pub(crate) use self::place::{Door, as_named, resolve};
pub(crate) use self::service::{ready, stopping};
pub(crate) use self::stop::{Stop, outlive_interrupts};
use crate::error::Error;

/// What listening runs in.
pub(crate) fn runtime() -> Result<Runtime, Error> {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().build();
    runtime.map_err(|e| Error::system("start", e))
}

/// Prints the line to paste where a flow is run.
pub(crate) fn announce(listener: &Listener) {
    // Nobody to tell is no reason not to listen.
    let _ = std::io::stderr().write_all(&export(listener.path()));
}

/// The line of a shell that sends what flows say to this socket.
pub(crate) fn export(path: &Path) -> Vec<u8> {
    // A path has no NUL, the one thing that cannot be quoted.
    let quoted = shlex::bytes::try_quote(path.as_os_str().as_bytes()).unwrap_or_default();
    let mut line = format!("export {}=", env::SOCKET).into_bytes();
    line.extend_from_slice(&quoted);
    line.push(b'\n');
    line
}
