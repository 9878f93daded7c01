//! One connection read to its end, and what it says sent to the hub.

#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};

use crate::message::Message;
use crate::tree::{Ending, SessionId};

/// Bytes read at once. With the splitter's one line, that is what a
/// connection holds, however long the line it sends.
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

/// Reads a connection to its end, or to the collector's.
pub(crate) async fn listen<R: Reading>(
    id: SessionId,
    input: impl AsyncRead + Unpin,
    hub: mpsc::Sender<Message<R::Said>>,
    stop: watch::Receiver<bool>,
) {
    let mut connection = Connection::new(input, stop);
    let mut reader = R::default();
    let mut heard = vec![R::open()];
    let ending = loop {
        for said in heard.drain(..) {
            if hub.send(Message::Session(id, said)).await.is_err() {
                return;
            }
        }
        match connection.read().await {
            Ok(bytes) => reader.push(bytes, &mut heard),
            Err(ending) => break ending,
        }
    };
    // The hub is gone only when nobody wants to know any more.
    let _ = hub.send(Message::Session(id, reader.close(ending))).await;
}

/// Waits until the collector stops.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, and so is the collector.
    let _ = stop.wait_for(|stop| *stop).await;
}

struct Connection<I> {
    input: I,
    bytes: Vec<u8>,
    stop: watch::Receiver<bool>,
    /// Set once the collector stops.
    deadline: Option<Instant>,
}

impl<I: AsyncRead + Unpin> Connection<I> {
    fn new(input: I, stop: watch::Receiver<bool>) -> Self {
        Self {
            input,
            bytes: vec![0; READ_BYTES],
            stop,
            deadline: None,
        }
    }

    /// The next bytes, or why there are no more.
    async fn read(&mut self) -> Result<&[u8], Ending> {
        let count = match self.deadline {
            None => self.read_or_stop().await?,
            Some(deadline) => self.read_before(deadline).await?,
        };
        Ok(&self.bytes[..count])
    }

    async fn read_or_stop(&mut self) -> Result<usize, Ending> {
        tokio::select! {
            biased;
            () = stopped(&mut self.stop) => {}
            read = self.input.read(&mut self.bytes) => return count(read),
        }
        let deadline = Instant::now() + DRAIN;
        self.deadline = Some(deadline);
        self.read_before(deadline).await
    }

    /// What is in the socket already when the collector stops is still read.
    async fn read_before(&mut self, deadline: Instant) -> Result<usize, Ending> {
        let now = Instant::now();
        if now >= deadline {
            return Err(Ending::Stopped);
        }
        let quiet = deadline.min(now + QUIET);
        match timeout_at(quiet, self.input.read(&mut self.bytes)).await {
            Ok(read) => count(read),
            Err(_) => Err(Ending::Stopped),
        }
    }
}

fn count(read: std::io::Result<usize>) -> Result<usize, Ending> {
    match read.map_err(|_| Ending::Broken)? {
        0 => Err(Ending::Closed),
        count => Ok(count),
    }
}
