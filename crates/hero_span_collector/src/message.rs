//! What connections and the accept loop tell the hub.

use std::io;
use std::sync::Arc;

use hero_span_protocol::{Event, Finding, Violation};

use crate::tree::{Ending, SessionId};

/// One thing to take in where all connections meet.
#[derive(Debug)]
pub(crate) enum Message<S> {
    /// A connection says something.
    Session(SessionId, S),
    /// Connections wait that cannot be accepted, for want of descriptors say.
    CannotAccept(io::Error),
}

/// What a connection says. It begins with `Opened` and ends with `Closed`.
#[derive(Debug)]
pub(crate) enum Said {
    Opened,
    Event(Arc<Told>),
    Skipped(Skipped),
    Rejected(Rejected),
    Closed { ending: Ending, torn: Option<u64> },
}

/// An event, and what its connection makes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The line it came on, from 1.
    pub line: u64,
    /// The line as it came, without its LF.
    pub text: Box<str>,
    /// The event.
    pub event: Event<'static>,
    /// The stream rules it breaks (`rule.*`).
    pub findings: Vec<Finding>,
    /// How many events the producer dropped just before it.
    pub lost: u64,
}

/// Lines of a type that this program does not know (`consumer.unknown-type`).
/// Those that were read together and name one type are told as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The first such line, from 1.
    pub line: u64,
    /// How many lines.
    pub lines: u64,
    /// Their `type`, not escaped.
    pub type_name: String,
}

/// Bad lines (`consumer.bad-line`). Those that were read together and break
/// one clause are told as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The first such line, from 1.
    pub line: u64,
    /// How many lines.
    pub lines: u64,
    /// What is wrong with the first.
    pub violation: Violation,
}
