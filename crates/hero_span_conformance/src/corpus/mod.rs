//! Recorded captures: what released versions of SDKs sent once, byte for byte,
//! and what was made of it. A change of the parser or of the contract reads them
//! all again, and must make the same of them.
//!
//! `SDK-VERSION/CLAUSE.json` holds the captures of a clause's cases, and
//! `SDK-VERSION/manifest.json` how each line was read when it was recorded.

mod accept;
mod compare;
mod file;
mod reading;
mod record;
mod replay;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use record::{RecordOptions, record};
pub(crate) use replay::replay;

/// Where this repository keeps them; below it is a folder for each protocol.
pub(crate) const CORPUS: &str = "conformance/corpus";

/// The first bytes of a SHA-256, enough to tell two readings of one line apart.
const DIGEST_BYTES: usize = 8;
