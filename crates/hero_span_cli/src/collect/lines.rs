//! A line for each event as it comes, and the tree of each run that is over.

use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

use hero_span_collector::tree::{Heard, SessionId};
use hero_span_collector::{Forest, Told, Update};
use hero_span_protocol::printable;

use super::show::View;
use crate::stored::Clock;
use crate::view::{Look, Shade, plural, run_lines};

/// Levels that are indented; deeper ones stand at the last.
const INDENTED: usize = 24;

/// What is written at once: a line for each event is written by the thousand.
const WRITTEN_BYTES: usize = 64 * 1024;

pub(super) struct Lines<W: Write> {
    out: BufWriter<W>,
    look: Look,
    clock: Clock,
    /// The line that is being made.
    line: String,
}

impl<W: Write> Lines<W> {
    pub(super) fn new(out: W, look: Look) -> Self {
        Self {
            out: BufWriter::with_capacity(WRITTEN_BYTES, out),
            look,
            clock: Clock::default(),
            line: String::new(),
        }
    }

    fn event(&mut self, forest: &Forest, told: &Told<'_>, heard: &Heard) -> io::Result<()> {
        let Self { look, line, .. } = self;
        line.clear();
        if !look.stable {
            let time = self.clock.time_of_day(told.event.ts_ms().as_f64());
            look.paint.add(Shade::Dim, time, line);
            line.push(' ');
        }
        look.paint.add_by(Shade::Dim, line, |line| {
            // Writing to a string does not fail.
            let _ = write!(line, "#{}", look.run(heard.run));
        });
        line.push(' ');
        let depth = forest.depth(heard.span, INDENTED);
        (0..depth).for_each(|_| line.push_str("  "));
        look.add_event(forest, &told.event, heard.span, line);
        line.push('\n');
        self.out.write_all(line.as_bytes())
    }

    /// Something about a connection rather than a span.
    fn remark(&mut self, session: SessionId, text: &str) -> io::Result<()> {
        let mark = self.look.paint.bad("!");
        writeln!(self.out, "{mark} connection {session}: {text}")
    }

    fn findings(&mut self, session: SessionId, told: &Told<'_>) -> io::Result<()> {
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
