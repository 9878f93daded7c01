//! OpenTelemetry's protocol as JSON: an `ExportTraceServiceRequest`.

use hero_span_collector::Forest;
use hero_span_collector::tree::{SessionRecord, Span, SpanKey};
use hero_span_protocol::{Event, Kind, SpanId, SpanLog, Status, TimeMs};
use serde_json::{Map, Number, Value, json};

use super::Export;
use super::facts::{End, Facts, micros};
use super::out::Out;
use crate::error::Error;

/// Attributes of ours begin like this.
const OURS: &str = "hero_span.";

/// `SPAN_KIND_INTERNAL` and `SPAN_KIND_CLIENT`.
const INTERNAL: u8 = 1;
const CLIENT: u8 = 3;

pub(super) fn write(export: &Export, out: &mut Out) -> Result<(), Error> {
    let trace = trace_id(export);
    let mut comma = "";
    out.line("{\"resourceSpans\":[")?;
    for (session, mut spans) in export.spans() {
        let resource = resource(export, session);
        let scope = scope(session);
        out.line(&format!(
            "{comma}{{\"resource\":{resource},\"scopeSpans\":[{{\"scope\":{scope},\"spans\":["
        ))?;
        comma = ",";
        spans.sort_by_key(|&key| export.forest.span(key).number());
        for (at, key) in spans.into_iter().enumerate() {
            span(export, key, &trace, if at > 0 { "," } else { "" }, out)?;
        }
        out.line("]}]}")?;
    }
    out.line("]}")
}

/// The same for a run each time: the id of its first producer, or of its first
/// span, made as long as OpenTelemetry's are.
fn trace_id(export: &Export) -> String {
    let forest = &export.forest;
    let run = forest.run(hero_span_collector::tree::RunId(export.run.run));
    let mut sessions = run.map(|run| run.sessions().to_vec()).unwrap_or_default();
    sessions.sort_unstable();
    let mut producers = sessions
        .iter()
        .filter_map(|&id| forest.session(id)?.producer());
    let spans = || forest.spans_of(hero_span_collector::tree::RunId(export.run.run));
    let first = || {
        spans()
            .map(|key| forest.span(key))
            .min_by_key(|span| span.number())
    };
    let id: Option<SpanId> = producers.next().map(|producer| producer.id);
    let id = id.or_else(|| first().map(Span::id));
    id.map(|id| format!("{:0>32}", id.to_string()))
        .unwrap_or_default()
}

fn resource(export: &Export, session: &SessionRecord) -> Value {
    let mut attributes = vec![
        attribute("service.name", &export.name().into()),
        attribute("hero_span.run", &export.run.run.into()),
        attribute("hero_span.session", &session.id.0.into()),
        attribute("telemetry.sdk.name", &"hero_span".into()),
    ];
    let mut add = |key: &str, value: Option<Value>| {
        attributes.extend(value.map(|value| attribute(key, &value)));
    };
    if let Some(producer) = &session.producer {
        add("service.instance.id", Some(producer.id.to_string().into()));
        add("process.pid", producer.pid.map(Value::from));
        add(
            "telemetry.sdk.language",
            producer.sdk.as_deref().map(Value::from),
        );
        add(
            "telemetry.sdk.version",
            producer.version.as_deref().map(Value::from),
        );
    }
    json!({ "attributes": attributes })
}

fn scope(session: &SessionRecord) -> Value {
    let producer = session.producer.as_ref();
    match producer.and_then(|producer| producer.version.as_deref()) {
        Some(version) => json!({ "name": "hero_span", "version": version }),
        None => json!({ "name": "hero_span" }),
    }
}

/// A span in several lines, its logs one by one.
fn span(
    export: &Export,
    key: SpanKey,
    trace: &str,
    comma: &str,
    out: &mut Out,
) -> Result<(), Error> {
    let span = export.forest.span(key);
    let facts = Facts::read(&export.reader, span)?;
    let head = head(&export.forest, span, &facts, trace).to_string();
    // The object goes on with its events.
    let head = head.strip_suffix('}').unwrap_or(&head);
    out.line(&format!("{comma}{head},\"events\":["))?;
    let mut comma = "";
    export.reader.events_of(span.number(), |event| {
        if let Event::Log(log) = event {
            out.line(&format!("{comma}{}", said(log)))?;
            comma = ",";
        }
        Ok::<_, Error>(())
    })?;
    if let Some(exception) = facts.end.as_ref().and_then(exception) {
        out.line(&format!("{comma}{exception}"))?;
    }
    out.line("]}")
}

/// All of a span but its events.
fn head(forest: &Forest, span: &Span, facts: &Facts, trace: &str) -> Value {
    let start = facts.started.unwrap_or(facts.heard.0);
    let end = facts.end.as_ref().map_or(facts.heard.1, |end| end.at);
    let mut head = json!({
        "traceId": trace,
        "spanId": span.id().to_string(),
        "name": facts.name,
        "kind": if facts.kind == Kind::Rpc { CLIENT } else { INTERNAL },
        "startTimeUnixNano": nanos(start),
        "endTimeUnixNano": nanos(end.max(start)),
        "attributes": attributes(span, facts),
        "droppedEventsCount": span.lost(),
        "status": status(facts.end.as_ref()),
    });
    if let Some(parent) = parent(forest, span) {
        head["parentSpanId"] = parent.to_string().into();
    }
    head
}

