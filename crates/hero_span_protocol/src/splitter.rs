//! Bytes into lines, in bounded memory.

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
#[derive(Debug, Default)]
pub struct Splitter {}

impl Splitter {
    /// At the beginning of a connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and calls `each` for each line they complete.
    pub fn push(&mut self, bytes: &[u8], each: impl FnMut(Line<'_>)) {
        let _ = each;
        unimplemented!("{bytes:?}")
    }

    /// The bytes of a torn last line (`transport.torn`), if there is one.
    pub fn finish(self) -> Option<u64> {
        unimplemented!()
    }
}
