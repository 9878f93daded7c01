//! Events as lines.

use crate::bytes::first_escapable;
use crate::digits::{push_number, push_thousandths};
use crate::event::{Event, Producer, SpanEnd, SpanLog, SpanStart, SpanTag};
use crate::id::SpanId;
use crate::json::Json;
use crate::members::{Members, Sizes};
use crate::names::Level;
use crate::text::escape;
use crate::time::TimeMs;

/// What comes before the value of a field that is not its object's first. The text is
/// known when this is compiled, so that it is copied without a call.
macro_rules! key {
    ($name:literal) => {
        concat!(",\"", $name, "\":").as_bytes()
    };
}
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
    out.reserve(MOST_LINES);
    match event {
        Event::Start(_) => open(out, SpanStart::TYPE),
        Event::Tag(_) => open(out, SpanTag::TYPE),
        Event::Log(_) => open(out, SpanLog::TYPE),
        Event::End(_) => open(out, SpanEnd::TYPE),
    }
    id(out, key!("span_id"), event.span_id());
    time(out, event.ts_ms());
    count(out, key!("seq"), event.seq());
    if let Some(who) = event.producer() {
        producer(out, who);
    }
    match event {
        Event::Start(event) => start(out, event),
        Event::Tag(event) => tag(out, event),
        Event::Log(event) => log(out, event),
        Event::End(event) => end(out, event),
    }
    truncated(out, event.truncated());
    out.extend_from_slice(b"}\n");
}

/// Room for nearly every line, so that it does not grow piece by piece.
const MOST_LINES: usize = 256;

#[inline(always)] // each type's name is then a text of a known length
fn open(out: &mut Vec<u8>, type_name: &'static str) {
    out.extend_from_slice(b"{\"type\":\"");
    out.extend_from_slice(type_name.as_bytes());
    out.push(b'"');
}

fn start(out: &mut Vec<u8>, event: &SpanStart<'_>) {
    match event.parent_span_id {
        Some(parent) => id(out, key!("parent_span_id"), parent),
        None => raw(out, key!("parent_span_id"), "null"),
    }
    text(out, key!("name"), &event.name);
    word(out, key!("kind"), event.kind.as_str());
    members(out, key!("tags"), &event.tags);
    json(out, key!("params"), event.params.as_ref());
}

fn tag(out: &mut Vec<u8>, event: &SpanTag<'_>) {
    text(out, key!("key"), &event.key);
    raw(out, key!("value"), event.value.as_str());
}

fn log(out: &mut Vec<u8>, event: &SpanLog<'_>) {
    text(out, key!("message"), &event.message);
    if event.level != Level::default() {
        word(out, key!("level"), event.level.as_str());
    }
    members(out, key!("fields"), &event.fields);
}

fn end(out: &mut Vec<u8>, event: &SpanEnd<'_>) {
    word(out, key!("status"), event.status.as_str());
    maybe_text(out, key!("error"), event.error.as_deref());
    maybe_text(out, key!("error_type"), event.error_type.as_deref());
    json(out, key!("result"), event.result.as_ref());
}

fn producer(out: &mut Vec<u8>, producer: &Producer<'_>) {
    out.extend_from_slice(key!("producer"));
    id(out, b"{\"id\":", producer.id);
    maybe_text(out, key!("sdk"), producer.sdk.as_deref());
    maybe_text(out, key!("version"), producer.version.as_deref());
    count(out, key!("protocol"), producer.protocol);
    count(out, key!("pid"), producer.pid);
    out.push(b'}');
}

#[inline]
fn members(out: &mut Vec<u8>, key: &'static [u8], members: &Members<'_>) {
    object(out, key, members, |out, value| {
        out.extend_from_slice(value.as_str().as_bytes());
    });
}

fn truncated(out: &mut Vec<u8>, sizes: &Sizes<'_>) {
    object(out, key!("truncated"), sizes, |out, size| {
        push_number(out, *size);
    });
}

/// An object of any names; nothing when it has no members.
#[inline]
fn object<T>(
    out: &mut Vec<u8>,
    key: &'static [u8],
    members: &Members<'_, T>,
    value: impl Fn(&mut Vec<u8>, &T),
) {
    let mut before = b'{';
    for (name, member) in members {
        if before == b'{' {
            out.extend_from_slice(key);
        }
        out.push(before);
        string(out, name);
        out.push(b':');
        value(out, member);
        before = b',';
    }
    if before == b',' {
        out.push(b'}');
    }
}

#[inline]
fn text(out: &mut Vec<u8>, key: &'static [u8], text: &str) {
    out.extend_from_slice(key);
    string(out, text);
}

#[inline]
fn maybe_text(out: &mut Vec<u8>, key: &'static [u8], characters: Option<&str>) {
    if let Some(characters) = characters {
        text(out, key, characters);
    }
}

/// A text without anything to escape.
#[inline]
fn word(out: &mut Vec<u8>, key: &'static [u8], word: &'static str) {
    out.extend_from_slice(key);
    out.push(b'"');
    out.extend_from_slice(word.as_bytes());
    out.push(b'"');
}

#[inline]
fn json(out: &mut Vec<u8>, key: &'static [u8], json: Option<&Json<'_>>) {
    if let Some(json) = json {
        raw(out, key, json.as_str());
    }
}

#[inline]
fn raw(out: &mut Vec<u8>, key: &'static [u8], json: &str) {
    out.extend_from_slice(key);
    out.extend_from_slice(json.as_bytes());
}

#[inline]
fn count(out: &mut Vec<u8>, key: &'static [u8], count: Option<u64>) {
    if let Some(count) = count {
        out.extend_from_slice(key);
        push_number(out, count);
    }
}

#[inline]
fn id(out: &mut Vec<u8>, key: &'static [u8], id: SpanId) {
    out.extend_from_slice(key);
    out.push(b'"');
    out.extend_from_slice(&id.to_hex());
    out.push(b'"');
}

#[inline]
fn time(out: &mut Vec<u8>, time: TimeMs) {
    out.extend_from_slice(key!("ts_ms"));
    match time.as_microseconds() {
        Some(us) => push_thousandths(out, us),
        None => out.extend_from_slice(time.to_string().as_bytes()),
    }
}

#[inline]
fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let plain = first_escapable(text.as_bytes());
    if plain == text.len() {
        out.extend_from_slice(text.as_bytes());
    } else {
        escape(text, |part| out.extend_from_slice(part.as_bytes()));
    }
    out.push(b'"');
}
