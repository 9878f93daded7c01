//! A single pass over one I-JSON text (`transport.i-json`, `limit.depth`).
//!
//! The scanner checks everything that a text must be before its meaning
//! matters: the grammar of RFC 8259, escapes that make whole characters,
//! numbers that a double holds, depth. Keys and values come out as slices of
//! the text; who takes the keys also looks for those that come twice
//! ([`Seen`]), as the fields of an event can do that cheaper.

mod keys;
mod number;
mod text;

pub(crate) use keys::{Seen, repeated};
pub(crate) use number::{to_count, to_f64};
pub(crate) use text::unescape;

use std::borrow::Cow;

use crate::contract::{Clause, limit};
use crate::error::{ParseError, Violation};
use crate::printable::{printable, quoted, shortened};

pub(crate) type Result<T> = std::result::Result<T, ParseError>;

/// What kind of JSON value stands in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Absent,
    Null,
    Bool,
    Number,
    Text { escaped: bool },
    Array,
    Object,
}

/// A value of the text: where it begins, its raw text, its kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot<'a> {
    pub(crate) at: usize,
    pub(crate) raw: &'a str,
    pub(crate) shape: Shape,
}

impl<'a> Slot<'a> {
    pub(crate) const ABSENT: Self = Self {
        at: 0,
        raw: "",
        shape: Shape::Absent,
    };

    pub(crate) fn is_present(&self) -> bool {
        self.shape != Shape::Absent
    }

    /// The characters of a string.
    pub(crate) fn text(&self) -> Option<Cow<'a, str>> {
        let Shape::Text { escaped } = self.shape else {
            return None;
        };
        let inner = self.raw.get(1..self.raw.len() - 1).unwrap_or_default();
        Some(if escaped {
            unescape(inner)
        } else {
            Cow::Borrowed(inner)
        })
    }

    /// What a message says stands here.
    pub(crate) fn describe(&self) -> String {
        match self.shape {
            Shape::Absent => "nothing".into(),
            Shape::Null | Shape::Bool => self.raw.into(),
            Shape::Number => shortened(self.raw),
            Shape::Text { .. } => quoted(&self.text().unwrap_or_default()),
            Shape::Array => "an array".into(),
            Shape::Object => "an object".into(),
        }
    }
}

/// A key of an object: where its quote stands, and its raw characters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'a> {
    pub(crate) at: usize,
    raw: &'a str,
    escaped: bool,
}

impl<'a> Key<'a> {
    /// The key's characters.
    pub(crate) fn name(&self) -> Cow<'a, str> {
        if self.escaped {
            unescape(self.raw)
        } else {
            Cow::Borrowed(self.raw)
        }
    }
}

/// The members of an object that was scanned before.
pub(crate) fn members_of<'a>(text: &'a str, object: &Slot<'a>) -> Vec<(Key<'a>, Slot<'a>)> {
    let mut members = Vec::new();
    let mut scanner = Scanner::resume(text, object.at);
    // It was scanned before: there is nothing left to fail.
    let _scanned = scanner.object(&mut |scanner, key| {
        members.push((key, scanner.value()?));
        Ok(())
    });
    members
}

/// Whether an LF may stand between tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    OneLine,
    AnyLines,
}

/// A place in a text, and how deep in its values that is.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    layout: Layout,
}

