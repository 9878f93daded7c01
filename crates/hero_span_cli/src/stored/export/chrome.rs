//! Trace events of Chrome, for chrome://tracing and Perfetto.
//!
//! A connection is a process there, and a lane a thread. A span that is over
//! is an `X` event, one that is open a `B` without its `E`, and a log an
//! instant.

use std::collections::{HashMap, HashSet};

use hero_span_collector::tree::{SessionRecord, Span, SpanKey, State};
use hero_span_protocol::{Event, SpanLog, Status};
use serde_json::{Map, Value, json};

use super::Export;
use super::facts::{Facts, micros};
use super::lanes::{self, Stretch};
use super::out::Out;
use crate::error::Error;

pub(super) fn write(export: &Export, out: &mut Out) -> Result<(), Error> {
    out.line("{\"traceEvents\":[")?;
    let mut trace = Trace {
        export,
        out,
        is_begun: false,
    };
    let mut processes = Processes::default();
    for (session, spans) in export.spans() {
        trace.process(processes.number(session), &spans)?;
    }
    let by = format!("hero-span {}", env!("CARGO_PKG_VERSION"));
    let about = json!({ "run": export.run.run, "name": export.name(), "written by": by });
    out.line(&format!(
        "],\"displayTimeUnit\":\"ms\",\"otherData\":{about}}}"
    ))
}

/// The numbers of processes.
#[derive(Default)]
struct Processes {
    taken: HashSet<u64>,
    /// How many could not have their own.
    others: u64,
}

impl Processes {
    /// Its own number, unless another connection has that, or it is more than
    /// a reader takes.
    fn number(&mut self, session: &SessionRecord) -> u64 {
        let own = session.producer.as_ref().and_then(|producer| producer.pid);
        let own = own.filter(|&pid| i32::try_from(pid).is_ok() && self.taken.insert(pid));
        own.unwrap_or_else(|| self.other())
    }

    fn other(&mut self) -> u64 {
        loop {
            let number = 1_000_000 + self.others;
            self.others += 1;
            if self.taken.insert(number) {
                return number;
            }
        }
    }
}

/// A trace that is written event by event.
struct Trace<'e> {
    export: &'e Export,
    out: &'e mut Out,
    is_begun: bool,
}

/// Where an event stands.
#[derive(Clone, Copy)]
struct Place {
    process: u64,
    lane: usize,
}

impl Trace<'_> {
    fn event(&mut self, event: &Value) -> Result<(), Error> {
        let comma = if self.is_begun { "," } else { "" };
        self.is_begun = true;
        self.out.line(&format!("{comma}{event}"))
    }

    fn process(&mut self, process: u64, spans: &[SpanKey]) -> Result<(), Error> {
        let name = self.process_name(spans);
        self.named("process_name", Place { process, lane: 0 }, &name)?;
        let lanes = lanes::assign(&self.stretches(spans));
        let count = lanes.iter().max().map_or(0, |last| last + 1);
        for lane in 0..count {
            let place = Place { process, lane };
            self.named("thread_name", place, &format!("lane {}", lane + 1))?;
        }
        let mut spans: Vec<_> = spans.iter().zip(lanes).collect();
        spans.sort_by_key(|(key, _)| self.export.forest.span(**key).number());
        for (&key, lane) in spans {
            self.span(key, Place { process, lane })?;
        }
        Ok(())
    }

    /// After the first span that it spoke of.
    fn process_name(&self, spans: &[SpanKey]) -> String {
        let spans = spans.iter().map(|&key| self.export.forest.span(key));
        let first = spans.min_by_key(|span| span.number());
        let name = first.map(Span::name).filter(|name| !name.is_empty());
        name.unwrap_or_else(|| self.export.name()).to_owned()
    }

    fn named(&mut self, what: &str, place: Place, name: &str) -> Result<(), Error> {
        self.event(&json!({
            "ph": "M", "name": what, "pid": place.process, "tid": place.lane + 1,
            "args": { "name": name },
        }))
    }

    fn stretches(&self, spans: &[SpanKey]) -> Vec<Stretch> {
        let places: HashMap<_, _> = spans.iter().copied().zip(0..).collect();
        let stretch = |&key: &SpanKey| {
            let span = self.export.forest.span(key);
            let (start, end) = stretch(span);
            let parent = span.parent().and_then(|parent| places.get(&parent));
            Stretch {
                start,
                end: end.unwrap_or(u64::MAX),
                parent: parent.copied(),
            }
        };
        spans.iter().map(stretch).collect()
    }

    fn span(&mut self, key: SpanKey, place: Place) -> Result<(), Error> {
        let export = self.export;
        let span = export.forest.span(key);
        let facts = Facts::read(&export.reader, span)?;
        let (start, end) = stretch(span);
        let mut event = json!({
            "ph": if end.is_some() { "X" } else { "B" },
            "name": facts.name,
            "cat": facts.kind.as_str(),
            "pid": place.process,
            "tid": place.lane + 1,
            "ts": start,
            "args": args(export, key, &facts),
        });
        if let Some(end) = end {
            event["dur"] = (end - start).into();
        }
        if span.state() == State::Ended(Status::Failed) {
            event["cname"] = "terrible".into();
        }
        self.event(&event)?;
        export.reader.events_of(span.number(), |event| match event {
            Event::Log(log) => self.event(&instant(log, place)),
            Event::Start(_) | Event::Tag(_) | Event::End(_) => Ok(()),
        })
    }
}

/// From its start to its end, in microseconds; without an end while it is
/// open. What was only heard of took no time.
fn stretch(span: &Span) -> (u64, Option<u64>) {
    let heard = span.ended().unwrap_or(span.last_heard().1);
    let start = micros(span.started().unwrap_or(heard));
    let end = match span.state() {
        State::Open => None,
        State::Unknown => Some(start),
        State::Ended(_) => Some(micros(heard).max(start)),
    };
    (start, end)
}

fn args(export: &Export, key: SpanKey, facts: &Facts) -> Value {
    let span = export.forest.span(key);
    let mut args = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            args.insert(name.to_owned(), value);
        }
    };
    let state = match span.state() {
        State::Unknown => "unknown",
        State::Open => "open",
        State::Ended(status) => status.as_str(),
    };
    add("state", Some(state.into()));
    add("span_id", Some(span.id().to_string().into()));
    let parent = span.parent_id().map(|id| id.to_string().into());
    add("parent_span_id", parent);
    add(
        "tags",
        (!facts.tags.is_empty()).then(|| facts.tags.clone().into()),
    );
    add("params", facts.params.clone());
    if let Some(end) = &facts.end {
        add("result", end.result.clone());
        add("error", end.error.clone().map(Value::from));
        add("error_type", end.error_type.clone().map(Value::from));
    }
    let lost = (span.lost() > 0).then(|| span.lost().into());
    add("lost", lost);
    let flags: Vec<_> = span.flags().map(|clause| clause.id()).collect();
    add("flags", (!flags.is_empty()).then(|| flags.into()));
    args.into()
}

fn instant(log: &SpanLog<'_>, place: Place) -> Value {
    let fields = log.fields.iter();
    let fields: Map<_, _> = fields
        .map(|(key, value)| (key.to_string(), value.to_value()))
        .collect();
    json!({
        "ph": "i", "s": "t", "name": log.message, "cat": "log",
        "pid": place.process, "tid": place.lane + 1, "ts": micros(log.ts_ms),
        "args": { "level": log.level.as_str(), "fields": fields },
    })
}
