//! The process between an executor and a flow.
//!
//! ```text
//! executor ⇄ supervisor → starter, which becomes the flow → its processes
//!                ↑ adopts what loses its parent ────────────────┘
//! ```
//!
//! Every process under the flow has the supervisor as an ancestor, whatever it
//! does: who loses its parent, as in a double fork with `setsid`, is given to the
//! nearest ancestor that asked for that ([`set_child_subreaper`]). So at the end
//! everything is found, and killed. When the executor dies, its end of the
//! channel closes, and the supervisor does the same. When the supervisor dies,
//! the kernel kills the flow: the flow asked for that before it was the flow.
//!
//! Both the supervisor and the starter are the embedding program, started again:
//! nothing runs between a fork and an exec, which would need unsafe code.
//!
//! [`set_child_subreaper`]: rustix::process::set_child_subreaper

mod serve;
mod starter;
mod sweep;
mod tree;

use std::ffi::OsString;
use std::io::stdin;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, exit};

use rustix::fs::{FileType, fstat};

/// The first argument of a supervisor; its second is its role.
pub(crate) const MARKER: &str = "--hero-span-supervisor";
const SERVE: &str = "serve";
const START: &str = "start";

/// This very program, also after its file was replaced or removed.
pub(crate) const OWN: &str = "/proc/self/exe";

/// Serves as a supervisor and exits, if this process was started as one;
/// returns at once if not.
///
/// A program that calls [`Supervised::start`](crate::Supervised::start) calls
/// this first thing in its `main`, before it starts a thread or reads its
/// arguments. A supervisor has an argument of its own, and a socket as its
/// standard input.
pub fn supervisor_main() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != MARKER) || !stdin_is_socket() {
        return;
    }
    match arguments.next() {
        Some(role) if role == SERVE => exit(serve::main()),
        Some(role) if role == START => exit(starter::main(arguments.next().as_deref())),
        _ => exit(2),
    }
}

/// Whether this process was started as a supervisor.
pub(crate) fn is_one() -> bool {
    std::env::args_os()
        .nth(1)
        .is_some_and(|first| first == MARKER)
}

fn stdin_is_socket() -> bool {
    fstat(stdin()).is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::Socket)
}

/// A command that makes `program` serve.
pub(crate) fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg0("hero-span").args([MARKER, SERVE]);
    command
}

/// A command that makes this program start a flow for its parent, `pid`.
fn starter_command(pid: u32) -> Command {
    let mut command = Command::new(OWN);
    let pid = OsString::from(pid.to_string());
    command.arg0("hero-span").args([MARKER, START]).arg(pid);
    command
}
