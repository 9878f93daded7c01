//! JSON values kept as their text (`type.json`).

use std::borrow::Cow;
use std::fmt;

use schemars::json_schema;
use serde_json::Value;

use crate::error::ParseError;
use crate::scan::{Scanner, unescape};
use crate::schema::inline_schema;
use crate::text;

/// Any JSON value, kept as the text that stands on the line: valid I-JSON
/// without an LF, compact or not. Two values are equal when their texts are.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Json<'a>(Cow<'a, str>);

impl<'a> Json<'a> {
    /// Takes a text after looking whether it is one I-JSON value, shallow
    /// enough to be a field of an event: less than `limit::DEPTH` deep, as the
    /// event's object is the first. White space around it is left out, and a
    /// text with LFs is made compact.
    ///
    /// # Errors
    ///
    /// `transport.i-json` or `limit.depth`, with the byte of the text.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let mut scanner = Scanner::field(text);
        scanner.skip_space()?;
        let slot = scanner.value()?;
        scanner.skip_space()?;
        if scanner.peek().is_some() {
            return Err(scanner.unexpected("the end of the value"));
        }
        let json = Self::from_valid(slot.raw);
        Ok(if slot.raw.contains('\n') {
            Self(Cow::Owned(text::compact(slot.raw).into_owned()))
        } else {
            json
        })
    }

    /// A string.
    pub fn string(text: &str) -> Json<'static> {
        let mut json = String::with_capacity(text.len() + 2);
        json.push('"');
        text::escape(text, |part| json.push_str(part));
        json.push('"');
        Json(Cow::Owned(json))
    }

    /// For text that the scanner found valid.
    pub(crate) const fn from_valid(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The characters of a string; `None` for any other value.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        let inner = self.0.strip_prefix('"')?.strip_suffix('"')?;
        Some(unescape(inner))
    }

    /// Whether it is an array or an object.
    pub fn is_structured(&self) -> bool {
        self.0.starts_with(['[', '{'])
    }

    /// The text without white space and with no escapes but those that JSON
    /// needs (`value.structured`).
    pub fn to_compact(&self) -> Cow<'_, str> {
        text::compact(&self.0)
    }

    /// The same value, borrowing nothing.
    pub fn into_owned(self) -> Json<'static> {
        Json(Cow::Owned(self.0.into_owned()))
    }

    /// The value as a tree.
    pub fn to_value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or(Value::Null)
    }
}

impl From<&Value> for Json<'static> {
    fn from(value: &Value) -> Self {
        Self(Cow::Owned(value.to_string()))
    }
}

impl From<Value> for Json<'static> {
    fn from(value: Value) -> Self {
        Self::from(&value)
    }
}

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({})", self.0)
    }
}

inline_schema!(Json<'_>, "Json", json_schema!(true));
