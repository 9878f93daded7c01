//! The fields that the contract names, and the slots a line has for them.

use std::fmt;

use crate::contract::{Clause, limit};
use crate::error::{ParseError, Violation};
use crate::json::Json;
use crate::members::Members;
use crate::place::Place;
use crate::scan::{Key, Result, Scanner, Seen, Shape, Slot, repeated};

macro_rules! fields {
    ($($field:ident = $name:literal: $clause:ident),+ $(,)?) => {
        /// A field of an event.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Field {
            $($field),+
        }

        impl Field {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$field),+];

            /// Its key.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$field => $name),+
                }
            }

            /// The clause of its type.
            pub(crate) const fn type_clause(self) -> Clause {
                match self {
                    $(Self::$field => Clause::$clause),+
                }
            }

            pub(crate) fn of(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$field),)+
                    _ => None,
                }
            }
        }
    };
}

fields! {
    Type = "type": TypeName,
    SpanId = "span_id": TypeId,
    TsMs = "ts_ms": TypeTime,
    Seq = "seq": TypeCount,
    Producer = "producer": TypeProducer,
    Truncated = "truncated": TypeSizes,
    ParentSpanId = "parent_span_id": TypeId,
    Name = "name": TypeName,
    Kind = "kind": TypeKind,
    Tags = "tags": TypeMembers,
    Params = "params": TypeJson,
    Key = "key": TypeName,
    Value = "value": TypeJson,
    Message = "message": TypeText,
    Level = "level": TypeLevel,
    Fields = "fields": TypeMembers,
    Status = "status": TypeStatus,
    Error = "error": TypeError,
    ErrorType = "error_type": TypeName,
    Result = "result": TypeJson,
}

impl Field {
    /// Whether every event has it.
    pub(crate) const fn is_common(self) -> bool {
        (self as usize) < Self::ParentSpanId as usize
    }
}

const COUNT: usize = Field::ALL.len();

/// A line that is one I-JSON object: where each field that any event has
/// stands, before anyone asks which event this is.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    /// The line without its LF.
    pub(crate) text: &'a str,
    /// Where the object begins.
    pub(crate) start: usize,
    /// Past the object's end.
    pub(crate) end: usize,
    marks: [Mark; COUNT],
    tags: Members<'a>,
    fields: Members<'a>,
    /// Keys that are no field of any event.
    pub(crate) unknown: Vec<Key<'a>>,
}

/// Where a value stands in a line.
#[derive(Debug, Clone, Copy)]
struct Mark {
    at: u16,
    end: u16,
    shape: Shape,
}

const _: () = assert!(limit::LINE_BYTES <= u16::MAX as usize);

impl Mark {
    const ABSENT: Self = Self {
        at: 0,
        end: 0,
        shape: Shape::Absent,
    };
}

impl<'a> Fields<'a> {
    /// Of no line yet.
    pub(crate) const fn new() -> Self {
        Self {
            text: "",
            start: 0,
            end: 0,
            marks: [Mark::ABSENT; COUNT],
            tags: Members::new(),
            fields: Members::new(),
            unknown: Vec::new(),
        }
    }

    /// Scans a line, with or without its LF.
    pub(crate) fn scan(&mut self, line: &'a [u8]) -> Result<()> {
        self.scan_text(line_text(line)?)
    }

    /// Scans the text of a line, which has no LF at its end.
    pub(crate) fn scan_text(&mut self, text: &'a str) -> Result<()> {
        self.text = text;
        let mut scanner = Scanner::line(self.text);
        scanner.skip_space()?;
        if scanner.peek() != Some(b'{') {
            return Err(no_object(&scanner));
        }
        self.start = scanner.at();
        let mut seen = None;
        scanner.object(&mut |scanner, key| self.take(scanner, key, &mut seen))?;
        self.end = scanner.at();
        scanner.skip_space()?;
        match scanner.peek() {
            None => Ok(()),
            Some(_) => Err(scanner.fault(Clause::TransportLine, "the end of the line")),
        }
    }

    /// Whether anything stands in the line for a field.
    pub(crate) fn has(&self, field: Field) -> bool {
        self.marks[field as usize].shape != Shape::Absent
    }

