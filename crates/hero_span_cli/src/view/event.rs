//! An event in a line. Lines come by the thousand: each is added to a text that
//! is there already.

use std::fmt::Write;

use hero_span_collector::Forest;
use hero_span_collector::tree::{Span, SpanKey};
use hero_span_protocol::{Event, Json, printable};

use super::span::{error_text, sign};
use super::words::duration;
use super::{Look, Shade};

impl Look {
    /// Adds what an event says.
    pub(crate) fn add_event(
        self,
        forest: &Forest,
        event: &Event<'_>,
        key: SpanKey,
        line: &mut String,
    ) {
        let span = forest.span(key);
        match event {
            Event::Start(start) => {
                self.paint.add(Shade::Live, "▶", line);
                line.push(' ');
                self.paint
                    .add_by(Shade::Bold, line, |line| self.add_name(span, line));
                line.push_str("  ");
                self.paint.add(Shade::Dim, start.kind.as_str(), line);
                for (key, value) in &start.tags {
                    line.push_str("  ");
                    add_tag(key, value, line);
                }
            }
            Event::Tag(tag) => {
                self.add_head("=", span, line);
                add_tag(&tag.key, &tag.value, line);
            }
            Event::Log(log) => {
                self.add_head("·", span, line);
                // Writing to a string does not fail.
                let _ = write!(line, "{}: ", log.level);
                add_printable(&log.message, line);
                for (key, value) in &log.fields {
                    line.push_str("  ");
                    add_tag(key, value, line);
                }
            }
            Event::End(_) => self.add_end(forest, key, line),
        }
    }

    fn add_head(self, mark: &str, span: &Span, line: &mut String) {
        self.paint.add(Shade::Dim, mark, line);
        line.push(' ');
        self.add_name(span, line);
        line.push_str(": ");
    }

    fn add_end(self, forest: &Forest, key: SpanKey, line: &mut String) {
        let span = forest.span(key);
        let (mark, tone) = sign(forest, key);
        self.paint.add(Shade::Toned(tone), mark, line);
        line.push(' ');
        self.add_name(span, line);
        if let Some(ms) = span.duration_ms().filter(|_| !self.stable) {
            line.push_str("  ");
            self.paint.add(Shade::Dim, &duration(ms), line);
        }
        let error = error_text(span.error_type(), span.error_line());
        if !error.is_empty() {
            line.push_str("  ");
            self.paint.add(Shade::BAD, &error, line);
        }
    }

    fn add_name(self, span: &Span, line: &mut String) {
        if span.started().is_some() {
            add_printable(span.name(), line);
        } else {
            line.push_str(&self.name(span));
        }
    }
}

fn add_tag(key: &str, value: &Json<'_>, line: &mut String) {
    add_printable(key, line);
    line.push('=');
    add_printable(value.as_str(), line);
}

/// Most texts are of plain characters, which is soon seen.
fn add_printable(text: &str, line: &mut String) {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        line.push_str(text);
    } else {
        line.push_str(&printable(text));
    }
}
