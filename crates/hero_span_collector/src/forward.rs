//! What comes over a socket, sent on to another collector as it is read.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;

use crate::Incoming;

/// Gives the connections of another [`Incoming`], and sends the bytes of each
/// on over a connection of its own to the collector at a path: unread and
/// unchanged, the torn ones too (`transport.torn`).
///
/// A connection is read no faster than the collector there takes it. When that
/// cannot be reached or goes away, reading goes on without it, and the
/// connection counts as [cut off](Forwarded::cut_off).
#[derive(Debug)]
pub struct Forwarding<I> {
    incoming: I,
    to: Arc<Path>,
    forwarded: Forwarded,
}

/// How forwarding goes; clones count together.
#[derive(Debug, Clone, Default)]
pub struct Forwarded {
    cut_off: Arc<AtomicU64>,
}

impl Forwarded {
    /// Connections of which not everything could be sent on.
    pub fn cut_off(&self) -> u64 {
        self.cut_off.load(Ordering::Relaxed)
    }
}

impl<I: Incoming> Forwarding<I> {
    /// Sends on to the collector that listens at `to`.
    pub fn new(incoming: I, to: impl Into<PathBuf>) -> Self {
        Self {
            incoming,
            to: to.into().into(),
            forwarded: Forwarded::default(),
        }
    }

    /// Tells how it goes, from elsewhere.
    pub fn forwarded(&self) -> Forwarded {
        self.forwarded.clone()
    }
}

impl<I: Incoming> Incoming for Forwarding<I> {
    type Stream = Fork<I::Stream>;

    async fn accept(&self) -> io::Result<Self::Stream> {
        let source = self.incoming.accept().await?;
        let to = Arc::clone(&self.to);
        // Connected when it is first read: to accept must be cancel safe.
        let connecting = Box::pin(async move { UnixStream::connect(to).await });
        Ok(Fork {
            source,
            branch: Branch::Connecting(connecting),
            unsent: Vec::new(),
            forwarded: self.forwarded.clone(),
        })
    }
}

type Connecting = Pin<Box<dyn Future<Output = io::Result<UnixStream>> + Send>>;

/// Where a connection is sent on.
enum Branch {
    Connecting(Connecting),
    Open(UnixStream),
    Gone,
}

/// A connection that is sent on while it is read.
pub struct Fork<S> {
    source: S,
    branch: Branch,
    /// What was read and is not sent on yet: one read's worth at most.
    unsent: Vec<u8>,
    forwarded: Forwarded,
}

impl<S> std::fmt::Debug for Fork<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unsent = self.unsent.len();
        f.debug_struct("Fork").field("unsent", &unsent).finish()
    }
}

impl<S> Fork<S> {
    /// Ready when nothing is unsent, or nobody is there to send it to.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            match &mut self.branch {
                Branch::Gone => return Poll::Ready(()),
                Branch::Connecting(connecting) => match ready!(connecting.as_mut().poll(context)) {
                    Ok(stream) => self.branch = Branch::Open(stream),
                    Err(_) => self.cut_off(),
                },
                Branch::Open(_) if self.unsent.is_empty() => return Poll::Ready(()),
                Branch::Open(stream) => {
                    match ready!(Pin::new(stream).poll_write(context, &self.unsent)) {
                        Ok(0) | Err(_) => self.cut_off(),
                        Ok(sent) => drop(self.unsent.drain(..sent)),
                    }
                }
            }
        }
    }

    fn cut_off(&mut self) {
        self.branch = Branch::Gone;
        self.unsent = Vec::new();
        self.forwarded.cut_off.fetch_add(1, Ordering::Relaxed);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Fork<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_send(context));
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.source).poll_read(context, buffer))?;
        if !matches!(self.branch, Branch::Gone) {
            let read = &buffer.filled()[before..];
            self.unsent.extend_from_slice(read);
            // What does not go out now goes before the next read.
            let _ = self.poll_send(context);
        }
        Poll::Ready(Ok(()))
    }
}

