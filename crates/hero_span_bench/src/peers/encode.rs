//! An event that `serde_json` writes, of the same shape as the protocol's own.

use hero_span_protocol as protocol;
use protocol::{Event, Json, Members, Sizes};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// An event whose values are JSON text, as in the protocol's own, and whose texts are
/// borrowed. Its ids are written already, which is in its favour.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the events of the contract")]
pub enum Tagged<'a> {
    SpanStart(SpanStart<'a>),
    SpanTag(SpanTag<'a>),
    SpanLog(SpanLog<'a>),
    SpanEnd(SpanEnd<'a>),
}

type Pairs<'a, T> = Vec<(&'a str, T)>;

/// Who writes.
#[derive(Debug, Serialize)]
pub struct Producer<'a> {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdk: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u64>,
}

/// A span begins.
#[derive(Debug, Serialize)]
pub struct SpanStart<'a> {
    pub span_id: String,
    pub ts_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub producer: Option<Producer<'a>>,
    pub parent_span_id: Option<String>,
    pub name: &'a str,
    pub kind: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "object")]
    pub tags: Pairs<'a, &'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "object")]
    pub truncated: Pairs<'a, u64>,
}

/// A tag is set.
#[derive(Debug, Serialize)]
pub struct SpanTag<'a> {
    pub span_id: String,
    pub ts_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub producer: Option<Producer<'a>>,
    pub key: &'a str,
    pub value: &'a RawValue,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "object")]
    pub truncated: Pairs<'a, u64>,
}

/// Something was said.
#[derive(Debug, Serialize)]
pub struct SpanLog<'a> {
    pub span_id: String,
    pub ts_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub producer: Option<Producer<'a>>,
    pub message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "object")]
    pub fields: Pairs<'a, &'a RawValue>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "object")]
    pub truncated: Pairs<'a, u64>,
}

/// A span ends.
#[derive(Debug, Serialize)]
pub struct SpanEnd<'a> {
    pub span_id: String,
    pub ts_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub producer: Option<Producer<'a>>,
    pub status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "object")]
    pub truncated: Pairs<'a, u64>,
}

fn object<S: Serializer, T: Serialize>(
    pairs: &Pairs<'_, T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(key, value)| (key, value)))
}

/// The same event for `serde_json`.
///
/// # Errors
///
/// When a value is no JSON text, which no event's is.
pub fn sent<'a>(event: &'a Event<'a>) -> serde_json::Result<Tagged<'a>> {
    Ok(match event {
        Event::Start(event) => Tagged::SpanStart(start(event)?),
        Event::Tag(event) => Tagged::SpanTag(tag(event)?),
        Event::Log(event) => Tagged::SpanLog(log(event)?),
        Event::End(event) => Tagged::SpanEnd(end(event)?),
    })
}

fn start<'a>(event: &'a protocol::SpanStart<'a>) -> serde_json::Result<SpanStart<'a>> {
    Ok(SpanStart {
        span_id: event.span_id.to_string(),
        ts_ms: event.ts_ms.as_f64(),
        seq: event.seq,
        producer: event.producer.as_ref().map(producer),
        parent_span_id: event.parent_span_id.map(|id| id.to_string()),
        name: &event.name,
        kind: event.kind.as_str(),
        tags: members(&event.tags)?,
        params: event.params.as_ref().map(raw).transpose()?,
        truncated: sizes(&event.truncated),
    })
}

fn tag<'a>(event: &'a protocol::SpanTag<'a>) -> serde_json::Result<SpanTag<'a>> {
    Ok(SpanTag {
        span_id: event.span_id.to_string(),
        ts_ms: event.ts_ms.as_f64(),
        seq: event.seq,
        producer: event.producer.as_ref().map(producer),
        key: &event.key,
        value: raw(&event.value)?,
        truncated: sizes(&event.truncated),
    })
}

fn log<'a>(event: &'a protocol::SpanLog<'a>) -> serde_json::Result<SpanLog<'a>> {
    let is_told = event.level != protocol::Level::default();
    Ok(SpanLog {
        span_id: event.span_id.to_string(),
        ts_ms: event.ts_ms.as_f64(),
        seq: event.seq,
        producer: event.producer.as_ref().map(producer),
        message: &event.message,
        level: is_told.then(|| event.level.as_str()),
        fields: members(&event.fields)?,
        truncated: sizes(&event.truncated),
    })
}

fn end<'a>(event: &'a protocol::SpanEnd<'a>) -> serde_json::Result<SpanEnd<'a>> {
    Ok(SpanEnd {
        span_id: event.span_id.to_string(),
        ts_ms: event.ts_ms.as_f64(),
        seq: event.seq,
        producer: event.producer.as_ref().map(producer),
        status: event.status.as_str(),
        error: event.error.as_deref(),
        error_type: event.error_type.as_deref(),
        result: event.result.as_ref().map(raw).transpose()?,
        truncated: sizes(&event.truncated),
    })
}

fn producer<'a>(producer: &'a protocol::Producer<'a>) -> Producer<'a> {
    Producer {
        id: producer.id.to_string(),
        sdk: producer.sdk.as_deref(),
        version: producer.version.as_deref(),
        protocol: producer.protocol,
        pid: producer.pid,
    }
}

fn raw<'a>(json: &'a Json<'_>) -> serde_json::Result<&'a RawValue> {
    serde_json::from_str(json.as_str())
}

fn members<'a>(members: &'a Members<'_>) -> serde_json::Result<Pairs<'a, &'a RawValue>> {
    let pairs = members.iter();
    pairs
        .map(|(key, value)| Ok((&**key, raw(value)?)))
        .collect()
}

fn sizes<'a>(sizes: &'a Sizes<'_>) -> Pairs<'a, u64> {
    sizes.iter().map(|(key, size)| (&**key, *size)).collect()
}
