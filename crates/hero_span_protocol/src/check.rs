//! A whole capture judged: every line and every rule.

use std::collections::HashSet;

use crate::error::Violation;
use crate::id::SpanId;

/// How a capture is judged.
#[derive(Debug, Clone, Default)]
pub struct CheckOptions {
    /// The spans of other producers that may be parents here; `None` takes
    /// every parent that does not start in the capture as one of them.
    pub parents: Option<HashSet<SpanId>>,
}

/// A violation and its place in the capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The line, from 1.
    pub line: u64,
    /// The byte of the capture, from 0: where the fault is, or its line.
    pub byte_offset: u64,
    /// What is wrong.
    pub violation: Violation,
}

/// What a capture holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Lines, the torn one included.
    pub lines: u64,
    /// Lines that are events of this contract.
    pub events: u64,
    /// Lines of a type that this contract does not know.
    pub skipped: u64,
    /// Everything a sender must not do, in the order of the capture.
    pub violations: Vec<Located>,
    /// Breaches of stream rules that a lost or rejected event may explain.
    pub excused: Vec<Located>,
    /// The spans that have begun and not ended, in the order they began.
    pub open_spans: Vec<SpanId>,
    /// How many events never arrived: the gaps of `seq`.
    pub lost: u64,
    /// The bytes of a torn last line, if there is one.
    pub torn: Option<u64>,
}

/// Judges a capture, the bytes of one connection, as they come: each line as
/// [`crate::judge()`] does, all of them as [`crate::Stream`] does.
#[derive(Debug)]
pub struct Checker {}

impl Checker {
    /// At the beginning of a capture.
    pub fn new(options: CheckOptions) -> Self {
        unimplemented!("{options:?}")
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        unimplemented!("{bytes:?}")
    }

    /// Takes the end of the capture.
    pub fn finish(self) -> Report {
        unimplemented!()
    }
}
