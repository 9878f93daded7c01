//! Span ids (`type.id`).

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use schemars::json_schema;

use crate::contract::Clause;
use crate::error::ParseError;
use crate::schema::inline_schema;

const DIGITS: usize = 16;
const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

const EXPECTED: &str = "16 lower-case hex digits, not all zero";

/// The id of a span or of a producer (`type.id`): 64 bits, not all zero,
/// written as 16 lower-case hex digits.
///
/// ```
/// use hero_span_protocol::SpanId;
/// let id: SpanId = "00000000000000ff".parse()?;
/// assert_eq!(id.get(), 255);
/// assert_eq!(id.to_string(), "00000000000000ff");
/// assert!("FF".parse::<SpanId>().is_err());
/// # Ok::<(), hero_span_protocol::ParseError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(NonZeroU64);

impl SpanId {
    /// The id of those bits.
    pub const fn new(bits: NonZeroU64) -> Self {
        Self(bits)
    }

    /// The 64 bits, never zero.
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// Reads the 16 digits; `None` for anything else.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        Self::from_digits(text.as_bytes().try_into().ok()?)
    }

    /// As [`Self::from_hex`], of so many bytes.
    #[inline]
    pub(crate) fn from_digits(digits: &[u8; DIGITS]) -> Option<Self> {
        let digits = u128::from_le_bytes(*digits);
        let high = worth_of_eight(digits as u64)?;
        let low = worth_of_eight((digits >> 64) as u64)?;
        NonZeroU64::new(high << 32 | low).map(Self)
    }

    /// The 16 digits.
    #[inline]
    pub(crate) fn to_hex(self) -> [u8; DIGITS] {
        let [high, low] = [self.get() >> 32, self.get() & 0xFFFF_FFFF].map(eight_hex_digits);
        (u128::from(high) | u128::from(low) << 64).to_le_bytes()
    }

    /// What a text must be to be an id, for messages.
    pub(crate) const fn expected() -> &'static str {
        EXPECTED
    }
}

/// What eight digits are worth, the first in the lowest byte; `None` when one of them
/// is no digit.
#[inline]
const fn worth_of_eight(text: u64) -> Option<u64> {
    // In each byte the high bit says whether what is left of it is so much or more.
    let low = text & !HIGHS;
    let (digit, letter) = (low ^ (ONES * 0x30), low ^ (ONES * 0x60));
    let no_digit = digit + ONES * (0x80 - 10);
    let no_letter = (letter + ONES * (0x80 - 7)) | !(letter + ONES * (0x80 - 1));
    if (text | no_digit & no_letter) & HIGHS != 0 {
        return None;
    }
    let is_letter = low >> 6 & ONES;
    let halves = ((low & (ONES * 0x0F)) + is_letter * 9).swap_bytes();
    let bytes = (halves | halves >> 4) & 0x00FF_00FF_00FF_00FF;
    let words = (bytes | bytes >> 8) & 0x0000_FFFF_0000_FFFF;
    Some((words | words >> 16) & 0xFFFF_FFFF)
}

/// The digits of 32 bits, the first in the lowest byte.
#[inline]
const fn eight_hex_digits(bits: u64) -> u64 {
    // Each half byte comes to stand in a byte of its own, the last one lowest.
    let bits = (bits | bits << 16) & 0x0000_FFFF_0000_FFFF;
    let bits = (bits | bits << 8) & 0x00FF_00FF_00FF_00FF;
    let bits = ((bits | bits << 4) & 0x0F0F_0F0F_0F0F_0F0F).swap_bytes();
    let letters = (bits + ONES * 6) >> 4 & ONES;
    bits + ONES * b'0' as u64 + letters * (b'a' - b'0' - 10) as u64
}

impl TryFrom<u64> for SpanId {
    type Error = ParseError;

    /// Fails with `type.id` for zero.
    fn try_from(bits: u64) -> Result<Self, ParseError> {
        NonZeroU64::new(bits)
            .map(Self)
            .ok_or_else(|| ParseError::value(Clause::TypeId, EXPECTED, "0"))
    }
}

impl TryFrom<&str> for SpanId {
    type Error = ParseError;

    fn try_from(text: &str) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl FromStr for SpanId {
    type Err = ParseError;

    /// Fails with `type.id` for anything but the 16 digits.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::from_hex(text).ok_or_else(|| ParseError::text_value(Clause::TypeId, EXPECTED, text))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.get())
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanId({self})")
    }
}

inline_schema!(
    SpanId,
    "SpanId",
    json_schema!({
        "type": "string",
        "pattern": "^[0-9a-f]{16}$",
        "not": { "const": "0000000000000000" },
    })
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn digits_are_those_of_the_library(bits in 1_u64.., shift in 0_u32..64) {
            let id = SpanId(NonZeroU64::new(bits >> shift).unwrap_or(NonZeroU64::MIN));
            let digits = id.to_string();
            prop_assert_eq!(&id.to_hex()[..], digits.as_bytes());
            prop_assert_eq!(SpanId::from_hex(&digits), Some(id));
        }

        #[test]
        fn one_other_byte_is_found(bits in 1_u64.., at in 0_usize..DIGITS, byte in 0_u8..0x80) {
            let mut digits = format!("{bits:016x}").into_bytes();
            digits[at] = byte;
            let text = String::from_utf8(digits).unwrap();
            let is_hex = matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            let expected = u64::from_str_radix(&text, 16).ok().filter(|_| is_hex);
            prop_assert_eq!(SpanId::from_hex(&text).map(SpanId::get), expected.filter(|&id| id > 0));
        }
    }
}
