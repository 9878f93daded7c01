//! Makes the sending end of a connection small, from the receiving end.
//!
//! On Linux what a Unix stream holds counts against the sender alone: the
//! receiver's own buffer size changes nothing, and with the sender's usual one
//! a line is taken whole or not at all. So the runner borrows the SDK's
//! descriptor and sets the size there, as a machine with small buffers would.

use std::io;
use std::os::unix::net::UnixStream;

/// Makes the peer's send buffer as small as the kernel lets it be, some 4 KiB.
///
/// # Errors
/// Of the kind `Unsupported` where the kernel does not let us.
#[cfg(target_os = "linux")]
pub(crate) fn shrink_senders(stream: &UnixStream) -> io::Result<()> {
    use std::os::fd::OwnedFd;

    use rustix::net::sockopt::{set_socket_send_buffer_size, socket_peercred};
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

    let unsupported = |error: rustix::io::Errno| {
        let why = format!("the SDK's socket cannot be made small: {error}");
        io::Error::new(io::ErrorKind::Unsupported, why)
    };
    let process = socket_peercred(stream).map_err(unsupported)?.pid;
    let handle = pidfd_open(process, PidfdFlags::empty()).map_err(unsupported)?;
    let ours = stream.local_addr()?;
    let leads_to_us = |descriptor: OwnedFd| {
        let other = UnixStream::from(descriptor);
        let theirs = other.peer_addr().ok()?;
        (theirs.as_pathname()? == ours.as_pathname()?).then_some(other)
    };
    for number in sockets_of(process.as_raw_nonzero().get())? {
        let flags = PidfdGetfdFlags::empty();
        let descriptor = match pidfd_getfd(&handle, number, flags) {
            Ok(descriptor) => descriptor,
            Err(rustix::io::Errno::BADF) => continue,
            Err(error) => return Err(unsupported(error)),
        };
        if let Some(theirs) = leads_to_us(descriptor) {
            return Ok(set_socket_send_buffer_size(theirs, 1)?);
        }
    }
    Err(unsupported(rustix::io::Errno::BADF))
}

/// The descriptors of a process that are sockets.
#[cfg(target_os = "linux")]
fn sockets_of(process: i32) -> io::Result<Vec<i32>> {
    let folder = std::fs::read_dir(format!("/proc/{process}/fd"))?;
    let numbers = folder.filter_map(|entry| {
        let entry = entry.ok()?;
        let target = std::fs::read_link(entry.path()).ok()?;
        let is_socket = target.to_string_lossy().starts_with("socket:");
        is_socket.then_some(entry.file_name().to_str()?.parse().ok()?)
    });
    Ok(numbers.collect())
}

/// Nobody has measured what counts there.
///
/// # Errors
/// Always, of the kind `Unsupported`.
#[cfg(not(target_os = "linux"))]
pub(crate) fn shrink_senders(_stream: &UnixStream) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "the SDK's socket can be made small on Linux only",
    ))
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixListener;

    use super::*;

    /// How much of a long line one send takes.
    fn taken(is_small: bool) -> usize {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        let mut sender = UnixStream::connect(&path).unwrap();
        let receiver = listener.accept().unwrap().0;
        if is_small {
            shrink_senders(&receiver).unwrap();
        }
        sender.set_nonblocking(true).unwrap();
        sender.write(&[b'x'; 32 * 1024]).unwrap()
    }

    #[test]
    fn a_long_line_is_taken_in_parts_only_once_the_buffer_is_small() {
        assert_eq!(taken(false), 32 * 1024);
        let part = taken(true);
        assert!(part > 0 && part < 8 * 1024, "{part}");
    }
}
