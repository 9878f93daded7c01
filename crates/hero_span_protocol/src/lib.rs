//! The hero_span wire protocol: lines, events, their two readings, and the
//! rules of a connection. What each clause says is in [`contract`].
//!
//! - [`Splitter`] cuts a connection's bytes into lines, in bounded memory.
//! - [`parse()`] is the accept reading: what a consumer takes. [`judge()`] is
//!   the emit reading: everything that an SDK must not send.
//! - [`Stream`] keeps the stream rules (`rule.*`) over the events of one
//!   connection, and counts what was lost.
//! - [`Checker`] does all of it to a whole capture, and [`Connections`] judges
//!   what several have to do with each other.
//! - [`encode()`] writes an event; [`limits`] measure and cut.
//! - [`printable()`] makes a stranger's text fit for a terminal.
//!
//! The crate opens nothing, waits for nothing and asks no clock: bytes and
//! events in, events and findings out. Nothing that comes in makes it panic.
//!
//! ```
//! use hero_span_protocol::{Line, Parsed, Splitter, Stream, parse};
//!
//! let bytes = br#"{"type":"span_start","span_id":"00000000000000a1","ts_ms":1,"seq":0,"parent_span_id":null,"name":"load","kind":"step","producer":{"id":"00000000000000f1"}}
//! not an event
//! {"type":"span_log","span_id":"00000000000000a1","ts_ms":2.5,"seq":4,"message":"loaded"}
//! "#;
//! let (mut splitter, mut stream) = (Splitter::new(), Stream::new());
//! let mut rejected = Vec::new();
//! splitter.push(bytes, |line| match line {
//!     Line::Whole(line) => match parse(line) {
//!         Ok(Parsed::Event(event)) => assert!(stream.observe(&event).is_empty()),
//!         Ok(Parsed::Skipped { .. }) => stream.observe_skipped(),
//!         Err(error) => {
//!             stream.observe_rejected();
//!             rejected.push(error.to_string());
//!         }
//!     },
//!     Line::TooLong { .. } => stream.observe_rejected(),
//! });
//! assert_eq!(rejected, ["transport.line at byte 0: expected a JSON object, found 'n'"]);
//! assert_eq!(stream.open_spans(), ["00000000000000a1".parse()?]);
//! assert_eq!(stream.lost(), 2);
//! assert_eq!(splitter.finish(), None);
//! # Ok::<(), hero_span_protocol::ParseError>(())
//! ```

mod by_id;
mod bytes;
mod check;
mod connections;
pub mod contract;
mod digits;
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
mod usual;

pub use by_id::ById;
pub use check::{CheckOptions, Checker, Located, Report};
pub use connections::Connections;
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