/// It is over for the other collector as well, which reads what was sent.
impl<S> Drop for Fork<S> {
    fn drop(&mut self) {
        let Branch::Open(stream) = &self.branch else {
            return;
        };
        if !self.unsent.is_empty() && stream.try_write(&self.unsent).ok() != Some(self.unsent.len())
        {
            self.cut_off();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tempfile::TempDir;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixListener;
    use tokio::time::timeout;

    use super::*;
    use crate::Listener;

    /// A producer's end, the fork that reads it, and the other collector.
    struct Line {
        producer: UnixStream,
        fork: Fork<UnixStream>,
        forwarded: Forwarded,
        other: Option<UnixListener>,
        _directory: TempDir,
    }

    impl Line {
        async fn new() -> Self {
            let directory = tempfile::tempdir().expect("a directory");
            let other = UnixListener::bind(directory.path().join("other")).expect("bound");
            let own = directory.path().join("own");
            let listener = Listener::bind(&own).await.expect("bound");
            let forwarding = Forwarding::new(listener, directory.path().join("other"));
            let producer = UnixStream::connect(&own).await.expect("connected");
            Self {
                producer,
                fork: forwarding.accept().await.expect("accepted"),
                forwarded: forwarding.forwarded(),
                other: Some(other),
                _directory: directory,
            }
        }

        /// The connection that reached the other collector.
        async fn branch(&self) -> UnixStream {
            let other = self.other.as_ref().expect("there");
            other.accept().await.expect("connected").0
        }

        async fn read(&mut self) -> String {
            let mut bytes = vec![0; 100];
            let read = self.fork.read(&mut bytes).await.expect("read");
            String::from_utf8(bytes[..read].to_vec()).expect("text")
        }
    }

    #[tokio::test]
    async fn what_is_read_is_sent_on_as_it_is() {
        let mut line = Line::new().await;
        line.producer.write_all(b"one\ntor").await.expect("sent");
        assert_eq!(line.read().await, "one\ntor");
        let mut other = line.branch().await;
        let mut bytes = [0; 7];
        other.read_exact(&mut bytes).await.expect("sent on");
        assert_eq!(&bytes, b"one\ntor");
        drop(line.producer);
        drop(line.fork);
        assert_eq!(other.read(&mut bytes).await.expect("the end"), 0);
        assert_eq!(line.forwarded.cut_off(), 0);
    }

    #[tokio::test]
    async fn a_collector_that_is_slow_holds_the_reading_up_and_gets_all() {
        let line = Line::new().await;
        let sent: Vec<u8> = (0..4_000_000_u32).map(|n| (n % 251) as u8).collect();
        let copy = sent.clone();
        let Line {
            mut producer,
            mut fork,
            forwarded,
            other,
            _directory,
        } = line;
        let writing = tokio::spawn(async move { producer.write_all(&copy).await });
        let reading = tokio::spawn(async move {
            let mut all = Vec::new();
            fork.read_to_end(&mut all).await.map(|_| all)
        });
        let other = other.expect("there");
        let (mut other, _) = other.accept().await.expect("connected");
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!reading.is_finished(), "nobody read the other end");
        let mut got = Vec::new();
        other.read_to_end(&mut got).await.expect("sent on");
        assert!(got == sent, "{} bytes came", got.len());
        assert!(reading.await.expect("ran").expect("read") == sent);
        writing.await.expect("ran").expect("sent");
        assert_eq!(forwarded.cut_off(), 0);
    }

    #[tokio::test]
    async fn reading_goes_on_without_a_collector() {
        let mut line = Line::new().await;
        line.other = None;
        line.producer.write_all(b"one\n").await.expect("sent");
        let read = timeout(Duration::from_secs(5), line.read()).await;
        assert_eq!(read.expect("in time"), "one\n");
        assert_eq!(line.forwarded.cut_off(), 1);
    }

    #[tokio::test]
    async fn reading_goes_on_when_the_collector_goes_away() {
        let mut line = Line::new().await;
        line.producer.write_all(b"one\n").await.expect("sent");
        assert_eq!(line.read().await, "one\n");
        drop(line.branch().await);
        for _ in 0..3 {
            line.producer.write_all(b"two\n").await.expect("sent");
            assert_eq!(line.read().await, "two\n");
        }
        assert_eq!(line.forwarded.cut_off(), 1);
    }
}