/// A span that would stand under itself is a root.
fn parent(forest: &Forest, span: &Span) -> Option<SpanId> {
    match span.parent() {
        Some(key) => Some(forest.span(key).id()),
        None => span.parent_id().filter(|_| !span.is_in_cycle()),
    }
}

fn nanos(at: TimeMs) -> String {
    (micros(at) * 1_000).to_string()
}

fn status(end: Option<&End>) -> Value {
    match end.map(|end| (end.status, end.message())) {
        Some((Status::Ok, _)) => json!({ "code": 1 }),
        Some((Status::Failed, message)) => json!({ "code": 2, "message": message.unwrap_or("") }),
        // There is no code for what was given up: an attribute says so.
        Some((Status::Cancelled, _)) | None => json!({}),
    }
}

fn attributes(span: &Span, facts: &Facts) -> Vec<Value> {
    let tags = facts.tags.iter();
    let mut attributes: Vec<_> = tags.map(|(key, value)| tag(key, value)).collect();
    let mut add = |key: &str, value: Option<Value>| {
        let value = value.map(|value| attribute(&format!("{OURS}{key}"), &value));
        attributes.extend(value);
    };
    add("kind", Some(facts.kind.as_str().into()));
    add("params", facts.params.clone());
    match &facts.end {
        Some(end) => {
            add("status", Some(end.status.as_str().into()));
            add("result", end.result.clone());
        }
        None => add("open", Some(true.into())),
    }
    let is_unseen = facts.started.is_none();
    add("start_unseen", is_unseen.then_some(true.into()));
    let flags: Vec<_> = span.flags().map(|clause| clause.id()).collect();
    add("flags", (!flags.is_empty()).then(|| flags.into()));
    attributes
}

/// What a producer names itself never stands for something of ours.
fn tag(key: &str, value: &Value) -> Value {
    if key.starts_with(OURS) {
        attribute(&format!("{OURS}tag.{key}"), value)
    } else {
        attribute(key, value)
    }
}

/// A log is an event that is called like its message.
fn said(log: &SpanLog<'_>) -> Value {
    let level = attribute("hero_span.level", &log.level.as_str().into());
    let fields = log.fields.iter();
    let fields = fields.map(|(key, value)| tag(key, &value.to_value()));
    let attributes: Vec<_> = std::iter::once(level).chain(fields).collect();
    json!({
        "timeUnixNano": nanos(log.ts_ms),
        "name": log.message,
        "attributes": attributes,
    })
}

/// As OpenTelemetry's conventions tell of an exception.
fn exception(end: &End) -> Option<Value> {
    let error = end.error.as_deref();
    if error.is_none() && end.error_type.is_none() {
        return None;
    }
    let parts = [
        ("exception.type", end.error_type.as_deref()),
        ("exception.message", end.message()),
        ("exception.stacktrace", error),
    ];
    let parts = parts.into_iter();
    let attributes: Vec<_> = parts
        .filter_map(|(key, value)| Some(attribute(key, &value?.into())))
        .collect();
    Some(json!({
        "timeUnixNano": nanos(end.at),
        "name": "exception",
        "attributes": attributes,
    }))
}

fn attribute(key: &str, value: &Value) -> Value {
    json!({ "key": key, "value": any(value) })
}

/// An `AnyValue`. A line is no deeper than `limit.depth`, so neither is this.
fn any(value: &Value) -> Value {
    match value {
        Value::Null => json!({}),
        Value::Bool(value) => json!({ "boolValue": value }),
        Value::Number(number) => any_number(number),
        Value::String(text) => json!({ "stringValue": text }),
        Value::Array(values) => {
            let values: Vec<_> = values.iter().map(any).collect();
            json!({ "arrayValue": { "values": values } })
        }
        Value::Object(members) => json!({ "kvlistValue": { "values": pairs(members) } }),
    }
}

fn any_number(number: &Number) -> Value {
    match number.as_i64() {
        // As a text: so protobuf writes 64 bits in JSON.
        Some(number) => json!({ "intValue": number.to_string() }),
        None => json!({ "doubleValue": number.as_f64() }),
    }
}

fn pairs(members: &Map<String, Value>) -> Vec<Value> {
    let members = members.iter();
    members.map(|(key, value)| attribute(key, value)).collect()
}

#[cfg(test)]
mod tests {
    use super::any;

    #[track_caller]
    fn check(json: &str, expected: &str) {
        let value = serde_json::from_str(json).expect("JSON");
        assert_eq!(any(&value).to_string(), expected);
    }

    #[test]
    fn values_keep_their_types() {
        check("null", "{}");
        check("true", r#"{"boolValue":true}"#);
        check("\"a\"", r#"{"stringValue":"a"}"#);
        check("-7", r#"{"intValue":"-7"}"#);
        check("9007199254740993", r#"{"intValue":"9007199254740993"}"#);
        check("7.0", r#"{"doubleValue":7.0}"#);
        check("1e300", r#"{"doubleValue":1e+300}"#);
        check(
            "18446744073709551615",
            r#"{"doubleValue":1.8446744073709552e+19}"#,
        );
        check(
            "[1,{\"a\":[]}]",
            r#"{"arrayValue":{"values":[{"intValue":"1"},{"kvlistValue":{"values":[{"key":"a","value":{"arrayValue":{"values":[]}}}]}}]}}"#,
        );
    }
}
