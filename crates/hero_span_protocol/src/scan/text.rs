//! Strings: their grammar, their escapes.

use std::borrow::Cow;

use super::{Result, Scanner, Shape};
use crate::bytes::first_escapable;
use crate::contract::Clause;
use crate::error::{ParseError, Violation};
use crate::printable::shortened;

impl<'a> Scanner<'a> {
    /// A string, at its quote: what stands between the quotes.
    pub(super) fn string(&mut self) -> Result<(&'a str, Shape)> {
        let text: &'a str = self.text;
        let start = self.at + 1;
        let mut escaped = false;
        self.at = start;
        loop {
            self.at += first_escapable(text.as_bytes().get(self.at..).unwrap_or_default());
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return Err(self.unexpected("an escape for a control character")),
                None => return Err(self.unexpected("a closing quote")),
            }
        }
        let inner = text.get(start..self.at).unwrap_or_default();
        self.at += 1;
        Ok((inner, Shape::Text { escaped }))
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
/// scanner took.
pub(crate) fn unescape(raw: &str) -> Cow<'_, str> {
    let Some((plain, mut rest)) = raw.split_once('\\') else {
        return Cow::Borrowed(raw);
    };
    let mut text = String::with_capacity(raw.len());
    text.push_str(plain);
    loop {
        let (c, after) = unescape_one(rest);
        text.push(c);
        let (plain, next) = match after.split_once('\\') {
            Some((plain, next)) => (plain, Some(next)),
            None => (after, None),
        };
        text.push_str(plain);
        match next {
            Some(next) => rest = next,
            None => return Cow::Owned(text),
        }
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
