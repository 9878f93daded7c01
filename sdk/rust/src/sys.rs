//! The few calls of the operating system that the standard library lacks: the only `unsafe` code.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_long, c_void};
use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::time::Duration;

use crate::contract::{SEND_BUFFER_BYTES, WAIT_MS};

#[cfg(target_os = "linux")]
mod os {
    use std::ffi::c_int;

    pub(super) const SOL_SOCKET: c_int = if cfg!(any(
        target_arch = "mips",
        target_arch = "mips64",
        target_arch = "sparc64"
    )) {
        0xffff
    } else {
        1
    };
    pub(super) const SO_SNDBUF: c_int = if SOL_SOCKET == 1 { 7 } else { 0x1001 };
    pub(super) const SO_SNDTIMEO: c_int = if SOL_SOCKET == 1 { 21 } else { 0x1005 };
    pub(super) const SOCK_STREAM: c_int = if cfg!(any(target_arch = "mips", target_arch = "mips64"))
    {
        2
    } else {
        1
    };
    pub(super) const SOCK_CLOEXEC: c_int = 0o2_000_000;
    pub(super) const SEND_FLAGS: c_int = 0x4000 | 0x40; // MSG_NOSIGNAL | MSG_DONTWAIT
    pub(super) const PATH_BYTES: usize = 108;
    pub(super) type Nfds = std::ffi::c_ulong;
}

#[cfg(target_os = "macos")]
mod os {
    use std::ffi::c_int;

    pub(super) const SOL_SOCKET: c_int = 0xffff;
    pub(super) const SO_SNDBUF: c_int = 0x1001;
    pub(super) const SO_SNDTIMEO: c_int = 0x1005;
    pub(super) const SO_NOSIGPIPE: c_int = 0x1022;
    pub(super) const SOCK_STREAM: c_int = 1;
    pub(super) const SOCK_CLOEXEC: c_int = 0;
    pub(super) const F_SETFD: c_int = 2;
    pub(super) const FD_CLOEXEC: c_int = 1;
    pub(super) const SEND_FLAGS: c_int = 0x80; // MSG_DONTWAIT
    pub(super) const PATH_BYTES: usize = 104;
    pub(super) type Nfds = std::ffi::c_uint;
}

const AF_UNIX: u8 = 1;
const POLLOUT: i16 = 4;

/// `struct sockaddr_un`: Linux has the family in two bytes, the others its length before it.
#[repr(C)]
struct Address {
    family: [u8; 2],
    path: [u8; os::PATH_BYTES],
}

#[repr(C)]
struct PollFd {
    fd: c_int,
    events: i16,
    revents: i16,
}

/// `struct timeval`, of two longs wherever it matters.
#[repr(C)]
struct Timeval {
    seconds: isize,
    micros: isize,
}

/// More than any `struct stat` takes.
type Stat = [u64; 64];

unsafe extern "C" {
    fn socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int;
    fn connect(fd: c_int, address: *const Address, length: u32) -> c_int;
    fn setsockopt(fd: c_int, level: c_int, name: c_int, value: *const c_void, length: u32)
    -> c_int;
    fn send(fd: c_int, data: *const c_void, length: usize, flags: c_int) -> isize;
    fn poll(fds: *mut PollFd, count: os::Nfds, timeout_ms: c_int) -> c_int;
    #[cfg(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))]
    fn syscall(number: c_long, ...) -> c_long;
    #[cfg(not(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    )))]
    #[cfg_attr(
        all(target_os = "macos", target_arch = "x86_64"),
        link_name = "fstat$INODE64"
    )]
    fn fstat(fd: c_int, stat: *mut Stat) -> c_int;
    #[cfg(target_os = "macos")]
    fn fcntl(fd: c_int, command: c_int, ...) -> c_int;
    fn close(fd: c_int) -> c_int;
    fn pthread_atfork(
        prepare: Option<extern "C" fn()>,
        parent: Option<extern "C" fn()>,
        child: Option<extern "C" fn()>,
    ) -> c_int;
}

fn checked(result: c_int) -> io::Result<c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// What a descriptor serves: its number alone may come to serve another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    file: [u64; 2],
    is_marked: bool,
}

/// Marks what a new descriptor serves, where that can be done, and tells its identity.
pub(crate) fn mark(fd: RawFd) -> Option<Identity> {
    let file = file_of(fd)?;
    let is_marked = set_mark(fd);
    Some(Identity { file, is_marked })
}

/// Whether a descriptor still serves that.
#[inline]
pub(crate) fn serves(fd: RawFd, expected: &Identity) -> bool {
    match expected.is_marked {
        true => has_mark(fd),
        false => file_of(fd) == Some(expected.file),
    }
}

