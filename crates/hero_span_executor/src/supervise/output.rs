//! What a run prints, read as it comes, in bounded memory.
//!
//! Reading never stops, so no run is held up by who looks at it; what finds no
//! room is lost and counted, and the next piece says how much was lost before
//! it. Where nothing may be lost, reading waits for room instead, for as long as
//! the run goes on and somebody reads. And nobody waits for the end of a pipe: a process that was handed one end
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
    /// Whether a run waits for room.
    pub(super) holds_up: bool,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            waiting: 1024 * 1024,
            output: u64::MAX,
            holds_up: false,
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
    /// At most 64 KiB; none in the last piece of a stream whose last bytes were
    /// lost.
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
    pieces: mpsc::UnboundedReceiver<Waiting>,
}

/// A piece, and its room; none for what came when nobody could wait any more.
type Waiting = (Piece, Option<OwnedSemaphorePermit>);

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
                most: waiting,
                left,
                holds_up: bounds.holds_up,
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
                Ok(0) | Err(_) => return outlet.close(),
                Ok(read) => {
                    let bytes = &bytes[..read];
                    let room = tokio::select! {
                        biased;
                        room = outlet.room(read) => room,
                        _ = &mut over => {
                            outlet.hand_on(bytes, None);
                            break;
                        }
                    };
                    outlet.hand_on(bytes, room);
                }
            }
        }
    }
    // What the runtime knows of the pipe may be old: the pipe itself is asked.
    let _ = pipe
        .into_nonblocking_fd()
        .and_then(|pipe| drain(pipe, &mut bytes, &mut outlet));
    outlet.close()
}

/// Reads as much as is there now, however much may follow.
fn drain(pipe: OwnedFd, bytes: &mut [u8], outlet: &mut Outlet) -> io::Result<()> {
    let there = ioctl_fionread(&pipe)?;
    let mut pipe = File::from(pipe).take(there);
    loop {
        match pipe.read(bytes)? {
            0 => return Ok(()),
            read => {
                let room = outlet.try_room(read);
                outlet.hand_on(&bytes[..read], room);
            }
        }
    }
}

/// Where one stream's bytes go.
struct Outlet {
    stream: Stream,
    sender: mpsc::UnboundedSender<Waiting>,
    /// A permit for each byte that may wait.
    room: Arc<Semaphore>,
    /// How many there are.
    most: usize,
    /// How many bytes the run may still hand on.
    left: Arc<AtomicU64>,
    holds_up: bool,
    counted: Counted,
    /// Since the last piece.
    lost: u64,
}

impl Outlet {
    /// Room for so many bytes, waited for if that is wanted and somebody reads.
    async fn room(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let room = self.try_room(bytes);
        if room.is_some() || !self.holds_up {
            return room;
        }
        // What is larger than all room takes all of it.
        let cost = u32::try_from(self.most.min(bytes + COST)).ok()?;
        tokio::select! {
            room = self.room.clone().acquire_many_owned(cost) => room.ok(),
            () = self.sender.closed() => None,
        }
    }

    fn try_room(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let cost = u32::try_from(bytes + COST).ok()?;
        self.room.clone().try_acquire_many_owned(cost).ok()
    }

    /// A run that is held up loses nothing at its end either: what a pipe holds
    /// is bounded too.
    fn hand_on(&mut self, bytes: &[u8], room: Option<OwnedSemaphorePermit>) {
        let length = bytes.len() as u64;
        self.counted.read += length;
        let has_room = room.is_some() || self.holds_up;
        if has_room && self.may_hand_on(length) && self.send(bytes.to_vec(), room) {
            return;
        }
        self.counted.lost += length;
        self.lost += length;
    }

    fn may_hand_on(&self, length: u64) -> bool {
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        // After the first that is too long for what is left, nothing is left.
        let less = |left: u64| Some(left.saturating_sub(length));
        let left = self.left.fetch_update(set, fetch, less);
        left.is_ok_and(|left| length <= left)
    }

    /// Whether there is somebody who reads.
    fn send(&mut self, bytes: Vec<u8>, room: Option<OwnedSemaphorePermit>) -> bool {
        let (stream, lost) = (self.stream, self.lost);
        let piece = Piece {
            stream,
            bytes,
            lost,
        };
        let is_sent = self.sender.send((piece, room)).is_ok();
        if is_sent {
            self.lost = 0;
        }
        is_sent
    }

    /// What was lost last is told by no next piece.
    fn close(mut self) -> Counted {
        if self.lost > 0 {
            self.send(Vec::new(), None);
        }
        self.counted
    }
}
