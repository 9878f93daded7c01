//! The accept reading: what a consumer takes.

use std::borrow::Cow;

use crate::error::ParseError;
use crate::event::Event;

/// What a good line is.
#[derive(Debug, Clone, PartialEq)]
pub enum Parsed<'a> {
    /// An event of this contract.
    Event(Event<'a>),
    /// A line whose `type` this contract does not know, to be skipped and
    /// counted (`consumer.unknown-type`).
    Skipped {
        /// Its `type`.
        type_name: Cow<'a, str>,
    },
}

/// Reads one line, with or without its LF or CRLF, as a consumer must.
pub fn parse(line: &[u8]) -> Result<Parsed<'_>, ParseError> {
    unimplemented!("{line:?}")
}
