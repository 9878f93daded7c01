//! Writes what a run shows, on a thread of its own: who does not read it must
//! hold up neither a deadline nor Ctrl-C.

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{Builder, sleep};
use std::time::Duration;

use hero_span_executor::Stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::error::Error;

/// How many bytes may wait to be written, and how many a part may have.
const WAITING: usize = 4 * 1024 * 1024;
const PART: usize = 80 * 1024;

/// What a part costs beside its bytes: many small ones take memory as well.
const COST: usize = 64;

/// Between two tries, where whoever made the stream has it not wait.
const PAUSE: Duration = Duration::from_millis(1);

/// Where parts go in, in their order.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    parts: mpsc::Sender<Part>,
    room: Arc<Semaphore>,
}

#[derive(Debug)]
struct Part {
    to: Stream,
    bytes: Vec<u8>,
    _room: Option<OwnedSemaphorePermit>,
}

/// How far the thread is.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    parts: u64,
    at: Option<Stream>,
    is_given_up: bool,
}

/// Comes when all is written, and says why not all could be.
pub(super) type Over = oneshot::Receiver<Option<io::Error>>;

/// A thread that writes until every writer is gone.
pub(super) fn start() -> Result<(Writer, Progress, Over), Error> {
    let (parts, taken) = mpsc::channel();
    let (tell, over) = oneshot::channel();
    let progress = Progress::default();
    let told = progress.clone();
    let writing = move || {
        let fault = write_all(&taken, &told);
        // Nobody may wait any more.
        let _ = tell.send(fault);
    };
    let thread = Builder::new().name("hero-span print".to_owned());
    let started = thread.spawn(writing);
    started.map_err(|e| Error::system("start to print", e))?;
    let room = Arc::new(Semaphore::new(WAITING));
    Ok((Writer { parts, room }, progress, over))
}

impl Writer {
    /// Whether a part may be put in: what does not wait here waits elsewhere.
    pub(super) fn has_room(&self) -> bool {
        self.room.available_permits() >= PART + COST
    }

    /// Whether all is written.
    pub(super) fn is_idle(&self) -> bool {
        self.room.available_permits() == WAITING
    }

    pub(super) fn put(&self, to: Stream, bytes: Vec<u8>) {
        let cost = u32::try_from(bytes.len() + COST).unwrap_or(u32::MAX);
        // Without room it is written all the same: it was made already.
        let _room = self.room.clone().try_acquire_many_owned(cost).ok();
        // The thread goes last.
        let _ = self.parts.send(Part { to, bytes, _room });
    }
}

/// On standard error.
impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.put(Stream::Stderr, bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Progress {
    /// How many parts are written.
    pub(super) fn parts(&self) -> u64 {
        self.state().parts
    }

    /// Has no more written; returns the stream that takes nothing just now.
    pub(super) fn give_up(&self) -> Option<Stream> {
        let mut state = self.state();
        state.is_given_up = true;
        state.at
    }

    /// Whether there is anything to do still.
    fn begin(&self, to: Stream) -> bool {
        let mut state = self.state();
        state.at = Some(to);
        !state.is_given_up
    }

    fn end(&self) {
        let mut state = self.state();
        state.at = None;
        state.parts += 1;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the first fault. That nobody reads is none: it is no reason not to
/// run the flow.
fn write_all(parts: &mpsc::Receiver<Part>, progress: &Progress) -> Option<io::Error> {
    let mut fault = None;
    for part in parts {
        if !progress.begin(part.to) {
            break;
        }
        let written = match part.to {
            Stream::Stdout => write(&mut io::stdout().lock(), &part.bytes),
            Stream::Stderr => write(&mut io::stderr().lock(), &part.bytes),
        };
        progress.end();
        if let Err(error) = written
            && error.kind() != ErrorKind::BrokenPipe
        {
            fault.get_or_insert(error);
        }
    }
    fault
}

fn write(out: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match patiently(|| out.write(bytes))? {
            0 => return Err(ErrorKind::WriteZero.into()),
            written => bytes = &bytes[written..],
        }
    }
    patiently(|| out.flush())
}

fn patiently<T>(mut act: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match act() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => sleep(PAUSE),
            done => return done,
        }
    }
}
