//! What a span said in full: a tree has it cut short.

use hero_span_collector::store::Reader;
use hero_span_collector::tree::Span;
use hero_span_protocol::{Event, Kind, SpanEnd, SpanStart, Status, TimeMs, contract::limit};
use serde_json::{Map, Value};

use crate::error::Error;

/// All but its logs, of which there may be any number.
pub(super) struct Facts {
    /// The id stands in for a name that was never heard.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) started: Option<TimeMs>,
    /// The first thing heard and the latest.
    pub(super) heard: (TimeMs, TimeMs),
    pub(super) tags: Map<String, Value>,
    pub(super) params: Option<Value>,
    pub(super) end: Option<End>,
}

pub(super) struct End {
    pub(super) at: TimeMs,
    pub(super) status: Status,
    pub(super) error: Option<String>,
    pub(super) error_type: Option<String>,
    pub(super) result: Option<Value>,
}

impl Facts {
    pub(super) fn read(reader: &Reader, span: &Span) -> Result<Self, Error> {
        let at = span.last_heard().1;
        let mut facts = Self {
            name: span.id().to_string(),
            kind: Kind::Span,
            started: None,
            heard: (at, at),
            tags: Map::new(),
            params: None,
            end: None,
        };
        reader.events_of(span.number(), |event| {
            facts.hear(event);
            Ok::<_, Error>(())
        })?;
        Ok(facts)
    }

    fn hear(&mut self, event: &Event<'_>) {
        let at = event.ts_ms();
        self.heard = (self.heard.0.min(at), self.heard.1.max(at));
        match event {
            Event::Start(start) if self.started.is_none() => self.start(start),
            Event::End(end) if self.end.is_none() => self.end = Some(End::of(end)),
            Event::Tag(tag) => {
                self.tags.insert(tag.key.to_string(), tag.value.to_value());
            }
            // The first start and the first end count.
            Event::Start(_) | Event::End(_) | Event::Log(_) => {}
        }
    }

    fn start(&mut self, start: &SpanStart<'_>) {
        self.started = Some(start.ts_ms);
        self.name = start.name.to_string();
        self.kind = start.kind;
        self.params = start.params.as_ref().map(|params| params.to_value());
        for (key, value) in &start.tags {
            self.tags.insert(key.to_string(), value.to_value());
        }
    }
}

impl End {
    fn of(end: &SpanEnd<'_>) -> Self {
        Self {
            at: end.ts_ms,
            status: end.status,
            error: end.error.as_ref().map(ToString::to_string),
            error_type: end.error_type.as_ref().map(ToString::to_string),
            result: end.result.as_ref().map(|result| result.to_value()),
        }
    }

    /// The last line of the error that says something: a traceback ends with
    /// the exception.
    pub(super) fn message(&self) -> Option<&str> {
        let lines = self.error.as_deref()?.lines();
        lines.map(str::trim).rfind(|line| !line.is_empty())
    }
}

/// Microseconds since the Unix epoch, from a time that may be absurd: none
/// before it, and none that a reader of JSON could not keep.
pub(super) fn micros(at: TimeMs) -> u64 {
    let most = limit::INTEGER_MAX as f64;
    (at.as_f64() * 1e3).round().clamp(0.0, most) as u64
}
