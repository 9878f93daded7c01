//! Connections whose bytes are counted as they are read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};

use crate::figures::Figures;
use crate::incoming::Incoming;

#[derive(Debug)]
pub(crate) struct Counted<I> {
    inner: I,
    figures: Figures,
}

impl<I> Counted<I> {
    pub(crate) fn new(inner: I, figures: Figures) -> Self {
        Self { inner, figures }
    }
}

impl<I: Incoming> Incoming for Counted<I> {
    type Stream = Counted<I::Stream>;

    async fn accept(&self) -> io::Result<Self::Stream> {
        let inner = self.inner.accept().await?;
        Ok(Counted::new(inner, self.figures.clone()))
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Counted<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        let read = buffer.filled().len().saturating_sub(before);
        if read > 0 {
            self.figures.bytes.inc_by(read as u64);
        }
        polled
    }
}
