//! What the present parser, schema and rules make of a capture.

use std::fmt::Write as _;

use hero_span_protocol::contract::{ACCEPT_SCHEMA, Clause};
use hero_span_protocol::{
    CheckOptions, Checker, Event, Json, Members, ParseError, Parsed, Producer, Sizes, SpanEnd,
    SpanId, SpanLog, SpanStart, SpanTag, TimeMs, parse,
};
use jsonschema::Validator;

use super::DIGEST_BYTES;
use super::file::{Recorded, hex};
use crate::checks::DRIFT_ACCEPT;
use crate::error::Error;
use crate::finding::Finding;
use crate::judge::validator;

/// What was made of a line.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reading {
    /// An event; its clause, and its words.
    Event(Clause, String),
    /// A line of a type that is not known.
    Skipped(String),
    /// A line that is not taken.
    Refused(ParseError),
    /// The last line, which has no LF.
    Torn,
}

impl Reading {
    /// As the manifest has it.
    pub(super) fn digest(&self) -> String {
        match self {
            Self::Event(_, words) => hex(words.as_bytes(), DIGEST_BYTES),
            Self::Skipped(_) => "skipped".into(),
            Self::Refused(_) => "refused".into(),
            Self::Torn => "torn".into(),
        }
    }
}

/// What was made of a capture.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) readings: Vec<Reading>,
    /// By the line, from 1.
    pub(super) breaches: Vec<(usize, Finding)>,
}

impl Made {
    /// As the manifest has it, with the bytes that it was made of.
    pub(super) fn record(&self, bytes: &[u8]) -> Recorded {
        let is_event = |reading: &&Reading| matches!(reading, Reading::Event(..));
        let breaches = self.breaches.iter();
        Recorded {
            sha256: hex(bytes, usize::MAX),
            events: self.readings.iter().filter(is_event).count(),
            readings: self.readings.iter().map(Reading::digest).collect(),
            breaches: breaches
                .map(|(line, finding)| breach(*line, finding))
                .collect(),
        }
    }
}

/// A breach as the manifest has it.
pub(super) fn breach(line: usize, finding: &Finding) -> String {
    format!("{line} {}", finding.check)
}

/// Reads captures as everybody reads connections now.
#[derive(Debug)]
pub(super) struct Reader {
    accept: Validator,
}

impl Reader {
    pub(super) fn new() -> Result<Self, Error> {
        let accept = validator(ACCEPT_SCHEMA)?;
        Ok(Self { accept })
    }

    /// Reads all that came over a connection.
    pub(super) fn read(&self, bytes: &[u8]) -> Made {
        let mut made = Made {
            readings: Vec::new(),
            breaches: Vec::new(),
        };
        for (number, line) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
            let reading = match line.strip_suffix(b"\n") {
                Some(text) => read_line(text),
                None => Reading::Torn,
            };
            if let Reading::Event(..) = reading {
                let breach = self.schema_breach(line).map(|finding| (number, finding));
                made.breaches.extend(breach);
            }
            made.readings.push(reading);
        }
        made.breaches.extend(rule_breaches(bytes));
        made.breaches.sort_by_key(|(line, _)| *line);
        made
    }

    /// What the parser takes is valid under the accept schema.
    fn schema_breach(&self, line: &[u8]) -> Option<Finding> {
        let expected = "what the parser takes, to be valid under the accept schema";
        let found = match serde_json::from_slice(line) {
            Ok(line) => {
                let error = self.accept.validate(&line).err()?;
                format!("{error} at {}", error.instance_path())
            }
            Err(error) => error.to_string(),
        };
        Some(Finding::named(DRIFT_ACCEPT, expected, found))
    }
}

/// What a sender must not do, line by line and along the connection. Its parents
/// may be of another process.
fn rule_breaches(bytes: &[u8]) -> Vec<(usize, Finding)> {
    let mut checker = Checker::new(CheckOptions::default());
    checker.feed(bytes);
    let violations = checker.finish().violations.into_iter();
    let breach = violations.map(|located| {
        let violation = located.violation;
        let finding = Finding::of(violation.clause, violation.expected, violation.found);
        let finding = match violation.field {
            Some(field) => finding.field(field),
            None => finding,
        };
        (usize::try_from(located.line).unwrap_or(usize::MAX), finding)
    });
    breach.collect()
}

fn read_line(line: &[u8]) -> Reading {
    match parse(line) {
        Ok(Parsed::Event(event)) => Reading::Event(clause_of(&event), words(&event)),
        Ok(Parsed::Skipped { type_name }) => Reading::Skipped(type_name.into_owned()),
        Err(error) => Reading::Refused(error),
    }
}