/// A mark on the open socket itself is read for a third of what fstat costs: the signal that it
/// would send if it were asynchronous, which it is not.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod marks {
    use super::{RawFd, c_int, c_long, syscall};

    const FCNTL: c_long = if cfg!(target_arch = "x86_64") { 72 } else { 25 };
    const SET_SIGNAL: c_int = 10;
    const GET_SIGNAL: c_int = 11;
    const MARK: c_int = 63;

    pub(super) fn set_mark(fd: RawFd) -> bool {
        // SAFETY: no memory is passed.
        unsafe { syscall(FCNTL, fd, SET_SIGNAL, MARK) == 0 }
    }

    #[inline]
    pub(super) fn has_mark(fd: RawFd) -> bool {
        // SAFETY: no memory is passed.
        unsafe { syscall(FCNTL, fd, GET_SIGNAL) == c_long::from(MARK) }
    }
}

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
mod marks {
    use super::RawFd;

    pub(super) fn set_mark(_: RawFd) -> bool {
        false
    }

    pub(super) fn has_mark(_: RawFd) -> bool {
        false
    }
}

use marks::{has_mark, set_mark};

/// The file that an open descriptor serves; nothing if it is closed.
fn file_of(fd: RawFd) -> Option<[u64; 2]> {
    let mut stat = MaybeUninit::<Stat>::uninit();
    // SAFETY: the buffer is larger than any `struct stat`.
    if unsafe { status(fd, stat.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: device and inode are its first 16 bytes, and have been written. Where they are
    // shorter, what lies between them is the mode and the count of links, which a socket keeps.
    Some(unsafe { stat.as_ptr().cast::<[u64; 2]>().read() })
}

/// The system's own call: the library's asks by an empty path, which takes longer.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
#[inline]
unsafe fn status(fd: RawFd, stat: *mut Stat) -> c_int {
    const FSTAT: c_long = if cfg!(target_arch = "x86_64") { 5 } else { 80 };
    // SAFETY: as the caller says.
    unsafe { syscall(FSTAT, fd, stat) as c_int }
}

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
unsafe fn status(fd: RawFd, stat: *mut Stat) -> c_int {
    // SAFETY: as the caller says.
    unsafe { fstat(fd, stat) }
}

/// Connects to a Unix stream socket, in one attempt that waits for a place in its queue as long
/// as a call may wait.
pub(crate) fn connect_to(path: &[u8]) -> io::Result<OwnedFd> {
    let mut address = Address {
        family: family(),
        path: [0; os::PATH_BYTES],
    };
    // One byte stays 0. A shorter path would lead elsewhere.
    if path.len() >= os::PATH_BYTES || path.contains(&0) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    address.path[..path.len()].copy_from_slice(path);
    // SAFETY: no memory is passed.
    let fd = checked(unsafe { socket(AF_UNIX.into(), os::SOCK_STREAM | os::SOCK_CLOEXEC, 0) })?;
    // SAFETY: the descriptor was just made, and nobody else has it.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    prepare(&fd)?;
    // SAFETY: the address is a whole `struct sockaddr_un`.
    let length = u32::try_from(size_of::<Address>()).unwrap_or(0);
    checked(unsafe { connect(fd.as_raw_fd(), &raw const address, length) })?;
    let bytes = c_int::try_from(SEND_BUFFER_BYTES).unwrap_or(c_int::MAX);
    set_option(&fd, os::SO_SNDBUF, &bytes)?;
    Ok(fd)
}

fn family() -> [u8; 2] {
    if cfg!(target_os = "linux") {
        u16::from(AF_UNIX).to_ne_bytes()
    } else {
        [0, AF_UNIX]
    }
}

fn prepare(fd: &OwnedFd) -> io::Result<()> {
    #[cfg(target_os = "macos")]
    {
        set_option(fd, os::SO_NOSIGPIPE, &1)?;
        // SAFETY: no memory is passed.
        checked(unsafe { fcntl(fd.as_raw_fd(), os::F_SETFD, os::FD_CLOEXEC) })?;
    }
    let patience = Duration::from_millis(WAIT_MS);
    let patience = Timeval {
        seconds: patience.as_secs() as isize,
        micros: patience.subsec_micros() as isize,
    };
    set_option(fd, os::SO_SNDTIMEO, &patience)
}

fn set_option<T>(fd: &OwnedFd, name: c_int, value: &T) -> io::Result<()> {
    let length = u32::try_from(size_of::<T>()).unwrap_or(0);
    // SAFETY: the value is a plain number or `struct timeval` of that length.
    let result = unsafe {
        setsockopt(
            fd.as_raw_fd(),
            os::SOL_SOCKET,
            name,
            ptr::from_ref(value).cast(),
            length,
        )
    };
    checked(result).map(drop)
}

/// Sends what there is room for, without waiting and without SIGPIPE.
#[inline]
pub(crate) fn send_now(fd: RawFd, data: &[u8]) -> io::Result<usize> {
    // SAFETY: the data is as long as it says.
    let sent = unsafe { send(fd, data.as_ptr().cast(), data.len(), os::SEND_FLAGS) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// Waits until the socket takes bytes, or that many milliseconds are over, or a signal came.
pub(crate) fn wait_for_room(fd: RawFd, timeout_ms: c_int) {
    let mut fds = PollFd {
        fd,
        events: POLLOUT,
        revents: 0,
    };
    // SAFETY: it is one `struct pollfd`.
    unsafe { poll(&raw mut fds, 1, timeout_ms) };
}

/// Closes a descriptor if it still serves what it did. Safe in a child after a fork.
pub(crate) fn close_if(fd: RawFd, expected: &Identity) {
    if serves(fd, expected) {
        // SAFETY: whoever calls this had it from `OwnedFd::into_raw_fd`, and uses it no more.
        unsafe { close(fd) };
    }
}

/// Has a function called in each child that is forked from now on, in the thread that forked.
pub(crate) fn after_fork_in_child(call: extern "C" fn()) {
    // SAFETY: the function lives as long as the program.
    unsafe { pthread_atfork(None, None, Some(call)) };
}

/// A reference to something that is never freed, which can be forgotten but not ended. Unlike
/// what a lock guards, it can be read and forgotten in a child after a fork.
pub(crate) struct Leaked<T: 'static>(AtomicPtr<T>);

impl<T: Sync> Leaked<T> {
    pub(crate) const fn none() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    #[inline]
    pub(crate) fn get(&self) -> Option<&'static T> {
        // SAFETY: it is null, or was made of a shared reference that lives for ever.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    pub(crate) fn set(&self, value: &'static T) {
        self.0
            .store(ptr::from_ref(value).cast_mut(), Ordering::Release);
    }

    pub(crate) fn clear(&self) {
        self.0.store(ptr::null_mut(), Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::IntoRawFd;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::time::Instant;

    use super::*;

    fn socket_path(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("hero-sys-{}-{name}", std::process::id()))
    }

    /// With the mark, and as where there is none.
    fn identities(fd: RawFd) -> [Identity; 2] {
        let marked = mark(fd).unwrap();
        let is_marked = false;
        [
            marked,
            Identity {
                is_marked,
                ..marked
            },
        ]
    }

    #[test]
    fn an_identity_is_that_of_what_is_served() {
        let (near, far) = UnixStream::pair().unwrap();
        let copy = near.try_clone().unwrap();
        for identity in identities(near.as_raw_fd()) {
            assert!(serves(near.as_raw_fd(), &identity));
            assert!(serves(copy.as_raw_fd(), &identity));
            assert!(!serves(far.as_raw_fd(), &identity));
            assert!(!serves(-1, &identity));
        }
        assert_eq!(mark(-1), None);
    }

    #[test]
    fn what_is_leaked_is_there_until_it_is_forgotten() {
        static NUMBER: Leaked<u64> = Leaked::none();
        assert_eq!(NUMBER.get(), None);
        NUMBER.set(Box::leak(Box::new(7)));
        assert_eq!(NUMBER.get(), Some(&7));
        NUMBER.clear();
        assert_eq!(NUMBER.get(), None);
    }

    #[test]
    fn only_what_it_served_is_closed() {
        for which in 0..2 {
            let (near, far) = UnixStream::pair().unwrap();
            let ours = identities(near.as_raw_fd())[which];
            close_if(far.as_raw_fd(), &ours);
            let fd = near.into_raw_fd();
            assert!(serves(fd, &ours) && file_of(far.as_raw_fd()).is_some());
            close_if(fd, &ours);
            assert!(!serves(fd, &ours));
        }
    }

    #[test]
    fn a_full_socket_takes_nothing_more_and_does_not_block() {
        let (near, _far) = UnixStream::pair().unwrap();
        let began = Instant::now();
        let refused = loop {
            match send_now(near.as_raw_fd(), &[0; 4096]) {
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
        wait_for_room(near.as_raw_fd(), 20);
        assert!(began.elapsed() >= Duration::from_millis(20));
    }

    #[test]
    fn a_closed_socket_is_an_error_and_no_signal() {
        let (near, far) = UnixStream::pair().unwrap();
        drop(far);
        let refused = send_now(near.as_raw_fd(), b"x").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn paths_are_connected_to_as_they_are() {
        let path = socket_path("listener");
        let listener = UnixListener::bind(&path).unwrap();
        let fd = connect_to(path.as_os_str().as_bytes()).unwrap();
        let (mut accepted, _) = listener.accept().unwrap();
        assert_eq!(send_now(fd.as_raw_fd(), b"hello").unwrap(), 5);
        let mut heard = [0; 5];
        io::Read::read_exact(&mut accepted, &mut heard).unwrap();
        assert_eq!(&heard, b"hello");
        std::fs::remove_file(&path).unwrap();
        assert!(connect_to(path.as_os_str().as_bytes()).is_err());
        assert!(connect_to(&[b'/'; 200]).is_err());
        assert!(connect_to(b"/tmp/a\0b").is_err());
        assert!(File::open("/dev/null").is_ok());
    }

    #[test]
    fn a_queue_without_a_place_is_waited_for_no_longer_than_a_call_may() {
        let path = socket_path("full");
        let _listener = UnixListener::bind(&path).unwrap();
        let began = Instant::now();
        let mut connected = Vec::new();
        let refused = loop {
            match connect_to(path.as_os_str().as_bytes()) {
                Ok(fd) => connected.push(fd),
                Err(error) => break error,
            }
            assert!(connected.len() < 10_000);
        };
        std::fs::remove_file(&path).unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
        assert!(began.elapsed() >= Duration::from_millis(WAIT_MS - 20));
    }
}
