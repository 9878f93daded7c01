//! How values are measured and cut (`value.*`), as pure functions.

mod fit;

use std::borrow::Cow;
use std::iter::successors;

use crate::contract::{Clause, limit};
use crate::json::Json;

pub use fit::fit;

/// What stands for the middle of a cut error.
const ERROR_DOTS: &str = "\n...\n";

/// A cut ends on a code point: it leaves less than one unused.
const SLACK: usize = 3;

/// The longest prefix of at most `max` bytes that ends on a code point
/// (`value.cut`).
pub fn cut(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// An error of at most `max` bytes (`value.error`): whole when it fits, else
/// its first `head` bytes, LF, three dots, LF, and as much of its end as fits.
///
/// ```
/// use hero_span_protocol::limits::cut_error;
/// assert_eq!(cut_error("one two three", 12, 3), "one\n...\nhree");
/// ```
pub fn cut_error(text: &str, max: usize, head: usize) -> Cow<'_, str> {
    if text.len() <= max {
        return Cow::Borrowed(text);
    }
    let head = cut(text, head);
    let room = max.saturating_sub(head.len() + ERROR_DOTS.len());
    Cow::Owned(format!("{head}{ERROR_DOTS}{}", cut_front(text, room)))
}

/// The longest suffix of at most `max` bytes that begins on a code point.
fn cut_front(text: &str, max: usize) -> &str {
    let mut start = text.len().saturating_sub(max);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..).unwrap_or_default()
}

/// A size as it is announced: not measured beyond `limit::MEASURED_BYTES`
/// (`limit.measured`).
pub fn measured(bytes: usize) -> u64 {
    bytes.min(limit::MEASURED_BYTES) as u64
}

/// The bytes of a JSON value (`value.bytes`): of a string its UTF-8 before
/// escaping, of anything else its compact text.
pub fn value_bytes(value: &Json<'_>) -> usize {
    match value.text() {
        Some(text) => text.len(),
        None => value.to_compact().len(),
    }
}

/// A JSON value of at most `max` bytes, and the size before if it was cut
/// (`value.cut`, `value.structured`).
pub fn cut_value(value: &Json<'_>, max: usize) -> (Json<'static>, Option<u64>) {
    let text = value.text().unwrap_or_else(|| value.to_compact());
    if text.len() <= max {
        (value.clone().into_owned(), None)
    } else {
        (Json::string(cut(&text, max)), Some(measured(text.len())))
    }
}

/// Which limit a value has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cap {
    Name,
    Value,
    Error,
}

impl Cap {
    /// The limit of a type's values, if they have one.
    pub(crate) const fn of(type_clause: Clause) -> Option<Self> {
        match type_clause {
            Clause::TypeName => Some(Self::Name),
            Clause::TypeText | Clause::TypeJson => Some(Self::Value),
            Clause::TypeError => Some(Self::Error),
            _ => None,
        }
    }

    /// The limit in bytes.
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Self::Name => limit::NAME_BYTES,
            Self::Value => limit::VALUE_BYTES,
            Self::Error => limit::ERROR_BYTES,
        }
    }

    /// Whether a text may be what a cut left: it fills the limit, or the limit
    /// halved as often as it takes for the line to fit (`value.line`).
    pub(crate) fn is_cut(self, text: &str) -> bool {
        match self {
            Self::Name => {
                let halved = halvings(limit::VALUE_BYTES).filter(|&max| max < self.bytes());
                halved.chain([self.bytes()]).any(|max| fills(text, max))
            }
            Self::Value => halvings(self.bytes()).any(|max| fills(text, max)),
            Self::Error => halvings(self.bytes())
                .zip(halvings(limit::ERROR_HEAD_BYTES))
                .any(|(max, head)| fills(text, max) && has_dots(text, head)),
        }
    }
}

/// The least limit that it can take for a line to fit: with it, `MEMBERS`
/// members make some 20,000 bytes, though each character of their keys, their
/// values and their entries in `truncated` takes six bytes.
const LEAST: usize = 16;

/// The limit, and what is left of it each time that it is halved.
fn halvings(max: usize) -> impl Iterator<Item = usize> {
    successors(Some(max), |max| Some(max / 2).filter(|&max| max >= LEAST))
}

fn fills(text: &str, max: usize) -> bool {
    (max.saturating_sub(SLACK)..=max).contains(&text.len())
}

/// Whether the dots stand where a head of at most `head` bytes ends.
fn has_dots(error: &str, head: usize) -> bool {
    (head.saturating_sub(SLACK)..=head)
        .filter_map(|end| error.get(end..))
        .any(|rest| rest.starts_with(ERROR_DOTS))
}
