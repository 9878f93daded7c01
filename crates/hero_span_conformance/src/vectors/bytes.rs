//! Bytes written so that a person can read them, however many or broken.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A text, or parts that follow each other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Bytes {
    /// Its UTF-8.
    Text(String),
    /// One after the other.
    Parts(Vec<Part>),
}

/// A part of some bytes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum Part {
    /// Its UTF-8.
    Text(String),
    /// Any bytes.
    Hex {
        /// Two digits a byte; white space does not matter.
        hex: String,
    },
    /// The same text many times.
    Repeat {
        /// The text.
        repeat: String,
        /// How often.
        times: usize,
    },
    /// A good line.
    Line {
        /// Written as compact JSON, with an LF behind it.
        line: Map<String, Value>,
    },
}

impl Bytes {
    /// The bytes; the message says which part cannot be read.
    pub(crate) fn build(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::Text(text) => Ok(text.clone().into_bytes()),
            Self::Parts(parts) => {
                let mut bytes = Vec::new();
                for part in parts {
                    bytes.extend(part.build()?);
                }
                Ok(bytes)
            }
        }
    }
}

impl Part {
    fn build(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::Text(text) => Ok(text.clone().into_bytes()),
            Self::Hex { hex } => from_hex(hex),
            Self::Repeat { repeat, times } => Ok(repeat.repeat(*times).into_bytes()),
            Self::Line { line } => {
                let mut bytes = serde_json::to_vec(line).map_err(|error| error.to_string())?;
                bytes.push(b'\n');
                Ok(bytes)
            }
        }
    }
}

fn from_hex(hex: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<char> = hex.chars().filter(|c| !c.is_whitespace()).collect();
    let byte = |pair: &[char]| match pair {
        [high, low] => Some(16 * high.to_digit(16)? as u8 + low.to_digit(16)? as u8),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    bytes.ok_or_else(|| format!("expected pairs of hex digits, found \"{hex}\""))
}
