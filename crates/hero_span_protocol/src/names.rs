//! Fields that are one of a few words (`type.kind`, `type.level`, `type.status`).

use std::fmt;

use schemars::{Schema, json_schema};

use crate::schema::inline_schema;

/// What a span stands for (`type.kind`). A consumer reads any other word as
/// a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Kind {
    /// A whole flow.
    Flow,
    /// A step of a flow.
    Step,
    /// Any stretch of code.
    #[default]
    Span,
    /// A call of an instrumented client.
    Rpc,
}

/// How much a log line matters (`type.level`). A consumer reads any other
/// word, and its absence, as info.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Level {
    /// For who looks for a fault.
    Debug,
    /// For who follows along.
    #[default]
    Info,
    /// Something is not as it should be.
    Warn,
    /// Something went wrong.
    Error,
}

/// How a span ended (`type.status`). A consumer rejects any other word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// As meant.
    Ok,
    /// With an error.
    Failed,
    /// Given up before it was done.
    Cancelled,
}

/// The words of an enum: one list for reading, writing and the schema.
macro_rules! words {
    ($type:ident, $($variant:ident = $word:literal),+) => {
        impl $type {
            /// Every variant, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The words of [`Self::ALL`].
            const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// The variant of that word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The words for a message: `a, b or c`.
            pub(crate) fn expected() -> String {
                one_of(Self::WORDS)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words!(
    Kind,
    Flow = "flow",
    Step = "step",
    Span = "span",
    Rpc = "rpc"
);
words!(
    Level,
    Debug = "debug",
    Info = "info",
    Warn = "warn",
    Error = "error"
);
words!(
    Status,
    Ok = "ok",
    Failed = "failed",
    Cancelled = "cancelled"
);

fn one_of(words: &[&str]) -> String {
    match words {
        [head @ .., last] if !head.is_empty() => format!("{} or {last}", head.join(", ")),
        _ => words.join(""),
    }
}

/// Any string is taken; the words that have a meaning are named beside it.
fn open(words: &[&str]) -> Schema {
    json_schema!({ "anyOf": [{ "type": "string", "enum": words }, { "type": "string" }] })
}

fn closed(words: &[&str]) -> Schema {
    json_schema!({ "type": "string", "enum": words })
}

inline_schema!(Kind, "Kind", open(Kind::WORDS));
inline_schema!(Level, "Level", open(Level::WORDS));
inline_schema!(Status, "Status", closed(Status::WORDS));
