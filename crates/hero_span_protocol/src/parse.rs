//! The accept reading: what a consumer takes.

use std::borrow::Cow;

use crate::error::ParseError;
use crate::event::Event;
use crate::fields::{Fields, line_text};
use crate::read::{EventType, read, type_name};
use crate::usual;

/// What a good line is.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every line is an event: boxing it would cost each one an allocation"
)]
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
///
/// The line must be one I-JSON object (`transport.*`, `limit.line`,
/// `limit.depth`) whose required fields are there and whose fields have their
/// types (`event.*`, `type.*`). Fields that the contract does not name are
/// ignored (`consumer.unknown-field`), but they too must be I-JSON.
///
/// # Errors
///
/// A line that is no I-JSON object is reported at its first fault, whatever
/// its fields are; otherwise the error is the first field at fault in the
/// order of the contract. A bad line says nothing of the next one
/// (`consumer.bad-line`).
///
/// ```
/// use hero_span_protocol::{Parsed, parse};
///
/// let line = br#"{"type":"span_tag","span_id":"00000000000000a1","ts_ms":1,"key":"rows","value":7}"#;
/// assert!(matches!(parse(line)?, Parsed::Event(_)));
///
/// let error = parse(br#"{"type":"span_tag","span_id":17}"#).unwrap_err();
/// assert_eq!(error.clause().id(), "type.id");
/// assert_eq!((error.field(), error.at()), (Some("span_id"), 29));
/// # Ok::<(), hero_span_protocol::ParseError>(())
/// ```
pub fn parse(line: &[u8]) -> Result<Parsed<'_>, ParseError> {
    let text = line_text(line)?;
    match usual::event(text) {
        Some(event) => Ok(Parsed::Event(event)),
        None => parse_any(text),
    }
}

/// Any line, also one that is not as SDKs usually write them.
#[inline(never)]
pub(crate) fn parse_any(text: &str) -> Result<Parsed<'_>, ParseError> {
    let mut fields = Fields::new();
    fields.scan_text(text)?;
    let type_name = type_name(&fields)?;
    match EventType::of(&type_name) {
        Some(event_type) => read(&mut fields, event_type).map(Parsed::Event),
        None => Ok(Parsed::Skipped { type_name }),
    }
}
