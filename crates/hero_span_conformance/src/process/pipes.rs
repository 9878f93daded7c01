//! Reading from pipes without waiting, and no more than can be kept.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ChildStderr;
use std::time::Duration;

use rustix::event::{PollFd, Timespec, poll};
use rustix::io::ioctl_fionbio;

/// A line of the dialogue may be so long.
pub(super) const LINE_BYTES: usize = 1024 * 1024;
/// So much of what a process complains of is kept.
const COMPLAINT_BYTES: usize = 4096;

/// The end of what a process writes to stderr.
#[derive(Debug)]
pub(super) struct Complaints {
    /// `None` once it is closed.
    stderr: Option<ChildStderr>,
    end: VecDeque<u8>,
}

impl Complaints {
    pub(super) fn of(stderr: Option<ChildStderr>) -> io::Result<Self> {
        stderr.as_ref().map(never_block).transpose()?;
        Ok(Self {
            stderr,
            end: VecDeque::new(),
        })
    }

    /// Takes what is there.
    pub(super) fn listen(&mut self) {
        let Some(stderr) = &mut self.stderr else {
            return;
        };
        let mut heard = Vec::new();
        let is_open = read_some(stderr, &mut heard).unwrap_or(false);
        self.end.extend(heard);
        let excess = self.end.len().saturating_sub(COMPLAINT_BYTES);
        self.end.drain(..excess);
        if !is_open {
            self.stderr = None;
        }
    }

    pub(super) fn source(&self) -> Option<BorrowedFd<'_>> {
        self.stderr.as_ref().map(AsFd::as_fd)
    }

    pub(super) fn text(&mut self) -> String {
        String::from_utf8_lossy(self.end.make_contiguous()).into_owned()
    }
}

pub(super) fn never_block(pipe: &impl AsFd) -> io::Result<()> {
    Ok(ioctl_fionbio(pipe, true)?)
}

/// Reads what is there, until a line is too long; `false` at the end of the
/// stream.
pub(super) fn read_some(source: &mut impl Read, into: &mut Vec<u8>) -> io::Result<bool> {
    let mut chunk = [0; 16 * 1024];
    while into.len() <= LINE_BYTES {
        match source.read(&mut chunk) {
            Ok(0) => return Ok(false),
            Ok(read) => into.extend_from_slice(chunk.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Waits until a source is ready, or for that time.
pub(super) fn wait(sources: &mut [PollFd<'_>], time: Duration) -> io::Result<()> {
    // Rounded up, for a wait that is a little short would be repeated in haste.
    let time = Timespec::try_from(time + Duration::from_micros(100)).ok();
    match poll(sources, time.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
