//! Bytes into lines, in bounded memory.

use crate::bytes::first_lf;
use crate::contract::limit;

/// What stands between two LFs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// A line without its LF.
    Whole(&'a [u8]),
    /// A line over `limit::LINE_BYTES`, which was not kept (`limit.line`).
    TooLong {
        /// Its bytes, LF included.
        bytes: u64,
    },
}

/// Cuts a connection's bytes into lines, whatever the chunks they come in.
///
/// It keeps the beginning of one line at most, less than `limit::LINE_BYTES`;
/// of a longer one it keeps only how long it is. Lines that lie whole in a
/// chunk are not copied.
///
/// ```
/// use hero_span_protocol::{Line, Splitter};
/// let mut splitter = Splitter::new();
/// let mut lines = Vec::new();
/// for chunk in ["{}\n{", "}\n{\"to"] {
///     splitter.push(chunk.as_bytes(), |line| match line {
///         Line::Whole(line) => lines.push(line.to_vec()),
///         Line::TooLong { .. } => {}
///     });
/// }
/// assert_eq!(lines, [b"{}", b"{}"]);
/// assert_eq!(splitter.finish(), Some(4));
/// ```
#[derive(Debug, Default)]
pub struct Splitter {
    held: Vec<u8>,
    /// Bytes of the line so far that are too many to hold.
    dropped: u64,
}

impl Splitter {
    /// At the beginning of a connection.
    pub const fn new() -> Self {
        Self {
            held: Vec::new(),
            dropped: 0,
        }
    }

    /// Takes the next bytes and calls `each` for each line they complete.
    pub fn push(&mut self, bytes: &[u8], mut each: impl FnMut(Line<'_>)) {
        let mut rest = bytes;
        while let Some((line, next)) = first_lf(rest).and_then(|lf| rest.split_at_checked(lf)) {
            self.complete(line, &mut each);
            rest = next.get(1..).unwrap_or_default();
        }
        self.hold(rest);
    }

    /// The bytes of a torn last line (`transport.torn`), if there is one. It
    /// is to be counted, not read, even if it would parse.
    pub fn finish(self) -> Option<u64> {
        let torn = self.dropped + self.held.len() as u64;
        (torn > 0).then_some(torn)
    }

    fn complete(&mut self, end: &[u8], each: &mut impl FnMut(Line<'_>)) {
        let bytes = self.dropped + (self.held.len() + end.len()) as u64 + 1;
        if bytes > limit::LINE_BYTES as u64 {
            each(Line::TooLong { bytes });
        } else if self.held.is_empty() {
            each(Line::Whole(end));
        } else {
            self.held.extend_from_slice(end);
            each(Line::Whole(&self.held));
        }
        self.let_go();
        self.dropped = 0;
    }

    fn hold(&mut self, bytes: &[u8]) {
        let held = self.held.len() + bytes.len();
        if self.dropped > 0 || held >= limit::LINE_BYTES {
            self.dropped += held as u64;
            self.let_go();
        } else {
            self.held.extend_from_slice(bytes);
        }
    }

    /// Gives the room back too: thousands of connections may be silent for
    /// days after a long line.
    fn let_go(&mut self) {
        self.held = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_line_is_counted_and_not_held() {
        let mut splitter = Splitter::new();
        for _ in 0..10_000 {
            splitter.push(&[b'x'; 1_000], |line| panic!("{line:?}"));
            assert!(splitter.held.capacity() <= limit::LINE_BYTES);
        }
        assert_eq!(splitter.held.capacity(), 0);
        assert_eq!(splitter.finish(), Some(10_000_000));
    }

    #[test]
    fn between_lines_nothing_is_held() {
        let mut splitter = Splitter::new();
        let mut lines = 0;
        for _ in 0..20 {
            splitter.push(&[b'x'; 1_000], |line| panic!("{line:?}"));
        }
        splitter.push(b"\n", |_| lines += 1);
        assert_eq!((lines, splitter.held.capacity()), (1, 0));
    }
}
