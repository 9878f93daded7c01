//! One connection read to its end, and what it says sent to the hub.

#[cfg(test)]
mod tests;

use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

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

/// Reads a connection to its end, or to the collector's, or until it was
/// silent for the time of `idle`.
pub(crate) async fn listen<R: Reading>(
    id: SessionId,
    input: impl AsyncRead + Unpin,
    idle: Option<Duration>,
    hub: mpsc::Sender<Message<R::Said>>,
    stop: Stop,
) {
    let mut connection = Connection::new(input, idle, stop);
    let mut reader = R::default();
    let mut heard = vec![R::open()];
    let ending = loop {
        // Taken, not drained: a connection that waits holds no room for what
        // it once said.
        for said in std::mem::take(&mut heard) {
            if hub.send(Message::Session(id, said)).await.is_err() {
                return;
            }
        }
        let push = |bytes: &[u8]| reader.push(bytes, &mut heard);
        if let Err(ending) = connection.read(push).await {
            break ending;
        }
    };
    // The hub is gone only when nobody wants to know any more.
    let _ = hub.send(Message::Session(id, reader.close(ending))).await;
}

struct Connection<I> {
    input: I,
    idle: Option<Duration>,
    stop: Stop,
    /// Set once the collector stops.
    deadline: Option<Instant>,
}

impl<I: AsyncRead + Unpin> Connection<I> {
    fn new(input: I, idle: Option<Duration>, stop: Stop) -> Self {
        Self {
            input,
            idle,
            stop,
            deadline: None,
        }
    }

    /// Hands the next bytes to `push`, or says why there are no more.
    async fn read(&mut self, push: impl FnMut(&[u8])) -> Result<(), Ending> {
        match self.deadline {
            None => self.read_or_stop(push).await,
            Some(deadline) => self.read_before(deadline, push).await,
        }
    }

    async fn read_or_stop(&mut self, mut push: impl FnMut(&[u8])) -> Result<(), Ending> {
        tokio::select! {
            biased;
            () = self.stop.heard() => {}
            read = read_or_idle(&mut self.input, self.idle, &mut push) => return read,
        }
        let deadline = Instant::now() + DRAIN;
        self.deadline = Some(deadline);
        self.read_before(deadline, push).await
    }

    /// What is in the socket already when the collector stops is still read.
    async fn read_before(
        &mut self,
        deadline: Instant,
        mut push: impl FnMut(&[u8]),
    ) -> Result<(), Ending> {
        let now = Instant::now();
        if now >= deadline {
            return Err(Ending::Stopped);
        }
        let quiet = deadline.min(now + QUIET);
        let read = read_some(&mut self.input, &mut push);
        timeout_at(quiet, read)
            .await
            .unwrap_or(Err(Ending::Stopped))
    }
}

/// The time begins when the collector is ready to read: what it lets wait is
/// no silence of the producer.
async fn read_or_idle(
    input: &mut (impl AsyncRead + Unpin),
    idle: Option<Duration>,
    push: &mut impl FnMut(&[u8]),
) -> Result<(), Ending> {
    let read = read_some(input, push);
    match idle {
        Some(idle) => timeout(idle, read).await.unwrap_or(Err(Ending::Idle)),
        None => read.await,
    }
}

/// Reads into a buffer that lives while bytes are there: a connection that
/// waits for some holds none.
async fn read_some(
    input: &mut (impl AsyncRead + Unpin),
    push: &mut impl FnMut(&[u8]),
) -> Result<(), Ending> {
    poll_fn(|context| {
        let mut room = [const { MaybeUninit::uninit() }; READ_BYTES];
        let mut bytes = ReadBuf::uninit(&mut room);
        let read = ready!(Pin::new(&mut *input).poll_read(context, &mut bytes));
        Poll::Ready(match (read, bytes.filled()) {
            (Err(_), _) => Err(Ending::Broken),
            (Ok(()), []) => Err(Ending::Closed),
            (Ok(()), bytes) => {
                push(bytes);
                Ok(())
            }
        })
    })
    .await
}
