//! A run as one JSON object. Spans are a list, each with its parent's number:
//! a tree a million deep is no deeper here.

use hero_span_collector::Forest;
use hero_span_collector::store::{ExecutionLine, RemarkLine, RunLine};
use hero_span_collector::tree::{RunId, Span, SpanKey, State};
use serde::Serialize;
use serde_json::Value;

use super::super::print_json;
use crate::error::Error;

#[derive(Serialize)]
struct Shown<'a> {
    run: &'a RunLine,
    executions: &'a [ExecutionLine],
    spans: Vec<SpanLine<'a>>,
    remarks: &'a [RemarkLine],
}

#[derive(Serialize)]
struct SpanLine<'a> {
    span: u64,
    parent: Option<u64>,
    id: String,
    parent_id: Option<String>,
    session: u64,
    name: &'a str,
    kind: &'static str,
    state: &'static str,
    /// Its producer is gone: no end will come.
    left_open: bool,
    started_ms: Option<f64>,
    ended_ms: Option<f64>,
    last_heard_ms: f64,
    lost: u32,
    flags: Vec<&'static str>,
    tags: Vec<(&'a str, Value)>,
    logs: Vec<Log<'a>>,
    error_type: Option<&'a str>,
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct Log<'a> {
    at_ms: f64,
    level: &'static str,
    text: &'a str,
}

pub(super) fn print(
    forest: &Forest,
    run: &RunLine,
    executions: &[ExecutionLine],
    remarks: &[RemarkLine],
) -> Result<(), Error> {
    let mut keys: Vec<_> = forest.spans_of(RunId(run.run)).collect();
    keys.sort_by_key(|&key| forest.span(key).number());
    let spans = keys.into_iter().map(|key| line(forest, key)).collect();
    print_json(&Shown {
        run,
        executions,
        spans,
        remarks,
    })
}

fn line(forest: &Forest, key: SpanKey) -> SpanLine<'_> {
    let span = forest.span(key);
    SpanLine {
        span: span.number(),
        parent: span.parent().map(|key| forest.span(key).number()),
        id: span.id().to_string(),
        parent_id: span.parent_id().map(|id| id.to_string()),
        session: span.session().0,
        name: span.name(),
        kind: span.kind().as_str(),
        state: match span.state() {
            State::Unknown => "unknown",
            State::Open => "open",
            State::Ended(status) => status.as_str(),
        },
        left_open: forest.is_left_open(key),
        started_ms: span.started().map(|at| at.as_f64()),
        ended_ms: span.ended().map(|at| at.as_f64()),
        last_heard_ms: span.last_heard().1.as_f64(),
        lost: span.lost(),
        flags: span.flags().map(|clause| clause.id()).collect(),
        tags: tags(span),
        logs: logs(span),
        error_type: span.error_type(),
        error: span.error_line(),
    }
}

/// A value that was cut is no JSON any more, and shown as text.
fn tags(span: &Span) -> Vec<(&str, Value)> {
    let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| text.into());
    let tags = span.tags();
    tags.map(|(key, text)| (key, value(text))).collect()
}

fn logs(span: &Span) -> Vec<Log<'_>> {
    let logs = span.logs();
    logs.map(|log| Log {
        at_ms: log.at.as_f64(),
        level: log.level.as_str(),
        text: &log.text,
    })
    .collect()
}
