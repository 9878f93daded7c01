//! The model: what any script must send, and what its user's code must see.
//!
//! A script that runs one thing after the other has one order of events. Where
//! branches run side by side, every event only knows which events come before
//! it, and any order that keeps to that is right.

mod fit;
#[cfg(test)]
mod tests;
mod walk;

use crate::dialogue::Outcome;
use crate::script::{Level, Op};
use crate::value::Sent;

pub(crate) use fit::Limits;
pub(crate) use fit::{Announced, Field, Rendered, Want, Wanted, render};

/// What a script must send and show.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expected {
    /// Every span, in the order the model opened them.
    pub spans: Vec<Span>,
    /// Every event; one only refers to those before it.
    pub events: Vec<Event>,
    /// How many processes there are: the first, and one for each fork.
    pub processes: usize,
    /// What the user's code sees.
    pub outcome: Outcome,
    /// Each checkpoint, and how many events of the first process come before.
    pub checkpoints: Vec<(String, usize)>,
}

/// A span that a script opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The process that opens it.
    pub process: usize,
    /// Its place among the spans, or `None` for a root.
    pub parent: Option<usize>,
    /// Its kind and name, for messages.
    pub label: String,
}

/// An event that a script makes an SDK send.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    /// The process that sends it.
    pub process: usize,
    /// The span it belongs to.
    pub span: usize,
    /// The events of the same process that come just before it.
    pub after: Vec<usize>,
    /// What it says.
    pub body: Body,
}

/// What an event says, before anything is cut.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    /// A span begins.
    Start {
        /// `flow`, `step`, `span` or `rpc`.
        kind: &'static str,
        /// The name as given.
        name: String,
        /// The tags as given.
        tags: Vec<(String, Sent)>,
        /// The input of a flow, the arguments of a call.
        params: Presence,
    },
    /// A tag is set.
    Tag {
        /// The key as given.
        key: String,
        /// The value.
        value: Sent,
    },
    /// Something was said.
    Log {
        /// The message as given.
        message: String,
        /// The level, if one was given.
        level: Option<Level>,
        /// The fields as given.
        fields: Vec<(String, Sent)>,
    },
    /// A span ends.
    End {
        /// How.
        ending: Ending,
        /// What it gave.
        result: Presence,
    },
}

impl Body {
    /// The event's `type`.
    pub(crate) const fn type_name(&self) -> &'static str {
        match self {
            Self::Start { .. } => "span_start",
            Self::Tag { .. } => "span_tag",
            Self::Log { .. } => "span_log",
            Self::End { .. } => "span_end",
        }
    }
}

/// Whether a field is there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Presence {
    /// It is not.
    Absent,
    /// It may be left out, for the contract does not say.
    Optional(Sent),
    /// It is.
    Required(Sent),
}

/// How a span ended (`sdk.status`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nothing left it, or an exit without a code.
    Ok,
    /// Cancelled or interrupted.
    Cancelled,
    /// Failed with exactly that error.
    Clean {
        /// The reason, or an exit's code.
        error: String,
    },
    /// Failed with a traceback, which is the SDK's to write.
    Traceback {
        /// The exception's type.
        type_name: String,
        /// Its message.
        message: String,
    },
}

/// Predicts what a script must send and show.
pub(crate) fn predict(script: &[Op]) -> Expected {
    walk::predict(script)
}