    /// What stands in the line for a field; absent if nothing does.
    pub(crate) fn slot(&self, field: Field) -> Slot<'a> {
        let Mark { at, end, shape } = self.marks[field as usize];
        let (at, end) = (usize::from(at), usize::from(end));
        let raw = self.text.get(at..end).unwrap_or_default();
        Slot { at, raw, shape }
    }

    /// A field's place in the line; `owner` is the clause that lists it.
    pub(crate) fn place(&self, field: Field, owner: Clause) -> Place<'a> {
        Place {
            path: field.name(),
            type_clause: field.type_clause(),
            owner,
            slot: self.slot(field),
            end: self.end,
        }
    }

    /// The members of `tags` or `fields`; once.
    pub(crate) fn take_members(&mut self, field: Field) -> Members<'a> {
        match field {
            Field::Tags => std::mem::take(&mut self.tags),
            _ => std::mem::take(&mut self.fields),
        }
    }

    fn take(
        &mut self,
        scanner: &mut Scanner<'a>,
        key: Key<'a>,
        seen: &mut Option<Seen<'a>>,
    ) -> Result<()> {
        let name = key.name();
        let Some(field) = Field::of(&name) else {
            self.unknown.push(key);
            let seen = seen.get_or_insert_with(Seen::new);
            return member(scanner, key, seen).map_err(|error| error.within(&name));
        };
        self.take_field(scanner, key, field)
            .map_err(|error| error.within(field.name()))
    }

    fn take_field(&mut self, scanner: &mut Scanner<'a>, key: Key<'a>, field: Field) -> Result<()> {
        if self.has(field) {
            return Err(repeated(key));
        }
        let at = scanner.at();
        let shape = match (field, scanner.peek()) {
            (Field::Tags, Some(b'{')) => members(scanner, &mut self.tags)?,
            (Field::Fields, Some(b'{')) => members(scanner, &mut self.fields)?,
            _ => scanner.shape()?,
        };
        self.marks[field as usize] = Mark {
            at: at as u16,
            end: scanner.at() as u16,
            shape,
        };
        Ok(())
    }
}

/// An object of any names, its values kept as text.
fn members<'a>(scanner: &mut Scanner<'a>, members: &mut Members<'a>) -> Result<Shape> {
    let mut seen = Seen::new();
    scanner.object(&mut |scanner, key| {
        let (name, at) = (key.name(), scanner.at());
        member(scanner, key, &mut seen).map_err(|error| error.within(&name))?;
        members.push_unique(name, Json::from_valid(scanner.since(at)));
        Ok(())
    })?;
    Ok(Shape::Object)
}

fn member<'a>(scanner: &mut Scanner<'a>, key: Key<'a>, seen: &mut Seen<'a>) -> Result<()> {
    seen.insert(key)?;
    scanner.shape().map(drop)
}

/// The text of a line without its LF, if its bytes are as they must be
/// (`limit.line`, `transport.utf8`).
pub(crate) fn line_text(line: &[u8]) -> Result<&str> {
    let body = line.strip_suffix(b"\n").unwrap_or(line);
    if body.len() >= limit::LINE_BYTES {
        return Err(too_long(body.len() + 1));
    }
    if body.starts_with(BOM) {
        return Err(no_utf8(0, "a byte order mark".into()));
    }
    std::str::from_utf8(body).map_err(|error| {
        let at = error.valid_up_to();
        let byte = body.get(at).copied().unwrap_or_default();
        no_utf8(at, format!("the byte 0x{byte:02x}"))
    })
}

const BOM: &[u8] = b"\xef\xbb\xbf";

#[cold]
fn no_utf8(at: usize, found: String) -> ParseError {
    let expected = "UTF-8 without a byte order mark";
    Violation::new(Clause::TransportUtf8, expected, found)
        .at(at)
        .into()
}

/// What is said of a line over `limit::LINE_BYTES`, its LF counted.
#[cold]
pub(crate) fn too_long(bytes: impl fmt::Display) -> ParseError {
    let expected = format!("at most {} bytes with the LF", limit::LINE_BYTES);
    Violation::new(Clause::LimitLine, expected, format!("{bytes}"))
        .at(limit::LINE_BYTES)
        .into()
}

#[cold]
fn no_object(scanner: &Scanner<'_>) -> ParseError {
    match scanner.peek() {
        None => Violation::new(Clause::TransportLine, "a JSON object", "an empty line")
            .at(scanner.at())
            .into(),
        Some(_) => scanner.fault(Clause::TransportLine, "a JSON object"),
    }
}
