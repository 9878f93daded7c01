//! JSON values kept as their text (`type.json`).

use std::borrow::Cow;
use std::fmt;

use schemars::json_schema;
use serde_json::Value;

use crate::error::ParseError;
use crate::schema::inline_schema;

/// Any JSON value, kept as the text that stands on the line: valid I-JSON
/// without an LF, compact or not. Two values are equal when their texts are.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Json<'a>(Cow<'a, str>);

impl<'a> Json<'a> {
    /// Takes a text after looking whether it is one I-JSON value, at most
    /// `limit::DEPTH` deep. A text with LFs is made compact.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        unimplemented!("{text}")
    }

    /// For text that the scanner found valid.
    pub(crate) const fn from_valid(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
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
