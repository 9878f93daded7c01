//! Strings: their grammar, their escapes.

use std::borrow::Cow;

use super::{Result, Scanner, Shape};
use crate::bytes::first_escapable;
use crate::contract::Clause;
use crate::error::{ParseError, Violation};
use crate::printable::shortened;

impl Scanner<'_> {
    /// A string, at its quote.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Shape> {
        self.at += 1;
        self.go_to_escapable();
        if self.take(b'"') {
            return Ok(Shape::Text { escaped: false });
        }
        self.escaped_string()
    }

    fn go_to_escapable(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at += first_escapable(rest);
    }

    /// The rest of a string that has escapes, at the first of them.
    #[inline(never)]
    fn escaped_string(&mut self) -> Result<Shape> {
        while !self.take(b'"') {
            match self.peek() {
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(self.unexpected("an escape for a control character")),
                None => return Err(self.unexpected("a closing quote")),
            }
            self.go_to_escapable();
        }
        Ok(Shape::Text { escaped: true })
    }

    /// An escape, at its backslash.
    fn escape(&mut self) -> Result<()> {
        let start = self.at;
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => self.unicode_escape(start),
            _ => Err(self.unexpected("an escape of JSON")),
        }
    }

    /// `\uXXXX`, at its `u`, with its other half if it is a surrogate.
    fn unicode_escape(&mut self, start: usize) -> Result<()> {
        self.at += 1;
        match self.hex4()? {
            0xD800..=0xDBFF => self.low_surrogate(start),
            0xDC00..=0xDFFF => Err(self.lone_surrogate(start)),
            _ => Ok(()),
        }
    }

    fn low_surrogate(&mut self, start: usize) -> Result<()> {
        let high_end = self.at;
        if !(self.take(b'\\') && self.take(b'u')) {
            self.at = high_end;
            return Err(self.lone_surrogate(start));
        }
        match self.hex4()? {
            0xDC00..=0xDFFF => Ok(()),
            _ => {
                self.at = high_end;
                Err(self.lone_surrogate(start))
            }
        }
    }

    fn hex4(&mut self) -> Result<u32> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.unexpected("four hex digits"));
            };
            code = code << 4 | digit;
            self.at += 1;
        }
        Ok(code)
    }

    #[cold]
    fn lone_surrogate(&self, start: usize) -> ParseError {
        let raw = self.text.get(start..self.at).unwrap_or_default();
        let found = format!("{} alone", shortened(raw));
        Violation::new(Clause::TransportIJson, "both halves of a surrogate", found)
            .at(start)
            .into()
    }
}

/// The characters that a string's raw text stands for. Only for text that the
/// scanner took: the first that needs an escape there is a backslash.
pub(crate) fn unescape(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    loop {
        let plain = first_escapable(rest.as_bytes());
        let (head, tail) = rest.split_at_checked(plain).unwrap_or((rest, ""));
        text.push_str(head);
        let Some(escape) = tail.strip_prefix('\\') else {
            return Cow::Owned(text);
        };
        let (c, after) = unescape_one(escape);
        text.push(c);
        rest = after;
    }
}

/// The character of an escape, and what follows it.
fn unescape_one(escape: &str) -> (char, &str) {
    let mut rest = escape.chars();
    let c = match rest.next() {
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('u') => return unescape_unicode(rest.as_str()),
        other => other.unwrap_or_default(),
    };
    (c, rest.as_str())
}

fn unescape_unicode(digits: &str) -> (char, &str) {
    let (first, rest) = hex4(digits);
    if let Some(c) = char::from_u32(first) {
        return (c, rest);
    }
    let (second, rest) = hex4(rest.get(2..).unwrap_or_default());
    let code = 0x10000 + ((first & 0x3FF) << 10) + (second & 0x3FF);
    (
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
        rest,
    )
}

fn hex4(digits: &str) -> (u32, &str) {
    let (digits, rest) = digits.split_at_checked(4).unwrap_or((digits, ""));
    (u32::from_str_radix(digits, 16).unwrap_or_default(), rest)
}
