//! Spans as rows, and back.

use std::borrow::Cow;

use hero_span_protocol::{Clause, Event, Json, Kind, Level, SpanId, Status, TimeMs, limits};
use rusqlite::Row;
use serde::{Deserialize, Serialize, Serializer};

use crate::tree::{Ending, LogLine, SessionId, Span, SpanRecord, What};

/// Bytes of an event's text whose words can be searched for.
const WORDS_BYTES: usize = 1_024;

/// Bytes of a tag's value that are looked up; the rest is compared.
pub(super) const TAG_BYTES: usize = 128;

/// What a span said, as it is read from JSON.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    tags: Vec<(Box<str>, Box<str>)>,
    logs: Vec<(f64, Box<str>, Box<str>)>,
    tags_left_out: u32,
    logs_left_out: u32,
}

/// Whether a span has said anything.
pub(super) fn has_details(span: &Span) -> bool {
    let left_out = span.tags_left_out() > 0 || span.logs_left_out() > 0;
    left_out || span.tags().next().is_some() || span.logs().next().is_some()
}

/// Adds what a span said as JSON, straight from where it stands; nothing is
/// left out but what is empty.
pub(super) fn add_details(span: &Span, text: &mut Vec<u8>) {
    let mut before = b'{';
    let mut member = |text: &mut Vec<u8>, name: &str| {
        text.push(std::mem::replace(&mut before, b','));
        text.push(b'"');
        text.extend_from_slice(name.as_bytes());
        text.extend_from_slice(b"\":");
    };
    if span.tags().next().is_some() {
        member(text, "tags");
        add_json(&Sequence(|| span.tags()), text);
    }
    let logs = || {
        span.logs()
            .map(|log| (log.at.as_f64(), log.level.as_str(), &*log.text))
    };
    if logs().next().is_some() {
        member(text, "logs");
        add_json(&Sequence(logs), text);
    }
    let left_out = [
        ("tags_left_out", span.tags_left_out()),
        ("logs_left_out", span.logs_left_out()),
    ];
    for (name, count) in left_out.into_iter().filter(|(_, count)| *count > 0) {
        member(text, name);
        add_json(&count, text);
    }
    text.push(b'}');
}

/// Whatever an iterator gives, to be written.
struct Sequence<F>(F);

impl<I: Iterator<Item: Serialize>, F: Fn() -> I> Serialize for Sequence<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0())
    }
}

fn add_json(value: &impl Serialize, text: &mut Vec<u8>) {
    // Memory takes it, and there is nothing in it that JSON has not.
    let _ = serde_json::to_writer(text, value);
}

pub(super) const SPAN_COLUMNS: &str = "id, session, ordinal, span_id, parent_id, name, kind, \
    state, started, ended, first, last, last_what, lost, flags, error_type, error, details";

/// A span of the columns above; `None` where the row makes no sense.
pub(super) fn span(row: &Row<'_>) -> rusqlite::Result<Option<SpanRecord>> {
    let text =
        |at: usize| -> rusqlite::Result<Option<&str>> { Ok(row.get_ref(at)?.as_str_or_null()?) };
    let details = text(17)?.and_then(|json| serde_json::from_str(json).ok());
    let details: Details = details.unwrap_or_default();
    let id = text(3)?.and_then(|id| id.parse().ok());
    let times = (time(row.get(10)?), time(row.get(11)?));
    let (Some(id), (Some(first), Some(last))) = (id, times) else {
        return Ok(None);
    };
    let ended = row.get::<_, Option<f64>>(9)?.and_then(time);
    let status = text(7)?.and_then(Status::from_word);
    Ok(Some(SpanRecord {
        number: row.get::<_, i64>(0)?.cast_unsigned(),
        session: SessionId(row.get::<_, i64>(1)?.cast_unsigned()),
        ordinal: row.get(2)?,
        id,
        parent_id: text(4)?.and_then(|id| id.parse::<SpanId>().ok()),
        name: text(5)?.unwrap_or_default().into(),
        kind: text(6)?.and_then(Kind::from_word).unwrap_or_default(),
        started: row.get::<_, Option<f64>>(8)?.and_then(time),
        ended: ended.zip(status),
        first_heard: first,
        last_heard: (what(text(12)?.unwrap_or_default()), last),
        lost: row.get(13)?,
        flags: flags(text(14)?),
        error_type: text(15)?.map(Into::into),
        error_line: text(16)?.map(Into::into),
        logs: details.logs.into_iter().filter_map(log).collect(),
        tags: details.tags,
        tags_left_out: details.tags_left_out,
        logs_left_out: details.logs_left_out,
    }))
}