const fn clause_of(event: &Event<'_>) -> Clause {
    match event {
        Event::Start(_) => Clause::EventSpanStart,
        Event::Tag(_) => Clause::EventSpanTag,
        Event::Log(_) => Clause::EventSpanLog,
        Event::End(_) => Clause::EventSpanEnd,
    }
}

/// The normal form of an event as it was read: its fields in words, what
/// stands for an absent one included. It is not what `encode` writes, so that a
/// change of that is no change of a reading. Each struct is taken apart, so that
/// a new field does not compile until it stands here, and it must add nothing
/// where a line has no such field: what was recorded before has none.
pub(super) fn words(event: &Event<'_>) -> String {
    let mut words = Words(event.type_name().into());
    match event {
        Event::Start(event) => start(&mut words, event),
        Event::Tag(event) => tag(&mut words, event),
        Event::Log(event) => log(&mut words, event),
        Event::End(event) => end(&mut words, event),
    }
    words.0
}

fn start(words: &mut Words, event: &SpanStart<'_>) {
    let SpanStart {
        span_id,
        ts_ms,
        seq,
        producer,
        truncated,
        parent_span_id,
        name,
        kind,
        tags,
        params,
    } = event;
    words.common(*span_id, *ts_ms, *seq, producer.as_ref(), truncated);
    let parent = parent_span_id.map_or("none".into(), |parent| parent.to_string());
    words.add("parent_span_id", &parent);
    words.text("name", Some(name));
    words.add("kind", kind.as_str());
    words.members("tags", tags);
    words.json("params", params.as_ref());
}

fn tag(words: &mut Words, event: &SpanTag<'_>) {
    let SpanTag {
        span_id,
        ts_ms,
        seq,
        producer,
        truncated,
        key,
        value,
    } = event;
    words.common(*span_id, *ts_ms, *seq, producer.as_ref(), truncated);
    words.text("key", Some(key));
    words.json("value", Some(value));
}

fn log(words: &mut Words, event: &SpanLog<'_>) {
    let SpanLog {
        span_id,
        ts_ms,
        seq,
        producer,
        truncated,
        message,
        level,
        fields,
    } = event;
    words.common(*span_id, *ts_ms, *seq, producer.as_ref(), truncated);
    words.text("message", Some(message));
    words.add("level", level.as_str());
    words.members("fields", fields);
}

fn end(words: &mut Words, event: &SpanEnd<'_>) {
    let SpanEnd {
        span_id,
        ts_ms,
        seq,
        producer,
        truncated,
        status,
        error,
        error_type,
        result,
    } = event;
    words.common(*span_id, *ts_ms, *seq, producer.as_ref(), truncated);
    words.add("status", status.as_str());
    words.text("error", error.as_deref());
    words.text("error_type", error_type.as_deref());
    words.json("result", result.as_ref());
}

/// Fields, one after the other.
struct Words(String);

impl Words {
    fn add(&mut self, field: &str, value: &str) {
        let _ = write!(self.0, " {field}={value}");
    }

    /// In quotes, so that no text looks like a field.
    fn text(&mut self, field: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.add(field, Json::string(text).as_str());
        }
    }

    fn json(&mut self, field: &str, json: Option<&Json<'_>>) {
        if let Some(json) = json {
            self.add(field, json.as_str());
        }
    }

    fn count(&mut self, field: &str, count: Option<u64>) {
        if let Some(count) = count {
            self.add(field, &count.to_string());
        }
    }

    fn members(&mut self, field: &str, members: &Members<'_>) {
        for (name, value) in members {
            self.json(
                &format!("{field}.{}", Json::string(name).as_str()),
                Some(value),
            );
        }
    }

    fn common(
        &mut self,
        span_id: SpanId,
        ts_ms: TimeMs,
        seq: Option<u64>,
        producer: Option<&Producer<'_>>,
        truncated: &Sizes<'_>,
    ) {
        self.add("span_id", &span_id.to_string());
        self.add("ts_ms", &ts_ms.as_f64().to_string());
        self.count("seq", seq);
        if let Some(producer) = producer {
            self.producer(producer);
        }
        for (name, size) in truncated {
            self.count(
                &format!("truncated.{}", Json::string(name).as_str()),
                Some(*size),
            );
        }
    }

    fn producer(&mut self, producer: &Producer<'_>) {
        let Producer {
            id,
            sdk,
            version,
            protocol,
            pid,
        } = producer;
        self.add("producer.id", &id.to_string());
        self.text("producer.sdk", sdk.as_deref());
        self.text("producer.version", version.as_deref());
        self.count("producer.protocol", *protocol);
        self.count("producer.pid", *pid);
    }
}
