//! Connections without sockets: who connects, and who is accepted.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio::time::{Instant, sleep, sleep_until};

use super::Planted;
use super::plan::{Client, Leaves};
use super::script::Class;
use crate::Incoming;

/// The collector's end of a connection.
#[derive(Debug)]
pub(super) struct Arrival {
    client: usize,
    stream: DuplexStream,
    /// Its end is no end, but a failure.
    breaks: bool,
}

impl AsyncRead for Arrival {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if self.breaks && buffer.filled().len() == before && polled.is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        polled
    }
}

/// Which clients were accepted, in this order.
pub(super) type Accepted = Arc<Mutex<Vec<usize>>>;

/// Gives what connects, and fails now and then.
#[derive(Debug)]
pub(super) struct Arrivals {
    waiting: AsyncMutex<mpsc::UnboundedReceiver<Arrival>>,
    accepted: Accepted,
    calls: AtomicU64,
    refused: Vec<u64>,
}

impl Arrivals {
    pub(super) fn new(refused: Vec<u64>) -> (mpsc::UnboundedSender<Arrival>, Accepted, Self) {
        let (connect, waiting) = mpsc::unbounded_channel();
        let accepted = Accepted::default();
        let arrivals = Self {
            waiting: AsyncMutex::new(waiting),
            accepted: Arc::clone(&accepted),
            calls: AtomicU64::new(0),
            refused,
        };
        (connect, accepted, arrivals)
    }
}

impl Incoming for Arrivals {
    type Stream = Arrival;

    async fn accept(&self) -> io::Result<Arrival> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        if self.refused.contains(&call) {
            return Err(io::Error::other("no descriptors"));
        }
        match self.waiting.lock().await.recv().await {
            Some(arrival) => {
                self.accepted.lock().expect("whole").push(arrival.client);
                Ok(arrival)
            }
            None => std::future::pending().await,
        }
    }
}

/// Connects in its time, says what it has to say, and leaves; `written` is
/// how many bytes the connection took.
pub(super) async fn play(
    index: usize,
    client: Arc<Client>,
    connect: mpsc::UnboundedSender<Arrival>,
    written: Arc<AtomicUsize>,
    planted: Planted,
) {
    sleep(Duration::from_millis(client.at)).await;
    let (mut stream, server) = duplex(client.room);
    let arrival = Arrival {
        client: index,
        stream: server,
        breaks: client.leaves == Leaves::Breaks,
    };
    if connect.send(arrival).is_err() {
        return;
    }
    // Nothing is said any more where the collector has gone.
    let _ = say(&client, &mut stream, &written, planted).await;
    if client.leaves == Leaves::Stays {
        std::future::pending::<()>().await;
    }
}

async fn say(
    client: &Client,
    stream: &mut DuplexStream,
    written: &AtomicUsize,
    planted: Planted,
) -> io::Result<()> {
    let mut left = match client.leaves {
        Leaves::Cut(bytes) => bytes,
        _ => usize::MAX,
    };
    let mut random = client.random.clone();
    let mut bad_lines = 0;
    for line in &client.script.lines {
        let bytes = &line.bytes[..line.bytes.len().min(left)];
        left -= bytes.len();
        bad_lines += u64::from(line.class == Class::Rejected);
        if planted == Planted::SwallowedLine && bad_lines == 1 {
            bad_lines += 1;
            written.fetch_add(bytes.len(), Ordering::Relaxed);
            continue;
        }
        let size = match client.chunk {
            0 => bytes.len().max(1),
            most => random.between(1, most) as usize,
        };
        for chunk in bytes.chunks(size) {
            pass(stream, chunk, written).await?;
            if random.chance(client.stalls.0) {
                sleep(Duration::from_millis(random.below(client.stalls.1))).await;
            }
        }
    }
    Ok(())
}

/// As `write_all`, but it is known what went before it failed.
async fn pass(stream: &mut DuplexStream, bytes: &[u8], written: &AtomicUsize) -> io::Result<()> {
    let mut left = bytes;
    while !left.is_empty() {
        let taken = stream.write(left).await?;
        written.fetch_add(taken, Ordering::Relaxed);
        left = &left[taken..];
    }
    Ok(())
}

/// Runs something that rests between these times.
pub(super) async fn stalled<F: Future>(run: F, stalls: Vec<(Instant, Instant)>) -> F::Output {
    let mut run = std::pin::pin!(run);
    for (from, until) in stalls {
        tokio::select! {
            biased;
            () = sleep_until(from) => {}
            output = &mut run => return output,
        }
        sleep_until(until).await;
    }
    run.await
}
