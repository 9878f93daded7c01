//! An event made small enough to be sent.

use std::borrow::Cow;

use super::{cut, cut_error, cut_value, measured};
use crate::contract::limit;
use crate::encode::encode;
use crate::event::{Event, Producer, SpanEnd, SpanLog, SpanStart, SpanTag};
use crate::json::Json;
use crate::members::{Members, Sizes};

/// The event as an SDK sends it, and as a model of an SDK expects it: names,
/// texts, errors and values cut to their limits (`value.cut`,
/// `value.structured`, `value.error`), members over `limit::MEMBERS` left out,
/// of keys that are then alike the first kept (`value.keys`), each cut in
/// `truncated` (`value.announced`), and all of it with halved limits until the
/// line fits (`value.line`). Empty names become `unnamed` (`type.name`).
///
/// What depends on the depth of a value is left as it is.
pub fn fit(event: &Event<'_>) -> Event<'static> {
    let mut caps = Caps::FULL;
    let mut line = Vec::new();
    loop {
        let fitted = caps.event(event);
        line.clear();
        encode(&fitted, &mut line);
        if line.len() <= limit::LINE_BYTES || caps.value <= 1 {
            return fitted;
        }
        caps = caps.halved();
    }
}

/// The limits of one attempt, in bytes.
#[derive(Debug, Clone, Copy)]
struct Caps {
    name: usize,
    value: usize,
    error: usize,
    head: usize,
}

impl Caps {
    const FULL: Self = Self {
        name: limit::NAME_BYTES,
        value: limit::VALUE_BYTES,
        error: limit::ERROR_BYTES,
        head: limit::ERROR_HEAD_BYTES,
    };

    fn halved(self) -> Self {
        let value = self.value / 2;
        Self {
            name: self.name.min(value),
            value,
            error: self.error / 2,
            head: self.head / 2,
        }
    }

    fn event(self, event: &Event<'_>) -> Event<'static> {
        let mut cutter = Cutter {
            caps: self,
            sizes: event.truncated().clone().into_owned(),
        };
        let mut fitted = match event {
            Event::Start(event) => Event::Start(cutter.start(event)),
            Event::Tag(event) => Event::Tag(cutter.tag(event)),
            Event::Log(event) => Event::Log(cutter.log(event)),
            Event::End(event) => Event::End(cutter.end(event)),
        };
        *fitted.truncated_mut() = cutter.sizes;
        fitted
    }
}

/// Cuts the values of one event and takes down their sizes.
struct Cutter {
    caps: Caps,
    sizes: Sizes<'static>,
}

impl Cutter {
    fn start(&mut self, event: &SpanStart<'_>) -> SpanStart<'static> {
        SpanStart {
            span_id: event.span_id,
            ts_ms: event.ts_ms,
            seq: event.seq,
            producer: self.producer(event.producer.as_ref()),
            truncated: Sizes::new(),
            parent_span_id: event.parent_span_id,
            name: self.name("name", &event.name),
            kind: event.kind,
            tags: self.members("tags", &event.tags),
            params: self.json("params", event.params.as_ref()),
        }
    }

    fn tag(&mut self, event: &SpanTag<'_>) -> SpanTag<'static> {
        SpanTag {
            span_id: event.span_id,
            ts_ms: event.ts_ms,
            seq: event.seq,
            producer: self.producer(event.producer.as_ref()),
            truncated: Sizes::new(),
            key: self.name("key", &event.key),
            value: self.value("value", &event.value),
        }
    }

    fn log(&mut self, event: &SpanLog<'_>) -> SpanLog<'static> {
        let message = cut(&event.message, self.caps.value);
        self.announce("message", event.message.len(), message.len());
        SpanLog {
            span_id: event.span_id,
            ts_ms: event.ts_ms,
            seq: event.seq,
            producer: self.producer(event.producer.as_ref()),
            truncated: Sizes::new(),
            message: Cow::Owned(message.to_owned()),
            level: event.level,
            fields: self.members("fields", &event.fields),
        }
    }

    fn end(&mut self, event: &SpanEnd<'_>) -> SpanEnd<'static> {
        let error = event.error.as_deref().map(|error| self.error(error));
        let error_type = event.error_type.as_deref();
        SpanEnd {
            span_id: event.span_id,
            ts_ms: event.ts_ms,
            seq: event.seq,
            producer: self.producer(event.producer.as_ref()),
            truncated: Sizes::new(),
            status: event.status,
            error,
            error_type: error_type.map(|name| self.name("error_type", name)),
            result: self.json("result", event.result.as_ref()),
        }
    }

    /// Its names have no entry of their own.
    fn producer(&self, producer: Option<&Producer<'_>>) -> Option<Producer<'static>> {
        let name = |text: &Cow<'_, str>| Cow::Owned(self.named(text).to_owned());
        producer.map(|producer| Producer {
            id: producer.id,
            sdk: producer.sdk.as_ref().map(name),
            version: producer.version.as_ref().map(name),
            protocol: producer.protocol,
            pid: producer.pid,
        })
    }

    fn error(&mut self, error: &str) -> Cow<'static, str> {
        let cut = cut_error(error, self.caps.error, self.caps.head);
        self.announce("error", error.len(), cut.len());
        Cow::Owned(cut.into_owned())
    }

    fn name(&mut self, field: &'static str, name: &str) -> Cow<'static, str> {
        let sent = self.named(name);
        self.announce(field, name.len(), sent.len());
        Cow::Owned(sent.to_owned())
    }

    fn named<'n>(&self, name: &'n str) -> &'n str {
        match cut(name, self.caps.name) {
            "" => cut(UNNAMED, self.caps.name),
            name => name,
        }
    }

    fn json(&mut self, field: &'static str, value: Option<&Json<'_>>) -> Option<Json<'static>> {
        value.map(|value| self.value(field, value))
    }

    fn value(&mut self, field: &'static str, value: &Json<'_>) -> Json<'static> {
        let (sent, before) = cut_value(value, self.caps.value);
        self.sizes_insert(field.into(), before);
        sent
    }

    fn members(&mut self, field: &'static str, members: &Members<'_>) -> Members<'static> {
        let mut sent = Members::new();
        for (key, value) in members.iter().take(limit::MEMBERS) {
            let name = self.named(key).to_owned();
            let (value, before) = cut_value(value, self.caps.value);
            let key_before = (key.len() > name.len()).then(|| measured(key.len()));
            let entry = format!("{field}.{name}");
            if sent.insert(name, value) {
                self.sizes_insert(entry.into(), before.max(key_before));
            }
        }
        if members.len() > sent.len() {
            self.sizes_insert(field.into(), Some(members.len() as u64));
        }
        sent
    }

    fn announce(&mut self, field: &'static str, before: usize, after: usize) {
        let before = (before > after).then(|| measured(before));
        self.sizes_insert(field.into(), before);
    }

    fn sizes_insert(&mut self, entry: Cow<'static, str>, before: Option<u64>) {
        if let Some(before) = before {
            self.sizes.insert(entry, before);
        }
    }
}

/// What an empty name is sent as.
const UNNAMED: &str = "unnamed";
