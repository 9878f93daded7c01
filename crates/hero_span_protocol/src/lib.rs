//! The hero_span wire protocol.

mod bytes;
mod check;
pub mod contract;
mod encode;
mod error;
mod event;
mod fields;
mod id;
mod json;
mod judge;
pub mod limits;
mod members;
mod names;
mod parse;
mod place;
mod printable;
mod producer;
mod read;
mod scan;
mod schema;
mod splitter;
mod stream;
mod text;
mod time;

pub use check::{CheckOptions, Checker, Located, Report};
pub use contract::{
    ACCEPT_SCHEMA, CONTRACT_JSON, Clause, EMIT_SCHEMA, PROTOCOL, Requirement, env, limit,
};
pub use encode::encode;
pub use error::{ParseError, Violation};
pub use event::{Event, Producer, SpanEnd, SpanLog, SpanStart, SpanTag};
pub use id::SpanId;
pub use json::Json;
pub use judge::judge;
pub use members::{Members, Sizes};
pub use names::{Kind, Level, Status};
pub use parse::{Parsed, parse};
pub use printable::printable;
pub use splitter::{Line, Splitter};
pub use stream::{Finding, Stream};
pub use time::TimeMs;
