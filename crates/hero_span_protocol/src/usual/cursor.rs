//! A place in a line, and what may stand there.

use std::borrow::Cow;

use crate::bytes::plain_at;
use crate::digits::{digits_at, number_at};
use crate::id::SpanId;
use crate::json::Json;
use crate::members::Members;
use crate::scan::Scanner;
use crate::time::TimeMs;

/// So many members are compared with one another; more are not usual.
const FEW: usize = 8;

/// Below this a whole number and its double are the same.
const EXACT: u64 = 1 << 53;

/// Every method goes past what it reads, or says `None` and is nowhere in particular,
/// [`Self::skip`] aside.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    #[inline(always)]
    const fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    #[inline(always)]
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes().get(self.at).copied()
    }

    /// Whether the object, and with it the line, ends here.
    #[inline(always)]
    pub(super) fn ends(&self) -> bool {
        self.bytes().get(self.at..) == Some(b"}")
    }

    /// Goes past a text that is known, and stays where it is when another comes. The
    /// length is known too, so that a few words are compared and nothing is called.
    #[inline(always)]
    pub(super) fn skip<const N: usize>(&mut self, known: &[u8; N]) -> Option<()> {
        let here = self.bytes().get(self.at..)?.first_chunk::<N>()?;
        (here == known).then(|| self.at += N)
    }

    /// The first two letters of the key that comes next.
    #[inline(always)]
    pub(super) fn next_two(&self) -> Option<[u8; 2]> {
        self.bytes().get(self.at + 2..)?.first_chunk().copied()
    }

    /// An id in its quotes.
    #[inline(always)]
    pub(super) fn id(&mut self) -> Option<SpanId> {
        let quoted = self.bytes().get(self.at..)?.first_chunk::<18>()?;
        let [b'"', digits @ .., b'"'] = quoted else {
            return None;
        };
        self.at += quoted.len();
        SpanId::from_digits(digits)
    }

    /// A whole number of few digits.
    #[inline(always)]
    pub(super) fn count(&mut self) -> Option<u64> {
        let (number, digits) = number_at(self.bytes(), self.at)?;
        // JSON has no zeros before other digits.
        (digits == 1 || self.peek() != Some(b'0')).then(|| self.at += digits)?;
        Some(number)
    }

    /// A number with few decimals, or none.
    #[inline(always)]
    pub(super) fn time(&mut self) -> Option<TimeMs> {
        let whole = self.count()?;
        if self.skip(b".").is_none() {
            return Some(TimeMs::from_finite(whole as f64));
        }
        let (part, digits) = number_at(self.bytes(), self.at)?;
        self.at += digits;
        let scale = *[1, 10, 100, 1_000, 10_000, 100_000, 1_000_000_u64].get(digits)?;
        // Both are exact, so that one division rounds once, as it should.
        let digits = whole.checked_mul(scale)?.checked_add(part)?;
        (digits < EXACT).then(|| TimeMs::from_finite(digits as f64 / scale as f64))
    }

    /// A text in its quotes, without escapes.
    #[inline(always)]
    pub(super) fn word(&mut self) -> Option<&'a str> {
        let start = self.at + 1;
        let end = self.end_of_plain()?;
        self.at = end + 1;
        (self.bytes().get(end) == Some(&b'"')).then(|| self.text.get(start..end))?
    }

    /// Where a text, at its quote, has a quote or what else cannot stand in it.
    #[inline(always)]
    fn end_of_plain(&self) -> Option<usize> {
        if self.peek()? != b'"' {
            return None;
        }
        let mut at = self.at + 1;
        loop {
            let plain = plain_at(self.bytes(), at);
            at += plain;
            if plain < 8 {
                return Some(at);
            }
        }
    }

    /// A text in its quotes.
    #[inline]
    pub(super) fn text(&mut self) -> Option<Cow<'a, str>> {
        let end = self.end_of_plain()?;
        if self.bytes().get(end) == Some(&b'"') {
            let text = self.text.get(self.at + 1..end)?;
            self.at = end + 1;
            return Some(Cow::Borrowed(text));
        }
        self.escaped_text()
    }

    #[inline(never)]
    fn escaped_text(&mut self) -> Option<Cow<'a, str>> {
        let mut scanner = Scanner::within(self.text, self.at, 1);
        let text = scanner.value().ok()?.text();
        self.at = scanner.at();
        text
    }

    /// A value of the event.
    #[inline]
    pub(super) fn json(&mut self) -> Option<Json<'a>> {
        self.value(1)
    }

    /// A value so deep in the line. Short numbers and texts without escapes are read
    /// here, others by who reads all.
    #[inline(always)]
    fn value(&mut self, depth: usize) -> Option<Json<'a>> {
        let start = self.at;
        match self.peek()? {
            b'"' => {
                let end = self.end_of_plain()?;
                if self.bytes().get(end) == Some(&b'"') {
                    self.at = end + 1;
                } else {
                    self.any_value(depth)?;
                }
            }
            b'1'..=b'9' => {
                let end = start + digits_at(self.bytes(), start);
                match self.bytes().get(end) {
                    Some(b',' | b'}') => self.at = end,
                    _ => self.any_value(depth)?,
                }
            }
            _ => self.any_value(depth)?,
        }
        Some(Json::from_valid(self.text.get(start..self.at)?))
    }

    #[inline(never)]
    fn any_value(&mut self, depth: usize) -> Option<()> {
        let mut scanner = Scanner::within(self.text, self.at, depth);
        scanner.shape().ok()?;
        self.at = scanner.at();
        Some(())
    }

    /// The members of an object, behind its brace: not none, and not many.
    #[inline]
    pub(super) fn members(&mut self) -> Option<Members<'a>> {
        let mut members = Members::with_room();
        loop {
            let name = self.word()?;
            let is_new = members.iter().all(|(known, _)| known != name);
            if !is_new || members.len() == FEW {
                return None;
            }
            self.skip(b":")?;
            let value = self.value(2)?;
            members.push_unique(Cow::Borrowed(name), value);
            if self.skip(b"}").is_some() {
                return Some(members);
            }
            self.skip(b",")?;
        }
    }
}
