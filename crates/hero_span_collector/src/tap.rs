//! The bytes of each connection as they come, for those who judge them.

use std::future::Future;
use std::io;
use std::ops::ControlFlow;

use crate::incoming::Incoming;
use crate::limits::Limits;
use crate::message::Message;
use crate::serve::{Meeting, serve};
use crate::session::Reading;
use crate::tree::{Ending, SessionId};

/// What a connection does. It begins with `Opened` and ends with `Closed`.
#[derive(Debug)]
pub enum Tapped {
    /// It was accepted.
    Opened,
    /// It sent these bytes.
    Bytes(Vec<u8>),
    /// It is over.
    Closed(Ending),
}

/// Takes what connections send, one thing at a time.
///
/// A tap that takes long holds the connections up, and producers then drop
/// events. Breaking from any method stops the socket: what has been sent is
/// drained, and the tap still gets that.
pub trait Tap {
    /// Takes what a connection does.
    fn take(&mut self, session: SessionId, tapped: Tapped) -> ControlFlow<()>;

    /// Connections wait that cannot be accepted; told once until one can be.
    fn cannot_accept(&mut self, error: &io::Error) -> ControlFlow<()>;

    /// Called every 50 ms.
    fn tick(&mut self) -> ControlFlow<()>;
}

/// Serves what comes in as [`crate::Collector`] does under the default
/// [`Limits`], and hands on what comes unread.
///
/// Must run within a tokio runtime with time, and with I/O if `incoming`
/// needs it.
pub async fn tap(incoming: impl Incoming, tap: &mut impl Tap, stop: impl Future<Output = ()>) {
    serve::<Unread>(
        incoming,
        SessionId(1),
        &mut Tapping(tap),
        stop,
        Limits::default(),
    )
    .await;
}

struct Tapping<'a, T>(&'a mut T);

impl<T: Tap> Meeting<Tapped> for Tapping<'_, T> {
    fn take(&mut self, message: Message<Tapped>) -> ControlFlow<()> {
        match message {
            Message::Session(id, tapped) => self.0.take(id, tapped),
            Message::CannotAccept(error) => self.0.cannot_accept(&error),
        }
    }

    fn tick(&mut self) -> ControlFlow<()> {
        self.0.tick()
    }
}

/// Hands on bytes as they come.
#[derive(Debug, Default)]
pub(crate) struct Unread;

impl Reading for Unread {
    type Said = Tapped;

    fn open() -> Tapped {
        Tapped::Opened
    }

    fn push(&mut self, bytes: &[u8], heard: &mut Vec<Tapped>) {
        heard.push(Tapped::Bytes(bytes.to_vec()));
    }

    fn close(self, ending: Ending) -> Tapped {
        Tapped::Closed(ending)
    }
}
