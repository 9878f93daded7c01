//! The fastest that `serde_json` has: one struct for all events, which borrows.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// Every field of every event. Which of them an event must have is not looked at, nor
/// what an id is; values are only skipped, and keys may come twice within them. Free
/// texts are copied where they have escapes, others cannot have any.
///
/// No text is an option: `serde` borrows a `Cow` only where it stands by itself.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "the fields of the contract")]
pub struct Flat<'a> {
    #[serde(rename = "type")]
    pub type_name: &'a str,
    pub span_id: &'a str,
    pub ts_ms: f64,
    pub seq: Option<u64>,
    #[serde(borrow)]
    pub producer: Option<&'a RawValue>,
    #[serde(borrow)]
    pub truncated: Option<&'a RawValue>,
    pub parent_span_id: Option<&'a str>,
    #[serde(borrow, default)]
    pub name: Cow<'a, str>,
    pub kind: Option<&'a str>,
    #[serde(borrow)]
    pub tags: Option<&'a RawValue>,
    #[serde(borrow)]
    pub params: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub key: Cow<'a, str>,
    #[serde(borrow)]
    pub value: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub message: Cow<'a, str>,
    pub level: Option<&'a str>,
    #[serde(borrow)]
    pub fields: Option<&'a RawValue>,
    pub status: Option<&'a str>,
    #[serde(borrow, default)]
    pub error: Cow<'a, str>,
    #[serde(borrow, default)]
    pub error_type: Cow<'a, str>,
    #[serde(borrow)]
    pub result: Option<&'a RawValue>,
}
