//! Who wants to know what a collector hears: a terminal, a store, an export.

use std::io;
use std::ops::ControlFlow;

use crate::message::{Rejected, Skipped, Told};
use crate::tree::{Ending, Forest, Heard, RunId, SessionId};

/// Something that happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Update<'a> {
    /// A connection was accepted.
    Opened(SessionId),
    /// An event came.
    Event {
        /// The connection it came over.
        session: SessionId,
        /// The event itself, which borrows from what was read.
        told: &'a Told<'a>,
        /// Where it went in the forest.
        heard: Heard,
    },
    /// Lines of unknown types came.
    Skipped(SessionId, &'a Skipped),
    /// Bad lines came.
    Rejected(SessionId, &'a Rejected),
    /// A connection is over.
    Closed {
        /// Which one.
        session: SessionId,
        /// Why.
        ending: Ending,
        /// The bytes of a torn last line (`transport.torn`).
        torn: Option<u64>,
    },
    /// All connections of a run are over and no other is about to join it. A
    /// late one may still do so: then the same run is over again.
    RunOver(RunId),
    /// Connections wait that cannot be accepted; told once until one can be.
    CannotAccept(&'a io::Error),
}

/// Takes what a collector hears, one thing at a time.
///
/// A sink that takes long holds the connections up, and producers then drop
/// events. Breaking from either method stops the collector: it drains what
/// has been sent, and the sink still gets that.
pub trait Sink {
    /// Takes an update; `forest` is as it stands after it.
    fn take(&mut self, forest: &Forest, update: &Update<'_>) -> ControlFlow<()>;

    /// Called every 50 ms, for what a sink does now and then.
    fn tick(&mut self, forest: &Forest) -> ControlFlow<()> {
        let _ = forest;
        ControlFlow::Continue(())
    }

    /// Called last, when everything was told.
    fn finish(&mut self, forest: &Forest) {
        let _ = forest;
    }

    /// Whether it can take no more just now: then connections are not read, and
    /// what is due is done all the same.
    fn is_full(&self) -> bool {
        false
    }
}
