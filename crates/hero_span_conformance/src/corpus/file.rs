//! How captures lie in files: for people to review, and to the byte.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::parser::dialogue::{from_base64, to_base64};

pub(super) const MANIFEST: &str = "manifest.json";

/// What a case made an SDK send: the lines of each connection, in the order
/// they were made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Captured {
    pub(super) case: String,
    pub(super) connections: Vec<Vec<Line>>,
}

/// A line of a capture. Without a word of its own it ends with an LF.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    Text(String),
    Marked(Marked),
}

/// A line that cannot stand as a text, or does not end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Marked {
    /// The last line, which has no LF.
    Torn(String),
    /// Bytes that are no UTF-8, with their LF if they have one.
    Base64(String),
}

impl Line {
    /// The lines of a connection's bytes.
    pub(super) fn split(bytes: &[u8]) -> Vec<Self> {
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        lines.map(Self::of).collect()
    }

    fn of(line: &[u8]) -> Self {
        match (std::str::from_utf8(line), line.ends_with(b"\n")) {
            (Ok(text), true) => Self::Text(text.trim_end_matches('\n').into()),
            (Ok(text), false) => Self::Marked(Marked::Torn(text.into())),
            (Err(_), _) => Self::Marked(Marked::Base64(to_base64(line))),
        }
    }

    /// The bytes of a connection.
    pub(super) fn join(lines: &[Self]) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        for line in lines {
            match line {
                Self::Text(text) => bytes.extend([text.as_bytes(), b"\n"].concat()),
                Self::Marked(Marked::Torn(text)) => bytes.extend(text.as_bytes()),
                Self::Marked(Marked::Base64(text)) => bytes.extend(from_base64(text)?),
            }
        }
        Ok(bytes)
    }
}

/// What was made of the captures of one version of an SDK when they were
/// recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) sdk: String,
    pub(super) version: String,
    pub(super) protocol: u64,
    /// The connections of all cases.
    pub(super) captures: usize,
    pub(super) lines: usize,
    pub(super) bytes: usize,
    /// By the case, for each of its connections.
    pub(super) cases: BTreeMap<String, Vec<Recorded>>,
    /// Cases that have no capture here, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) left_out: BTreeMap<String, String>,
}

/// What was made of a capture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recorded {
    /// Of its bytes: tells a capture that was changed from one that is read
    /// differently.
    pub(super) sha256: String,
    pub(super) events: usize,
    /// For each line the digest of its reading, or why it has none.
    pub(super) readings: Vec<String>,
    /// The breaches, as `LINE CHECK`: a torn line, for instance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) breaches: Vec<String>,
}

/// The beginning of a digest, or all of it, as hexadecimal digits.
pub(super) fn hex(bytes: &[u8], length: usize) -> String {
    let digest = Sha256::digest(bytes);
    let bytes = digest.iter().take(length);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

/// The file that holds the captures of a clause.
pub(super) fn name(clause: &str) -> String {
    format!("{clause}.json")
}

pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let text = std::fs::read(path).map_err(|error| Error::corpus(path, error))?;
    serde_json::from_slice(&text).map_err(|error| Error::corpus(path, error))
}

/// One line for each line of a capture, so that it can be reviewed.
pub(super) fn write(path: &Path, value: &impl Serialize) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Error::corpus(path, error))?;
    std::fs::write(path, text + "\n").map_err(|error| Error::corpus(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], json: &str) {
        let lines = Line::split(bytes);
        assert_eq!(serde_json::to_string(&lines).unwrap(), json);
        let read: Vec<Line> = serde_json::from_str(json).unwrap();
        assert_eq!(Line::join(&read).unwrap(), bytes);
    }

    #[test]
    fn captures_come_back_to_the_byte() {
        check(b"", "[]");
        check(b"{\"a\":1}\n\n", r#"["{\"a\":1}",""]"#);
        check(b"a\r\nb\0\x1b\n", r#"["a\r","b\u0000\u001b"]"#);
        check("é\n{\"to".as_bytes(), r#"["é",{"torn":"{\"to"}]"#);
        check(b"\xff\n\xc3", r#"[{"base64":"/wo="},{"base64":"ww=="}]"#);
    }

    #[test]
    fn a_digest_is_the_beginning_of_sha_256() {
        let whole = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(b"abc", 32), whole);
        assert_eq!(hex(b"abc", 8), whole[..16]);
    }
}
