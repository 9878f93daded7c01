//! An event as one writes it down first: an enum that owns what it holds.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// An internally tagged enum. Unknown fields are ignored and optional ones may be
/// absent, as a consumer must have it. Ids are texts that nobody looked at, words are
/// not told apart, and keys may come twice.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the events of the contract")]
pub enum Tagged {
    SpanStart(SpanStart),
    SpanTag(SpanTag),
    SpanLog(SpanLog),
    SpanEnd(SpanEnd),
}

/// Who writes.
#[derive(Debug, Deserialize)]
pub struct Producer {
    pub id: String,
    pub sdk: Option<String>,
    pub version: Option<String>,
    pub protocol: Option<u64>,
    pub pid: Option<u64>,
}

/// A span begins.
#[derive(Debug, Deserialize)]
pub struct SpanStart {
    pub span_id: String,
    pub ts_ms: f64,
    pub seq: Option<u64>,
    pub producer: Option<Producer>,
    #[serde(default)]
    pub truncated: BTreeMap<String, u64>,
    pub parent_span_id: Option<String>,
    pub name: String,
    pub kind: Option<String>,
    #[serde(default)]
    pub tags: Map<String, Value>,
    pub params: Option<Value>,
}

/// A tag is set.
#[derive(Debug, Deserialize)]
pub struct SpanTag {
    pub span_id: String,
    pub ts_ms: f64,
    pub seq: Option<u64>,
    pub producer: Option<Producer>,
    #[serde(default)]
    pub truncated: BTreeMap<String, u64>,
    pub key: String,
    pub value: Value,
}

/// Something was said.
#[derive(Debug, Deserialize)]
pub struct SpanLog {
    pub span_id: String,
    pub ts_ms: f64,
    pub seq: Option<u64>,
    pub producer: Option<Producer>,
    #[serde(default)]
    pub truncated: BTreeMap<String, u64>,
    pub message: String,
    pub level: Option<String>,
    #[serde(default)]
    pub fields: Map<String, Value>,
}

/// A span ends.
#[derive(Debug, Deserialize)]
pub struct SpanEnd {
    pub span_id: String,
    pub ts_ms: f64,
    pub seq: Option<u64>,
    pub producer: Option<Producer>,
    #[serde(default)]
    pub truncated: BTreeMap<String, u64>,
    pub status: String,
    pub error: Option<String>,
    pub error_type: Option<String>,
    pub result: Option<Value>,
}
