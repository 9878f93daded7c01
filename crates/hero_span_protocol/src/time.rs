//! Points in time (`type.time`).

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use schemars::json_schema;

use crate::contract::Clause;
use crate::error::ParseError;
use crate::schema::inline_schema;

/// Milliseconds since the Unix epoch (`type.time`), a finite number.
///
/// A consumer keeps any finite number, also a negative or absurd one; what a
/// sender may write is narrower: see [`TimeMs::MAX_SENT`] and
/// [`TimeMs::DECIMALS_SENT`].
#[derive(Clone, Copy, PartialEq)]
pub struct TimeMs(f64);

impl TimeMs {
    /// The Unix epoch.
    pub const EPOCH: Self = Self(0.0);

    /// The latest time that may be sent.
    pub const MAX_SENT: f64 = 9_007_199_254_740.0;

    /// How many digits may stand after the point when sent: microseconds.
    pub const DECIMALS_SENT: usize = 3;

    /// The time of that many milliseconds. Fails with `type.time` for NaN and
    /// the infinities. Negative zero becomes zero.
    pub fn new(ms: f64) -> Result<Self, ParseError> {
        if ms.is_finite() {
            Ok(Self(ms + 0.0))
        } else {
            let found = ms.to_string();
            Err(ParseError::value(
                Clause::TypeTime,
                "a finite number",
                found,
            ))
        }
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_f64(self) -> f64 {
        self.0
    }

    /// Microseconds since the Unix epoch, when that is what it is: then they have the
    /// digits of the shortest number that reads back as this time. Up to 2^42 ms, in
    /// 2109: up to there the product is that whole number, and no two numbers of three
    /// decimals are one double.
    #[inline]
    pub(crate) fn as_microseconds(self) -> Option<u64> {
        const FAR: f64 = (1_u64 << 42) as f64;
        if !(0.0..FAR).contains(&self.0) {
            return None;
        }
        let us = (self.0 * 1e3 + 0.5) as u64;
        (us as f64 / 1e3 == self.0).then_some(us)
    }

    /// For numbers that the scanner found finite.
    pub(crate) fn from_finite(ms: f64) -> Self {
        debug_assert!(ms.is_finite());
        Self(ms + 0.0)
    }
}

impl Eq for TimeMs {}

impl Ord for TimeMs {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for TimeMs {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for TimeMs {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl fmt::Display for TimeMs {
    /// The shortest number that reads back as this time: for what a sender
    /// may send, whole or with up to three decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.abs();
        if magnitude == 0.0 || (1e-6..1e17).contains(&magnitude) {
            write!(f, "{}", self.0)
        } else {
            write!(f, "{:e}", self.0)
        }
    }
}

impl fmt::Debug for TimeMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TimeMs({self})")
    }
}

inline_schema!(TimeMs, "TimeMs", json_schema!({ "type": "number" }));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_microsecond_is_one() {
        for last in [0, 1_767_225_600_000_000, (1 << 42) * 1_000 - 100_000] {
            for us in last..last + 100_000_u64 {
                assert_eq!(TimeMs(us as f64 / 1e3).as_microseconds(), Some(us));
            }
        }
    }

    #[test]
    fn microseconds_are_told_from_other_times() {
        let us = |ms: f64| TimeMs(ms).as_microseconds();
        assert_eq!(us(0.0), Some(0));
        assert_eq!(us(1_767_225_600_000.913), Some(1_767_225_600_000_913));
        assert_eq!(us(0.001), Some(1));
        assert_eq!(us(0.0015), None);
        assert_eq!(us(-1.0), None);
        assert_eq!(us(4_398_046_511_103.999), Some(4_398_046_511_103_999));
        assert_eq!(us(4_398_046_511_104.0), None);
    }
}
