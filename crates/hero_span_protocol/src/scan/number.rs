//! Numbers: their grammar, and what they are worth.

use super::{Result, Scanner, Shape};
use crate::contract::{Clause, limit};
use crate::error::{ParseError, Violation};
use crate::printable::shortened;

/// No number with so few digits and no exponent is beyond a double.
const SAFE_DIGITS: usize = 300;

/// So many bytes of digits do not overflow 64 bits.
const SHORT: usize = 18;

/// Below this a whole number and its double are the same.
const EXACT: u64 = 1 << 53;

/// Powers of ten that a double holds exactly, as far as times need them.
const TENS: [f64; 10] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

impl Scanner<'_> {
    /// A number, at its first byte.
    pub(super) fn number(&mut self) -> Result<Shape> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        let whole = self.at - start;
        if self.take(b'.') {
            self.digits()?;
        }
        let has_exponent = self.take(b'e') || self.take(b'E');
        if has_exponent {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        if has_exponent || whole > SAFE_DIGITS {
            self.check_range(start)?;
        }
        Ok(Shape::Number)
    }

    fn digits(&mut self) -> Result<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.unexpected("a digit"));
        }
        Ok(())
    }

    fn check_range(&self, start: usize) -> Result<()> {
        let raw = self.text.get(start..self.at).unwrap_or_default();
        if to_f64(raw).is_finite() {
            Ok(())
        } else {
            Err(beyond_double(start, raw))
        }
    }
}

#[cold]
fn beyond_double(at: usize, raw: &str) -> ParseError {
    let expected = "a number that a double holds";
    Violation::new(Clause::TransportIJson, expected, shortened(raw))
        .at(at)
        .into()
}

/// The double nearest to a number that the scanner took.
pub(crate) fn to_f64(raw: &str) -> f64 {
    exact(raw).unwrap_or_else(|| raw.parse().unwrap_or(f64::INFINITY))
}

/// The short cut for times: digits worth less than 2^53 and a small power of
/// ten are both exact, so that one division rounds once, as it should.
fn exact(raw: &str) -> Option<f64> {
    if raw.len() > SHORT {
        return None;
    }
    let (mut digits, mut point) = (0_u64, None);
    for (index, &byte) in raw.as_bytes().iter().enumerate() {
        match byte {
            b'0'..=b'9' => digits = digits * 10 + u64::from(byte - b'0'),
            b'.' => point = Some(index),
            _ => return None,
        }
    }
    let decimals = point.map_or(0, |point| raw.len() - 1 - point);
    let power = TENS.get(decimals)?;
    (digits < EXACT).then(|| digits as f64 / power)
}

/// The value of a number that is a count (`type.count`): whole, whatever its
/// notation (`1`, `1.0` and `1e0` alike), from 0 to `limit::INTEGER_MAX`.
pub(crate) fn to_count(raw: &str) -> Option<u64> {
    let count = match raw.parse::<u64>() {
        Ok(count) => count,
        Err(_) => whole(to_f64(raw))?,
    };
    (count <= limit::INTEGER_MAX).then_some(count)
}

fn whole(value: f64) -> Option<u64> {
    let is_count = value.fract() == 0.0 && (0.0..=limit::INTEGER_MAX as f64).contains(&value);
    is_count.then_some(value as u64)
}
