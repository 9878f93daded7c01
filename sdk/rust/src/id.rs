//! Span ids: 64 bits, never used twice.

use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// The id of a span: sixteen lower-case hex digits on the wire, and here as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpanId([u8; 16]);

impl SpanId {
    #[inline]
    pub(crate) fn new(bits: u64) -> Option<Self> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0; 16];
        for (digits, byte) in hex.chunks_exact_mut(2).zip(bits.to_be_bytes()) {
            digits[0] = DIGITS[usize::from(byte >> 4)];
            digits[1] = DIGITS[usize::from(byte & 15)];
        }
        (bits != 0).then_some(Self(hex))
    }

    pub(crate) fn bits(self) -> u64 {
        let digit = |digit: u8| match digit {
            b'a'..=b'f' => u64::from(digit - b'a') + 10,
            digit => u64::from(digit & 15),
        };
        self.0.iter().fold(0, |bits, byte| bits << 4 | digit(*byte))
    }

    /// An id as it stands in the environment, if it is one.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let hex: [u8; 16] = text.try_into().ok()?;
        (hex.iter().all(is_hex) && hex != [b'0'; 16]).then_some(Self(hex))
    }

    #[inline]
    pub(crate) fn hex(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

/// Odd, so that its multiples run through all ids.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// Gives ids from a place in their order that nobody else starts from.
pub(crate) struct Ids(AtomicU64);

impl Ids {
    pub(crate) fn new() -> Self {
        // A fork has the keys of its parent's hasher, but neither its process id nor its time.
        let mut hasher = RandomState::new().build_hasher();
        std::process::id().hash(&mut hasher);
        SystemTime::now().hash(&mut hasher);
        Self(AtomicU64::new(hasher.finish()))
    }

    #[inline]
    pub(crate) fn next(&self) -> SpanId {
        loop {
            let place = self.0.fetch_add(1, Ordering::Relaxed);
            if let Some(id) = SpanId::new(place.wrapping_mul(STEP)) {
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sixteen_hex_digits_that_are_not_all_zero_are_an_id() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(
                SpanId::parse(text.as_bytes()).map(SpanId::bits),
                expected,
                "{text}"
            );
        };
        check("00000000deadbeef", Some(0xdead_beef));
        check("ffffffffffffffff", Some(u64::MAX));
        check("0000000000000000", None);
        check("00000000DEADBEEF", None);
        check("+0000000deadbeef", None);
        check("deadbeef", None);
        check("00000000deadbeef0", None);
        check("", None);
    }

    #[test]
    fn an_id_is_written_as_it_is_read() {
        let id = SpanId::new(0x0123_4567_89ab_cdef).unwrap();
        assert_eq!(id.hex(), b"0123456789abcdef");
        assert_eq!(id.to_string(), "0123456789abcdef");
        assert_eq!(SpanId::parse(id.hex()), Some(id));
    }

    #[test]
    fn no_id_comes_twice_or_is_zero() {
        let ids = Ids(AtomicU64::new(u64::MAX - 1));
        let found: Vec<u64> = (0..4).map(|_| ids.next().bits()).collect();
        assert_eq!(
            found,
            [
                STEP.wrapping_mul(u64::MAX - 1),
                STEP.wrapping_mul(u64::MAX),
                STEP,
                STEP.wrapping_mul(2)
            ]
        );
        let (one, other) = (Ids::new(), Ids::new());
        assert_ne!(one.next(), other.next());
    }
}
