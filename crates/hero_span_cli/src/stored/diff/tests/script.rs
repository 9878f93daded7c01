//! Two runs from short scripts, a span a line, each further in than what it
//! hangs under.
//!
//! ```text
//! nightly flow 100ms params={"day":1}
//!   load failed 20ms tag:rows=3 error=ValueError:_no_rows
//!   load open at=5
//! ```
//!
//! Siblings follow each other unless it is said when one begins. `_` in an
//! error stands for a blank, and `cut:params=5000` says what a producer cut.

use std::collections::HashMap;
use std::convert::Infallible;

use hero_span_collector::store::RunLine;
use hero_span_collector::tree::State;
use hero_span_protocol::{Kind, Parsed, Status, parse};
use serde_json::{Map, Value, json};

use super::super::Comparison;
use super::super::findings::compare;
use super::super::said::Said;
use super::super::text::Shown;
use super::super::times::{Tolerance, USUAL};
use super::super::tree::{Called, Failure, Paths, Seen, Tree};
use crate::view::Paint;

/// A comparison, and how it is shown.
pub(super) struct Compared {
    pub(super) runs: [RunLine; 2],
    spans: [Vec<Span>; 2],
    tolerance: Option<Tolerance>,
    pub(super) limit: usize,
}

/// A span of a script.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) called: Called,
    pub(super) seen: Seen,
    /// The lines of its events.
    pub(super) lines: Vec<String>,
}

pub(super) fn told(before: &str, after: &str) -> String {
    compared(before, after).told()
}

pub(super) fn compared(before: &str, after: &str) -> Compared {
    Compared::of([spans(before, 0), spans(after, 1_000_000)])
}

impl Compared {
    pub(super) fn of(spans: [Vec<Span>; 2]) -> Self {
        Self {
            runs: [1, 2].map(run),
            spans,
            tolerance: Tolerance::parse(USUAL).ok(),
            limit: 50,
        }
    }

    pub(super) fn within(mut self, tolerance: &str) -> Self {
        self.tolerance = Some(Tolerance::parse(tolerance).expect("a tolerance"));
        self
    }

    pub(super) fn stable(mut self) -> Self {
        self.tolerance = None;
        self
    }

    /// What is said of it, but for the lines about each run.
    pub(super) fn told(&self) -> String {
        let comparison = self.compare();
        let shown = Shown {
            comparison: &comparison,
            paint: Paint::default(),
            stable: false,
            limit: self.limit,
        };
        let mut lines = Vec::new();
        let told = shown.print(|line| {
            lines.push(line.to_owned());
            Ok(())
        });
        told.expect("told");
        lines[2..].join("\n")
    }

    pub(super) fn compare(&self) -> Comparison {
        let mut paths = Paths::default();
        let trees = self.spans.each_ref().map(|spans| {
            let spans = spans.iter();
            Tree::new(
                spans.map(|span| (span.called.clone(), span.seen.clone())),
                &mut paths,
            )
        });
        let said: HashMap<_, _> = self
            .spans
            .iter()
            .flatten()
            .map(|span| (span.seen.number, &span.lines))
            .collect();
        let read = |number| Ok::<_, Infallible>(hear(said[&number]));
        let Ok(findings) = compare(&trees[0], &trees[1], self.tolerance, read);
        Comparison {
            runs: self.runs.clone(),
            trees,
            paths,
            tolerance: self.tolerance,
            findings,
        }
    }
}

/// What a span said in these lines.
pub(super) fn hear(lines: &[String]) -> Said {
    let mut said = Said::default();
    for line in lines {
        let Ok(Parsed::Event(event)) = parse(line.as_bytes()) else {
            panic!("no event: {line}")
        };
        said.hear(&event);
    }
    said
}

fn run(run: u64) -> RunLine {
    RunLine {
        run,
        id: None,
        name: None,
        state: "ok".to_owned(),
        began_ms: None,
        heard_ms: None,
        processes: 1,
        connected: 0,
        spans: 0,
        failed: 0,
        cancelled: 0,
        open: 0,
        unknown: 0,
        events: 0,
        skipped: 0,
        rejected: 0,
        torn: 0,
        lost: 0,
        unstored: 0,
    }
}

