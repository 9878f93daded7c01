//! What a run prints, read as it comes, in bounded memory.
//!
//! Reading never stops, so no run is held up by who looks at it; what finds no
//! room is lost and counted, and the next piece says how much was lost before
//! it. And nobody waits for the end of a pipe: a process that was handed one end
//! may keep it for ever. When the run is over, what is there is read, and that
//! is all.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::io::ioctl_fionread;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;

/// The most that one piece holds, in bytes.
const PIECE: usize = 64 * 1024;

/// What a piece costs beside its bytes: many small ones take memory as well.
const COST: usize = 256;

/// How much output is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) waiting: usize,
    pub(super) output: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            waiting: 1024 * 1024,
            output: u64::MAX,
        }
    }
}

/// Where a piece was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Some bytes that a run printed: not lines, and not always text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it was printed.
    pub stream: Stream,
    /// At least one byte, at most 64 KiB.
    pub bytes: Vec<u8>,
    /// How many bytes of this stream were lost just before.
    pub lost: u64,
}

/// How much of one stream came, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// All that was read.
    pub read: u64,
    /// What of it was not handed on.
    pub lost: u64,
}

/// How much a run printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// On its standard output.
    pub stdout: Counted,
    /// On its standard error.
    pub stderr: Counted,
}

/// The pieces of a run's output, in the order in which they came. The two
/// streams are two pipes: which of two lines was printed first is known only
/// when they came apart.
#[derive(Debug)]
pub struct Output {
    pieces: mpsc::UnboundedReceiver<(Piece, OwnedSemaphorePermit)>,
}

impl Output {
    /// The next piece; none when the run is over and all was taken.
    pub async fn next(&mut self) -> Option<Piece> {
        let (piece, _room) = self.pieces.recv().await?;
        Some(piece)
    }
}

/// The tasks that read.
#[derive(Debug)]
pub(super) struct Pumps {
    stdout: Pump,
    stderr: Pump,
}

impl Pumps {
    pub(super) fn start(
        stdout: OwnedFd,
        stderr: OwnedFd,
        bounds: Bounds,
    ) -> io::Result<(Self, Output)> {
        let (sender, pieces) = mpsc::unbounded_channel();
        let waiting = bounds.waiting.min(Semaphore::MAX_PERMITS);
        let room = Arc::new(Semaphore::new(waiting));
        let left = Arc::new(AtomicU64::new(bounds.output));
        let pump = |pipe, stream| {
            let (sender, room, left) = (sender.clone(), room.clone(), left.clone());
            let counted = Counted::default();
            let outlet = Outlet {
                stream,
                sender,
                room,
                left,
                counted,
                lost: 0,
            };
            Pump::start(pipe, outlet)
        };
        let stdout = pump(stdout, Stream::Stdout)?;
        let stderr = pump(stderr, Stream::Stderr)?;
        Ok((Self { stdout, stderr }, Output { pieces }))
    }

    /// Reads what is there, and no more.
    pub(super) async fn finish(self) -> Totals {
        let (stdout, stderr) = (self.stdout.finish(), self.stderr.finish());
        let (stdout, stderr) = tokio::join!(stdout, stderr);
        Totals { stdout, stderr }
    }
}

/// A task that reads one pipe, until it is told that the run is over.
#[derive(Debug)]
struct Pump {
    over: oneshot::Sender<()>,
    task: JoinHandle<Counted>,
}

impl Pump {
    fn start(pipe: OwnedFd, outlet: Outlet) -> io::Result<Self> {
        let pipe = Receiver::from_owned_fd(pipe)?;
        let (over, told) = oneshot::channel();
        let task = tokio::spawn(pump(pipe, outlet, told));
        Ok(Self { over, task })
    }

    async fn finish(self) -> Counted {
        drop(self.over);
        self.task.await.unwrap_or_default()
    }
}

async fn pump(mut pipe: Receiver, mut outlet: Outlet, over: oneshot::Receiver<()>) -> Counted {
    let mut bytes = vec![0; PIECE];
    tokio::pin!(over);
    loop {
        tokio::select! {
            biased;
            _ = &mut over => break,
            read = pipe.read(&mut bytes) => match read {
                Ok(0) | Err(_) => return outlet.counted,
                Ok(read) => outlet.hand_on(&bytes[..read]),
            }
        }
    }
    // What the runtime knows of the pipe may be old: the pipe itself is asked.
    let _ = pipe
        .into_nonblocking_fd()
        .and_then(|pipe| drain(pipe, &mut bytes, &mut outlet));
    outlet.counted
}

/// Reads as much as is there now, however much may follow.
fn drain(pipe: OwnedFd, bytes: &mut [u8], outlet: &mut Outlet) -> io::Result<()> {
    let there = ioctl_fionread(&pipe)?;
    let mut pipe = File::from(pipe).take(there);
    loop {
        match pipe.read(bytes)? {
            0 => return Ok(()),
            read => outlet.hand_on(&bytes[..read]),
        }
    }
}

/// Where one stream's bytes go.
struct Outlet {
    stream: Stream,
    sender: mpsc::UnboundedSender<(Piece, OwnedSemaphorePermit)>,
    /// A permit for each byte that may wait.
    room: Arc<Semaphore>,
    /// How many bytes the run may still hand on.
    left: Arc<AtomicU64>,
    counted: Counted,
    /// Since the last piece.
    lost: u64,
}

impl Outlet {
    fn hand_on(&mut self, bytes: &[u8]) {
        let length = bytes.len() as u64;
        self.counted.read += length;
        match self.try_hand_on(bytes) {
            Some(()) => self.lost = 0,
            None => {
                self.counted.lost += length;
                self.lost += length;
            }
        }
    }

    /// None if there is no room, or nobody who reads.
    fn try_hand_on(&self, bytes: &[u8]) -> Option<()> {
        let cost = u32::try_from(bytes.len() + COST).ok()?;
        let room = self.room.clone().try_acquire_many_owned(cost).ok()?;
        let length = bytes.len() as u64;
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        // After the first that is too long for what is left, nothing is left.
        let less = |left: u64| Some(left.saturating_sub(length));
        let left = self.left.fetch_update(set, fetch, less).ok()?;
        if left < length {
            return None;
        }
        let (stream, bytes, lost) = (self.stream, bytes.to_vec(), self.lost);
        self.sender
            .send((
                Piece {
                    stream,
                    bytes,
                    lost,
                },
                room,
            ))
            .ok()
    }
}