impl<'a> Scanner<'a> {
    /// At the beginning of a line.
    pub(crate) const fn line(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
            layout: Layout::OneLine,
        }
    }

    /// At the beginning of what is to be the value of an event's field.
    pub(crate) const fn field(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            depth: 1,
            layout: Layout::AnyLines,
        }
    }

    /// At a value of a line, which is so deep in the line's object.
    pub(crate) const fn within(text: &'a str, at: usize, depth: usize) -> Self {
        Self {
            text,
            at,
            depth,
            layout: Layout::OneLine,
        }
    }

    /// At a value of a line, which was scanned before.
    const fn resume(text: &'a str, at: usize) -> Self {
        Self::within(text, at, 0)
    }

    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// The byte that comes next.
    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes past white space, of which there is none in most places.
    #[inline]
    pub(crate) fn skip_space(&mut self) -> Result<()> {
        match self.peek() {
            Some(..=b' ') => self.skip_all_space(),
            _ => Ok(()),
        }
    }

    fn skip_all_space(&mut self) -> Result<()> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            if self.peek() == Some(b'\n') && self.layout == Layout::OneLine {
                return Err(self.fault(Clause::TransportLine, "one line"));
            }
            self.at += 1;
        }
        Ok(())
    }

    /// Any value, its inner objects free of repeated keys.
    pub(crate) fn value(&mut self) -> Result<Slot<'a>> {
        let at = self.at;
        let shape = self.shape()?;
        let raw = self.since(at);
        Ok(Slot { at, raw, shape })
    }

    /// The text from a place to here.
    pub(crate) fn since(&self, at: usize) -> &'a str {
        self.text.get(at..self.at).unwrap_or_default()
    }

    /// Goes past any value and says what it is.
    pub(crate) fn shape(&mut self) -> Result<Shape> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'{') => self.plain_object(),
            Some(b'[') => self.array(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true", Shape::Bool),
            Some(b'f') => self.literal("false", Shape::Bool),
            Some(b'n') => self.literal("null", Shape::Null),
            _ => Err(self.unexpected("a JSON value")),
        }
    }

    /// An object, at its brace: `each` is called at each value and must go
    /// past it.
    pub(crate) fn object(
        &mut self,
        each: &mut impl FnMut(&mut Self, Key<'a>) -> Result<()>,
    ) -> Result<()> {
        let mut has_more = self.enter(b'}')?;
        while has_more {
            let key = self.key()?;
            each(self, key)?;
            has_more = self.go_on(b'}', "',' or '}'")?;
        }
        Ok(())
    }

    #[inline(always)] // a key that is returned through memory stalls the loop
    fn key(&mut self) -> Result<Key<'a>> {
        let at = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in quotes"));
        }
        let shape = self.string()?;
        let raw = self.text.get(at + 1..self.at - 1).unwrap_or_default();
        self.skip_space()?;
        if !self.take(b':') {
            return Err(self.unexpected("':'"));
        }
        self.skip_space()?;
        let escaped = shape == Shape::Text { escaped: true };
        Ok(Key { at, raw, escaped })
    }

    fn plain_object(&mut self) -> Result<Shape> {
        let mut seen = Seen::new();
        self.object(&mut |scanner, key| {
            seen.insert(key)?;
            scanner.shape().map(drop)
        })?;
        Ok(Shape::Object)
    }

    fn array(&mut self) -> Result<Shape> {
        let mut has_more = self.enter(b']')?;
        while has_more {
            self.shape()?;
            has_more = self.go_on(b']', "',' or ']'")?;
        }
        Ok(Shape::Array)
    }

    /// Goes into an object or array and says whether there is anything in it.
    #[inline]
    fn enter(&mut self, end: u8) -> Result<bool> {
        self.depth += 1;
        if self.depth > limit::DEPTH {
            return Err(self.too_deep());
        }
        self.at += 1;
        self.skip_space()?;
        let is_empty = self.take(end);
        self.depth -= usize::from(is_empty);
        Ok(!is_empty)
    }

    /// Goes on behind a member and says whether there is another.
    #[inline]
    fn go_on(&mut self, end: u8, expected: &str) -> Result<bool> {
        self.skip_space()?;
        if self.take(b',') {
            self.skip_space()?;
            Ok(true)
        } else if self.take(end) {
            self.depth -= 1;
            Ok(false)
        } else {
            Err(self.unexpected(expected))
        }
    }

    fn literal(&mut self, word: &str, shape: Shape) -> Result<Shape> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err(self.unexpected("a JSON value"));
        }
        self.at += word.len();
        Ok(shape)
    }

    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    #[cold]
    fn too_deep(&self) -> ParseError {
        let expected = format!(
            "at most {} objects and arrays within one another",
            limit::DEPTH
        );
        Violation::new(Clause::LimitDepth, expected, "one more")
            .at(self.at)
            .into()
    }

    /// The text is not JSON here.
    #[cold]
    pub(crate) fn unexpected(&self, expected: &str) -> ParseError {
        self.fault(Clause::TransportIJson, expected)
    }

    /// Something else than `expected` comes next.
    #[cold]
    pub(crate) fn fault(&self, clause: Clause, expected: &str) -> ParseError {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let found = match rest.chars().next() {
            Some(c) => format!("'{}'", printable(c.encode_utf8(&mut [0; 4]))),
            None => "the end of the line".into(),
        };
        Violation::new(clause, expected, found).at(self.at).into()
    }
}
