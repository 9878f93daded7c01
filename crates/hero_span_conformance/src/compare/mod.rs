//! What an SDK sent against what the model says it must send.

mod blame;
mod difference;
mod event;
mod length;
mod members;
mod order;
#[cfg(test)]
mod tests;
mod traceback;

use hero_span_protocol::Event;

use crate::value::{Plain, Value};

pub(crate) use difference::excerpt;
pub(crate) use order::{Matcher, Progress};

/// An event that arrived, and its place in its connection's bytes.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// The line, from 1.
    pub(crate) line: u64,
    /// Where the line begins, from 0.
    pub(crate) byte: u64,
    pub(crate) event: Event<'static>,
    /// The members of its line, in order.
    members: Vec<(String, Value)>,
    /// The bytes of its line, without the LF.
    length: usize,
    /// Whether it has characters beyond ASCII written as escapes.
    escapes: bool,
}

impl Arrival {
    /// Takes a line that the protocol took.
    pub(crate) fn new(line: u64, byte: u64, text: &[u8], event: Event<'_>) -> Self {
        let members = match serde_json::from_slice(text) {
            Ok(Plain(Value::Object(members))) => members,
            _ => Vec::new(),
        };
        Self {
            line,
            byte,
            event: event.into_owned(),
            members,
            length: text.len(),
            escapes: text.windows(3).any(is_escape_beyond_latin),
        }
    }

    /// The fields that are its type's own, in order.
    pub(crate) fn own_members(&self) -> impl Iterator<Item = (&str, &Value)> {
        let members = self.members.iter();
        let members = members.map(|(name, value)| (name.as_str(), value));
        members.filter(|(name, _)| !length::RULED.contains(name))
    }

    pub(crate) fn get(&self, field: &str) -> Option<&Value> {
        let mut same = self.members.iter().filter(|(name, _)| name == field);
        same.next().map(|(_, value)| value)
    }

    pub(crate) fn truncated(&self) -> Vec<(&str, u64)> {
        let sizes = self.event.truncated().iter();
        sizes.map(|(field, size)| (field.as_ref(), *size)).collect()
    }
}

/// The beginning of an escape that is not `\u00xx`.
fn is_escape_beyond_latin(text: &[u8]) -> bool {
    matches!(text, [b'\\', b'u', digit] if *digit != b'0')
}
