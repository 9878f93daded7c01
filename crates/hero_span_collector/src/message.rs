//! What connections and the accept loop tell the hub.

use std::borrow::Cow;
use std::io;

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

/// What a connection says. It begins with `Opened` and ends with `Closed`. An
/// event borrows from the bytes that were read: nothing of it is copied before
/// somebody wants to keep it.
#[derive(Debug, Clone)]
pub(crate) enum Said<'a> {
    Opened,
    Event(Told<'a>),
    Skipped(Skipped),
    Rejected(Rejected),
    Closed { ending: Ending, torn: Option<u64> },
}

impl Said<'_> {
    /// The same, borrowing nothing.
    pub(crate) fn into_owned(self) -> Said<'static> {
        match self {
            Self::Opened => Said::Opened,
            Self::Event(told) => Said::Event(told.into_owned()),
            Self::Skipped(skipped) => Said::Skipped(skipped),
            Self::Rejected(rejected) => Said::Rejected(rejected),
            Self::Closed { ending, torn } => Said::Closed { ending, torn },
        }
    }
}

/// An event, and what its connection makes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Told<'a> {
    /// The line it came on, from 1.
    pub line: u64,
    /// The line as it came, without its LF: UTF-8, as every good line is.
    pub text: Cow<'a, [u8]>,
    /// The event.
    pub event: Event<'a>,
    /// The stream rules it breaks (`rule.*`).
    pub findings: Vec<Finding>,
    /// How many events the producer dropped just before it.
    pub lost: u64,
}

impl Told<'_> {
    /// The same, borrowing nothing.
    pub fn into_owned(self) -> Told<'static> {
        Told {
            line: self.line,
            text: Cow::Owned(self.text.into_owned()),
            event: self.event.into_owned(),
            findings: self.findings,
            lost: self.lost,
        }
    }
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
