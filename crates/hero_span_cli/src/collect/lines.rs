//! A line for each event as it comes, and the tree of each run that is over.

use std::io::{self, BufWriter, Write};

use hero_span_collector::tree::{Heard, SessionId, SpanKey};
use hero_span_collector::{Forest, Told, Update};
use hero_span_protocol::{Event, TimeMs, printable};

use super::show::View;
use crate::stored::time_of_day;
use crate::view::{Look, duration, error_text, mark, plural, run_lines, tags};

/// Levels that are indented; deeper ones stand at the last.
const INDENTED: usize = 24;

pub(super) struct Lines<W: Write> {
    out: BufWriter<W>,
    look: Look,
}

impl<W: Write> Lines<W> {
    pub(super) fn new(out: W, look: Look) -> Self {
        let out = BufWriter::new(out);
        Self { out, look }
    }

    fn event(&mut self, forest: &Forest, told: &Told, heard: &Heard) -> io::Result<()> {
        let time = self.time(told.event.ts_ms());
        let indent = "  ".repeat(forest.depth(heard.span, INDENTED));
        let text = self.text(forest, &told.event, heard.span);
        let run = format!("#{}", self.look.run(heard.run));
        let run = self.look.paint.dim(&run);
        writeln!(self.out, "{time}{run} {indent}{text}")
    }

    fn time(&self, at: TimeMs) -> String {
        if self.look.stable {
            return String::new();
        }
        self.look.paint.dim(&time_of_day(at.as_f64())) + " "
    }

    fn text(&self, forest: &Forest, event: &Event<'_>, key: SpanKey) -> String {
        let paint = self.look.paint;
        let name = self.look.name(forest.span(key));
        match event {
            Event::Start(start) => {
                let mut parts = vec![format!("{} {}", paint.live("▶"), paint.bold(&name))];
                parts.push(paint.dim(start.kind.as_str()));
                let pairs = start.tags.iter();
                parts.extend(tags(pairs.map(|(key, value)| (&**key, value.as_str()))));
                parts.join("  ")
            }
            Event::Tag(tag) => {
                let tag: String = tags([(&*tag.key, tag.value.as_str())].into_iter()).collect();
                format!("{} {name}: {tag}", paint.dim("="))
            }
            Event::Log(log) => {
                let fields = log.fields.iter();
                let fields = tags(fields.map(|(key, value)| (&**key, value.as_str())));
                let fields: String = fields.map(|field| format!("  {field}")).collect();
                let text = printable(&log.message);
                format!("{} {name}: {}: {text}{fields}", paint.dim("·"), log.level)
            }
            Event::End(_) => self.end(forest, key),
        }
    }

    fn end(&self, forest: &Forest, key: SpanKey) -> String {
        let span = forest.span(key);
        let mut parts = vec![format!(
            "{} {}",
            mark(forest, key, self.look.paint),
            self.look.name(span)
        )];
        let ms = span.duration_ms().filter(|_| !self.look.stable);
        parts.extend(ms.map(|ms| self.look.paint.dim(&duration(ms))));
        let error = error_text(span.error_type(), span.error_line());
        if !error.is_empty() {
            parts.push(self.look.paint.bad(&error));
        }
        parts.join("  ")
    }

    /// Something about a connection rather than a span.
    fn remark(&mut self, session: SessionId, text: &str) -> io::Result<()> {
        let mark = self.look.paint.bad("!");
        writeln!(self.out, "{mark} connection {session}: {text}")
    }

    fn findings(&mut self, session: SessionId, told: &Told) -> io::Result<()> {
        let line = told.line;
        if told.lost > 0 {
            let lost = plural(told.lost, "event");
            self.remark(session, &format!("{lost} lost before line {line}"))?;
        }
        for found in told
            .findings
            .iter()
            .filter(|found| !found.explained_by_loss)
        {
            let text = format!(
                "line {line}: {}: expected {}, found {}",
                found.clause, found.expected, found.found
            );
            self.remark(session, &text)?;
        }
        Ok(())
    }

    fn tree(&mut self, forest: &Forest, run: hero_span_collector::tree::RunId) -> io::Result<()> {
        writeln!(self.out)?;
        for line in run_lines(forest, run, self.look) {
            writeln!(self.out, "{line}")?;
        }
        writeln!(self.out)?;
        self.out.flush()
    }
}

impl<W: Write> View for Lines<W> {
    fn take(&mut self, forest: &Forest, update: &Update<'_>) -> io::Result<()> {
        match update {
            Update::Event {
                session,
                told,
                heard,
            } => {
                self.event(forest, told, heard)?;
                self.findings(*session, told)
            }
            Update::Rejected(session, bad) => {
                let more = more(bad.lines);
                let text = format!("line {}: rejected: {}{more}", bad.line, bad.violation);
                self.remark(*session, &text)
            }
            Update::Skipped(session, skipped) => {
                let more = more(skipped.lines);
                let name = printable(&skipped.type_name);
                let text = format!("line {}: skipped: unknown type {name}{more}", skipped.line);
                self.remark(*session, &text)
            }
            Update::Closed {
                session,
                torn: Some(bytes),
                ..
            } => {
                let bytes = plural(*bytes, "byte");
                let text = format!("torn last line of {bytes} discarded");
                self.remark(*session, &text)
            }
            Update::RunOver(run) => self.tree(forest, *run),
            Update::CannotAccept(error) => {
                writeln!(
                    self.out,
                    "! cannot accept connections: {error}; trying again"
                )
            }
            _ => Ok(()),
        }
    }

    fn tick(&mut self, _: &Forest) -> io::Result<()> {
        self.out.flush()
    }
}

/// How many lines like the first followed it.
fn more(lines: u64) -> String {
    match lines {
        0 | 1 => String::new(),
        lines => format!(" (and {} more like it)", lines - 1),
    }
}