fn log((at, level, text): (f64, Box<str>, Box<str>)) -> Option<LogLine> {
    let level = Level::from_word(&level).unwrap_or_default();
    let at = time(at)?;
    Some(LogLine { at, level, text })
}

fn time(ms: f64) -> Option<TimeMs> {
    TimeMs::new(ms).ok()
}

pub(super) fn what_word(what: What) -> &'static str {
    match what {
        What::Start => "start",
        What::Tag => "tag",
        What::Log => "log",
        What::End => "end",
    }
}

pub(super) fn what(word: &str) -> What {
    match word {
        "tag" => What::Tag,
        "log" => What::Log,
        "end" => What::End,
        _ => What::Start,
    }
}

pub(super) fn ending_word(ending: Ending) -> &'static str {
    match ending {
        Ending::Closed => "closed",
        Ending::Broken => "broken",
        Ending::Idle => "idle",
        Ending::Stopped => "stopped",
    }
}

pub(super) fn ending(word: &str) -> Ending {
    match word {
        "closed" => Ending::Closed,
        "broken" => Ending::Broken,
        "idle" => Ending::Idle,
        _ => Ending::Stopped,
    }
}

/// Clauses as one text; nothing for none.
pub(super) fn flag_text(flags: impl Iterator<Item = Clause>) -> Option<String> {
    let mut flags = flags.map(|clause| clause.id());
    let first = flags.next()?.to_owned();
    Some(flags.fold(first, |text, id| text + " " + id))
}

pub(super) fn flags(text: Option<&str>) -> Vec<Clause> {
    let ids = text.unwrap_or_default().split(' ');
    ids.filter_map(Clause::from_id).collect()
}

/// The tags that an event sets: a string as it is, anything else as JSON.
pub(super) fn each_tag<'e>(event: &'e Event<'_>, mut each: impl FnMut(&'e str, Cow<'e, str>)) {
    match event {
        Event::Start(start) => {
            let tags = start.tags.iter();
            tags.for_each(|(key, value)| each(key, tag_text(value)));
        }
        Event::Tag(tag) => each(&tag.key, tag_text(&tag.value)),
        Event::Log(_) | Event::End(_) => {}
    }
}

/// All of them.
pub(super) fn tags<'e>(event: &'e Event<'_>) -> Vec<(&'e str, Cow<'e, str>)> {
    let mut tags = Vec::new();
    each_tag(event, |key, value| tags.push((key, value)));
    tags
}

fn tag_text<'j>(value: &'j Json<'_>) -> Cow<'j, str> {
    value.text().unwrap_or_else(|| value.to_compact())
}

/// The part of a tag's value that is looked up.
pub(super) fn tag_head(value: &str) -> &str {
    limits::cut(value, TAG_BYTES)
}

/// Adds the beginning of what an event says in words, if it says anything.
pub(super) fn add_words(event: &Event<'_>, text: &mut Vec<u8>) {
    let begun = text.len();
    let mut add = |part: &str| {
        let said = text.len() - begun;
        if !part.is_empty() && said < WORDS_BYTES {
            let part = limits::cut(part, WORDS_BYTES - said);
            text.extend_from_slice(part.as_bytes());
            text.push(b'\n');
        }
    };
    match event {
        Event::Start(start) => {
            start.params.iter().for_each(|params| add(params.as_str()));
        }
        Event::Tag(_) => {}
        Event::Log(log) => {
            add(&log.message);
            for (key, value) in &log.fields {
                add(key);
                add(value.as_str());
            }
        }
        Event::End(end) => {
            add(end.error_type.as_deref().unwrap_or_default());
            add(end.error.as_deref().unwrap_or_default());
            end.result.iter().for_each(|result| add(result.as_str()));
        }
    }
}
