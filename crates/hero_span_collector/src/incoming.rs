//! Where connections come from.

use std::future::Future;
use std::io;

use tokio::io::AsyncRead;

/// Gives one connection after another: a [`crate::Listener`], or whatever
/// stands in for one in a simulation.
pub trait Incoming: Send + Sync + 'static {
    /// A connection, which is only ever read. Dropping it closes it.
    type Stream: AsyncRead + Unpin + Send + 'static;

    /// Waits for the next connection.
    ///
    /// It must be cancel safe: the future is dropped when the collector stops
    /// or has waited long enough, and that may lose no connection.
    ///
    /// # Errors
    ///
    /// When none can be taken right now, for want of descriptors say. It is
    /// asked again after a while that grows from 10 ms to a second.
    fn accept(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}
