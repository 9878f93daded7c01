//! One connection read to its end, and what it says sent to the hub.

#[cfg(test)]
mod tests;

use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, timeout_at};

use crate::message::Message;
use crate::stop::Stop;
use crate::tree::{Ending, SessionId};

/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;

/// How long a stopping collector waits for a connection that says nothing.
const QUIET: Duration = Duration::from_millis(50);

/// How long a stopping collector listens to a connection that goes on.
pub(crate) const DRAIN: Duration = Duration::from_millis(500);

/// Makes what a connection says out of its bytes.
pub(crate) trait Reading: Default + Send + 'static {
    type Said: Send + 'static;

    /// Said first.
    fn open() -> Self::Said;

    /// Takes the next bytes, and adds what they say.
    fn push(&mut self, bytes: &[u8], heard: &mut Vec<Self::Said>);

    /// Said last.
    fn close(self, ending: Ending) -> Self::Said;
}

/// How many connections may have said something that the hub has not heard yet.
/// Of each that is what was read at once, 16 KiB, as it came.
const TURNS: usize = 128;

/// A place for each connection that may be read just now: so what waits for the
/// hub is bounded in all, and not only by connection.
#[derive(Debug, Clone)]
pub(crate) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(TURNS)))
    }

    /// `None` means that they were closed, which nobody does.
    async fn take(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).acquire_owned().await.ok()
    }
}

/// Reads a connection to its end, or to the collector's, or until it was
/// silent for the time of `idle`.
pub(crate) async fn listen<R: Reading>(
    id: SessionId,
    input: impl AsyncRead + Unpin,
    idle: Option<Duration>,
    hub: mpsc::Sender<Message<R::Said>>,
    turns: Turns,
    stop: Stop,
) {
    let mut connection = Connection {
        input,
        // One that no clock reaches is none.
        idle: idle.filter(|idle| Instant::now().checked_add(*idle).is_some()),
        turns,
        stop,
        deadline: None,
    };
    let mut reader = R::default();
    let mut heard = vec![R::open()];
    let mut turn = None;
    let ending = loop {
        // Taken, not drained: a connection that waits holds no room for what
        // it once said.
        for said in std::mem::take(&mut heard) {
            if hub.send(Message::Session(id, said)).await.is_err() {
                return;
            }
        }
        drop(turn.take());
        let push = |bytes: &[u8]| reader.push(bytes, &mut heard);
        match connection.read(push).await {
            Ok(taken) => turn = taken,
            Err(ending) => break ending,
        }
    };
    // The hub is gone only when nobody wants to know any more.
    let _ = hub.send(Message::Session(id, reader.close(ending))).await;
}

struct Connection<I> {
    input: I,
    idle: Option<Duration>,
    turns: Turns,
    stop: Stop,
    /// Set once the collector stops.
    deadline: Option<Instant>,
}

/// The turn in which something was read, to be kept until that was heard; or
/// why there is no more.
type Read = Result<Option<OwnedSemaphorePermit>, Ending>;

impl<I: AsyncRead + Unpin> Connection<I> {
    /// Hands the next bytes to `push`.
    async fn read(&mut self, mut push: impl FnMut(&[u8])) -> Read {
        if self.deadline.is_none() {
            let stop = self.stop.clone();
            tokio::select! {
                biased;
                () = stop.heard() => {}
                read = self.read_or_idle(&mut push) => return read,
            }
        }
        let deadline = self.deadline.get_or_insert_with(|| Instant::now() + DRAIN);
        let deadline = *deadline;
        self.read_before(deadline, push).await
    }

    /// The time of `idle` begins when the collector is ready to read: what it
    /// lets wait is no silence of the producer.
    async fn read_or_idle(&mut self, push: &mut impl FnMut(&[u8])) -> Read {
        let mut silent_until = None;
        loop {
            let turn = self.turns.take().await;
            if let Poll::Ready(read) = read_now(&mut self.input, push).await {
                return read.map(|()| turn);
            }
            drop(turn);
            let Some(idle) = self.idle else {
                woken().await;
                continue;
            };
            let until = *silent_until.get_or_insert_with(|| Instant::now() + idle);
            if timeout_at(until, woken()).await.is_err() {
                return Err(Ending::Idle);
            }
        }
    }

    /// What is in the socket already when the collector stops is still read.
    async fn read_before(&mut self, deadline: Instant, mut push: impl FnMut(&[u8])) -> Read {
        let mut quiet_until = None;
        while Instant::now() < deadline {
            let turn = timeout_at(deadline, self.turns.take()).await;
            let Ok(turn) = turn else { break };
            if let Poll::Ready(read) = read_now(&mut self.input, &mut push).await {
                return read.map(|()| turn);
            }
            drop(turn);
            let quiet = || deadline.min(Instant::now() + QUIET);
            let until = *quiet_until.get_or_insert_with(quiet);
            if timeout_at(until, woken()).await.is_err() {
                break;
            }
        }
        Err(Ending::Stopped)
    }
}

/// Reads what is there, if anything is; else this task is woken once there is.
/// The buffer lives no longer: a connection that waits holds none.
async fn read_now(
    input: &mut (impl AsyncRead + Unpin),
    push: &mut impl FnMut(&[u8]),
) -> Poll<Result<(), Ending>> {
    poll_fn(|context| {
        let mut room = [const { MaybeUninit::uninit() }; READ_BYTES];
        let mut bytes = ReadBuf::uninit(&mut room);
        let read = Pin::new(&mut *input).poll_read(context, &mut bytes);
        Poll::Ready(read.map(|read| match (read, bytes.filled()) {
            (Err(_), _) => Err(Ending::Broken),
            (Ok(()), []) => Err(Ending::Closed),
            (Ok(()), bytes) => {
                push(bytes);
                Ok(())
            }
        }))
    })
    .await
}

/// Waits until this task is woken, by whatever.
async fn woken() {
    let mut is_woken = false;
    poll_fn(|_| {
        if std::mem::replace(&mut is_woken, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}
