//! Events as lines.

use std::fmt;

use crate::event::{Event, Producer, SpanEnd, SpanLog, SpanStart, SpanTag};
use crate::id::SpanId;
use crate::json::Json;
use crate::members::{Members, Sizes};
use crate::names::Level;
use crate::text::escape;

/// Appends the event as one line with its LF: compact, with the escapes that
/// JSON needs and no others, JSON values as they are.
///
/// Nothing is cut: an event that is too large for a line makes a line that
/// [`crate::parse()`] rejects. [`crate::limits::fit`] makes it small enough.
///
/// ```
/// use hero_span_protocol::{Event, SpanTag, encode, parse, Parsed};
/// let line = br#"{"type":"span_tag","span_id":"00000000000000a1","ts_ms":1,"seq":3,"key":"rows","value":7}
/// "#;
/// let Parsed::Event(event) = parse(line)? else { unreachable!() };
/// let mut again = Vec::new();
/// encode(&event, &mut again);
/// assert_eq!(again, line);
/// # Ok::<(), hero_span_protocol::ParseError>(())
/// ```
pub fn encode(event: &Event<'_>, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    object.text("type", event.type_name());
    object.id("span_id", event.span_id());
    object.number("ts_ms", event.ts_ms());
    count(&mut object, "seq", event.seq());
    object.maybe(event.producer(), producer);
    match event {
        Event::Start(event) => start(&mut object, event),
        Event::Tag(event) => tag(&mut object, event),
        Event::Log(event) => log(&mut object, event),
        Event::End(event) => end(&mut object, event),
    }
    truncated(&mut object, event.truncated());
    object.close();
    out.push(b'\n');
}

fn start(object: &mut Object<'_>, event: &SpanStart<'_>) {
    match event.parent_span_id {
        Some(parent) => object.id("parent_span_id", parent),
        None => object.raw("parent_span_id", "null"),
    }
    object.text("name", &event.name);
    object.text("kind", event.kind.as_str());
    members(object, "tags", &event.tags);
    json(object, "params", event.params.as_ref());
}

fn tag(object: &mut Object<'_>, event: &SpanTag<'_>) {
    object.text("key", &event.key);
    object.raw("value", event.value.as_str());
}

fn log(object: &mut Object<'_>, event: &SpanLog<'_>) {
    object.text("message", &event.message);
    if event.level != Level::default() {
        object.text("level", event.level.as_str());
    }
    members(object, "fields", &event.fields);
}

fn end(object: &mut Object<'_>, event: &SpanEnd<'_>) {
    object.text("status", event.status.as_str());
    text(object, "error", event.error.as_deref());
    text(object, "error_type", event.error_type.as_deref());
    json(object, "result", event.result.as_ref());
}

fn producer(object: &mut Object<'_>, producer: &Producer<'_>) {
    object.object("producer", |inner| {
        inner.id("id", producer.id);
        text(inner, "sdk", producer.sdk.as_deref());
        text(inner, "version", producer.version.as_deref());
        count(inner, "protocol", producer.protocol);
        count(inner, "pid", producer.pid);
    });
}

fn members(object: &mut Object<'_>, key: &str, members: &Members<'_>) {
    if members.is_empty() {
        return;
    }
    object.object(key, |inner| {
        for (name, value) in members {
            inner.raw(name, value.as_str());
        }
    });
}

fn truncated(object: &mut Object<'_>, sizes: &Sizes<'_>) {
    if sizes.is_empty() {
        return;
    }
    object.object("truncated", |inner| {
        for (name, size) in sizes {
            inner.number(name, size);
        }
    });
}

fn text(object: &mut Object<'_>, key: &str, text: Option<&str>) {
    object.maybe(text, |object, text| object.text(key, text));
}

fn json(object: &mut Object<'_>, key: &str, json: Option<&Json<'_>>) {
    object.maybe(json, |object, json| object.raw(key, json.as_str()));
}

fn count(object: &mut Object<'_>, key: &str, count: Option<u64>) {
    object.maybe(count, |object, count| object.number(key, count));
}

/// A JSON object being written.
struct Object<'o> {
    out: &'o mut Vec<u8>,
    is_empty: bool,
}

impl<'o> Object<'o> {
    fn open(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self {
            out,
            is_empty: true,
        }
    }

    fn close(self) {
        self.out.push(b'}');
    }

    fn key(&mut self, key: &str) {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
        self.string(key);
        self.out.push(b':');
    }

    fn string(&mut self, text: &str) {
        self.out.push(b'"');
        escape(text, |part| self.out.extend_from_slice(part.as_bytes()));
        self.out.push(b'"');
    }

    fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        self.string(text);
    }

    fn raw(&mut self, key: &str, json: &str) {
        self.key(key);
        self.out.extend_from_slice(json.as_bytes());
    }

    fn number(&mut self, key: &str, number: impl fmt::Display) {
        self.key(key);
        self.show(format_args!("{number}"));
    }

    fn id(&mut self, key: &str, id: SpanId) {
        self.key(key);
        self.show(format_args!("\"{id}\""));
    }

    fn show(&mut self, shown: fmt::Arguments<'_>) {
        // Nothing that is shown fails, and neither does the line.
        let _written = fmt::write(&mut Bytes(self.out), shown);
    }

    fn object(&mut self, key: &str, members: impl FnOnce(&mut Object<'_>)) {
        self.key(key);
        let mut object = Object::open(self.out);
        members(&mut object);
        object.close();
    }

    fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        if let Some(value) = value {
            write(self, value);
        }
    }
}

struct Bytes<'o>(&'o mut Vec<u8>);

impl fmt::Write for Bytes<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
