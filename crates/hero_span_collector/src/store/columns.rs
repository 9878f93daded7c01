//! Spans as rows, and back.

use hero_span_protocol::{Clause, Event, Kind, Level, SpanId, Status, TimeMs, limits};
use rusqlite::Row;
use serde::{Deserialize, Serialize};

use crate::tree::{Ending, LogLine, SessionId, SpanRecord, What};

/// Bytes of an event's text whose words can be searched for.
const WORDS_BYTES: usize = 1_024;

/// Bytes of a tag's value that are looked up; the rest is compared.
pub(super) const TAG_BYTES: usize = 128;

/// What a span said, as JSON.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Details {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<(Box<str>, Box<str>)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logs: Vec<(f64, Box<str>, Box<str>)>,
    #[serde(skip_serializing_if = "is_zero")]
    tags_left_out: u32,
    #[serde(skip_serializing_if = "is_zero")]
    logs_left_out: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// The details of a span that has any.
pub(super) fn details(span: &SpanRecord) -> Option<String> {
    let left_out = span.tags_left_out > 0 || span.logs_left_out > 0;
    if span.tags.is_empty() && span.logs.is_empty() && !left_out {
        return None;
    }
    let log = |log: &LogLine| (log.at.as_f64(), log.level.as_str().into(), log.text.clone());
    serde_json::to_string(&Details {
        tags: span.tags.clone(),
        logs: span.logs.iter().map(log).collect(),
        tags_left_out: span.tags_left_out,
        logs_left_out: span.logs_left_out,
    })
    .ok()
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
pub(super) fn flag_text(flags: &[Clause]) -> Option<String> {
    let ids: Vec<_> = flags.iter().map(|clause| clause.id()).collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

pub(super) fn flags(text: Option<&str>) -> Vec<Clause> {
    let ids = text.unwrap_or_default().split(' ');
    ids.filter_map(Clause::from_id).collect()
}

/// The tags that an event sets: a string as it is, anything else as JSON.
pub(super) fn tags<'e>(event: &'e Event<'_>) -> Vec<(&'e str, String)> {
    match event {
        Event::Start(start) => {
            let tags = start.tags.iter();
            tags.map(|(key, value)| (&**key, tag_text(value))).collect()
        }
        Event::Tag(tag) => vec![(&*tag.key, tag_text(&tag.value))],
        Event::Log(_) | Event::End(_) => Vec::new(),
    }
}

fn tag_text(value: &hero_span_protocol::Json<'_>) -> String {
    match value.text() {
        Some(text) => text.into_owned(),
        None => value.to_compact().into_owned(),
    }
}

/// The part of a tag's value that is looked up.
pub(super) fn tag_head(value: &str) -> &str {
    limits::cut(value, TAG_BYTES)
}

/// The beginning of what an event says in words; nothing when it says nothing.
pub(super) fn words(event: &Event<'_>) -> Option<String> {
    let mut text = String::new();
    let mut add = |part: &str| {
        if !part.is_empty() && text.len() < WORDS_BYTES {
            text.push_str(limits::cut(part, WORDS_BYTES - text.len()));
            text.push('\n');
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
    (!text.is_empty()).then_some(text)
}