/// The spans of a script, numbered from one on.
fn spans(script: &str, first: u64) -> Vec<Span> {
    let lines: Vec<_> = script
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let margin = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let least = lines.first().map_or(0, |line| margin(line));
    let mut spans: Vec<Span> = Vec::new();
    // The spans above, and when the next one under each begins.
    let mut above: Vec<(usize, f64)> = Vec::new();
    let mut next_root = 0.0;
    for line in lines {
        let depth = (margin(line) - least) / 2;
        above.truncate(depth);
        let begins = above.last_mut().map_or(&mut next_root, |(_, next)| next);
        let span = span(&line[least + 2 * depth..], *begins);
        *begins = span.seen.ended_ms.unwrap_or(*begins).max(*begins);
        let hangs = above.last().map(|(at, _)| *at);
        let began = span.seen.began_ms;
        above.push((spans.len(), began));
        let number = first + spans.len() as u64;
        spans.push(numbered(span, number, hangs));
    }
    spans
}

fn numbered(mut span: Span, number: u64, above: Option<usize>) -> Span {
    span.seen.number = number;
    span.seen.above = above;
    span
}

fn span(line: &str, begins: f64) -> Span {
    let mut words = line.split(' ');
    let name = words.next().unwrap_or_default();
    let mut kind = Kind::Step;
    let mut state = State::Ended(Status::Ok);
    let mut took = None;
    let mut began = begins;
    let mut fields = Fields::default();
    for word in words.filter(|word| !word.is_empty()) {
        if let Some((field, value)) = word.split_once('=') {
            match field {
                "at" => began = value.parse().expect("a time"),
                field => fields.set(field, value),
            }
        } else if let Some(ms) = word.strip_suffix("ms") {
            took = Some(ms.parse::<f64>().expect("a duration"));
        } else if let Some(status) = Status::from_word(word) {
            state = State::Ended(status);
        } else if word == "open" {
            state = State::Open;
        } else {
            kind = Kind::from_word(word).expect("a kind");
        }
    }
    let is_open = state == State::Open;
    let ended = took.filter(|_| !is_open).map(|took| began + took);
    Span {
        called: Called {
            name: Some(name.into()),
            kind,
        },
        seen: Seen {
            above: None,
            number: 0,
            state,
            began_ms: began,
            ended_ms: ended,
            duration_ms: took.filter(|_| !is_open),
            failure: fields.failure(state),
        },
        lines: fields.lines(state),
    }
}

/// What a span says.
#[derive(Default)]
struct Fields {
    start: Map<String, Value>,
    end: Map<String, Value>,
    late: Vec<Value>,
}

impl Fields {
    fn set(&mut self, field: &str, text: &str) {
        let value = || serde_json::from_str(text).expect("JSON");
        match field.split_once(':') {
            Some(("tag", key)) => self.member("tags", key, value()),
            Some(("late", key)) => self.late.push(json!({ "key": key, "value": value() })),
            Some(("cut", field)) => self.member("truncated", field, value()),
            _ if field == "error" => {
                let text = text.replace('_', " ").replace("\\n", "\n");
                self.end.insert("error".to_owned(), text.into());
            }
            _ if field == "params" => drop(self.start.insert(field.to_owned(), value())),
            _ => drop(self.end.insert(field.to_owned(), value())),
        }
    }

    fn member(&mut self, field: &str, key: &str, value: Value) {
        let is_of_end = field == "truncated" && (key == "result" || key == "error");
        let event = if is_of_end {
            &mut self.end
        } else {
            &mut self.start
        };
        let members = event.entry(field).or_insert_with(|| json!({}));
        members[key] = value;
    }

    /// One that a test does not give another error came up from nowhere.
    fn failure(&self, state: State) -> Option<Box<Failure>> {
        let line = self.end.get("error").and_then(Value::as_str);
        let line = line.and_then(|text| text.lines().next_back());
        let is_origin = state == State::Ended(Status::Failed);
        (is_origin || line.is_some()).then(|| {
            Box::new(Failure {
                is_origin,
                error_type: None,
                line: line.map(Into::into),
            })
        })
    }

    fn lines(self, state: State) -> Vec<String> {
        let event = |kind: &str, more: Map<String, Value>| {
            let mut event = json!({
                "type": kind, "span_id": "0000000000000001", "ts_ms": 1,
            });
            event.as_object_mut().expect("an object").extend(more);
            event.to_string()
        };
        let mut start = self.start;
        start.insert("name".to_owned(), "n".into());
        let mut lines = vec![event("span_start", start)];
        for tag in self.late {
            let tag = tag.as_object().expect("an object").clone();
            lines.push(event("span_tag", tag));
        }
        if let State::Ended(status) = state {
            let mut end = self.end;
            end.insert("status".to_owned(), status.as_str().into());
            lines.push(event("span_end", end));
        }
        lines
    }
}
