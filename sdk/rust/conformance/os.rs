//! What the adapter needs of the operating system and the standard library lacks.

#![allow(unsafe_code)]

use std::ffi::c_int;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

unsafe extern "C" {
    fn fork() -> c_int;
    fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn _exit(code: c_int) -> !;
    fn dup2(from: c_int, to: c_int) -> c_int;
    fn dup(fd: c_int) -> c_int;
    fn close(fd: c_int) -> c_int;
    fn signal(number: c_int, handler: usize) -> usize;
    fn raise(number: c_int) -> c_int;
}

const SIGPIPE: c_int = 13;
const DEFAULT: usize = 0;

/// Forks, and says in which process this is: none in the child.
pub(crate) fn fork_process() -> io::Result<Option<Child>> {
    // SAFETY: the child goes on with the one thread that forked.
    match unsafe { fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(None),
        pid => Ok(Some(Child(pid))),
    }
}

/// A child, to be waited for.
pub(crate) struct Child(c_int);

impl Child {
    /// Waits for its end, and gives its exit code, or the negated signal that killed it.
    pub(crate) fn wait(self) -> io::Result<i32> {
        let mut status = 0;
        // SAFETY: the status is there to be written.
        if unsafe { waitpid(self.0, &raw mut status, 0) } < 0 {
            return Err(io::Error::last_os_error());
        }
        let signal = status & 0x7f;
        Ok(if signal == 0 {
            status >> 8 & 0xff
        } else {
            -signal
        })
    }
}

/// Ends this process at once, without exit handlers.
pub(crate) fn leave(code: i32) -> ! {
    // SAFETY: nothing is left to be done here.
    unsafe { _exit(code) }
}

/// Rust ignores SIGPIPE, and would hide one. Whoever embeds Rust may not.
pub(crate) fn let_sigpipe_kill() {
    // SAFETY: the default handler is always there.
    unsafe { signal(SIGPIPE, DEFAULT) };
}

/// Ends this process as its child was ended.
pub(crate) fn die_of(number: i32) {
    // SAFETY: the default handler is always there.
    unsafe {
        signal(number, DEFAULT);
        raise(number);
    }
}

/// A descriptor of the same file.
pub(crate) fn copy_of(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: what it gives is ours alone.
    match unsafe { dup(fd) } {
        -1 => Err(io::Error::last_os_error()),
        copy => Ok(unsafe { OwnedFd::from_raw_fd(copy) }),
    }
}

/// Makes a number serve this file, whatever it served before.
pub(crate) fn put_under(file: &impl AsRawFd, number: RawFd) {
    // SAFETY: that whoever had the number loses it is what is asked for.
    unsafe { dup2(file.as_raw_fd(), number) };
}

/// Closes a number.
pub(crate) fn close_number(number: RawFd) {
    // SAFETY: it was found to serve a file of ours.
    unsafe { close(number) };
}

/// Device and inode of what a number serves.
pub(crate) fn identity(number: RawFd) -> Option<(u64, u64)> {
    let metadata = File::from(copy_of(number).ok()?).metadata().ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// The descriptors of this process that are connected to a socket.
pub(crate) fn connections_to(path: &Path) -> io::Result<Vec<RawFd>> {
    let names = fs::read_dir("/dev/fd")?;
    let numbers: Vec<RawFd> = names
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    let leads_there = |number: &RawFd| {
        let peer = copy_of(*number).map(UnixStream::from);
        let peer = peer.and_then(|stream| stream.peer_addr());
        peer.is_ok_and(|address| address.as_pathname() == Some(path))
    };
    Ok(numbers.into_iter().filter(leads_there).collect())
}

/// A file that nobody else sees, to be appended to.
pub(crate) fn hidden_file() -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("adapter-printed-{}", std::process::id()));
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .append(true)
        .create_new(true)
        .open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}
