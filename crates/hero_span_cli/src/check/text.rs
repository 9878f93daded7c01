//! A report for people.

use std::io::{self, Write};

use hero_span_protocol::Located;

use super::report::Report;
use super::source::Source;
use super::tally::Tally;
use crate::explain::explain;
use crate::view::plural;

pub(super) struct Text<W> {
    out: W,
}

impl<W: Write> Text<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> Report for Text<W> {
    fn violation(&mut self, source: &Source, found: &Located) -> io::Result<()> {
        let (name, line) = (source.name(), found.line);
        writeln!(self.out, "{name}:{line}: {}", found.violation)
    }

    /// Only counted: who sent it need not have done anything wrong.
    fn excused(&mut self, _: &Source, _: &Located) -> io::Result<()> {
        Ok(())
    }

    fn untold(&mut self, source: &Source, tally: &Tally) -> io::Result<()> {
        let (name, untold) = (source.name(), tally.untold());
        let violations = plural(untold, "violation");
        match untold {
            0 => Ok(()),
            all if all == tally.violations => writeln!(self.out, "{name}: {violations} not shown"),
            _ => writeln!(self.out, "{name}: and {violations} more"),
        }
    }

    fn clauses(&mut self, tally: &Tally) -> io::Result<()> {
        for &clause in tally.clauses.keys() {
            writeln!(self.out, "\n{}", explain(clause).trim_end())?;
        }
        if !tally.clauses.is_empty() {
            writeln!(self.out)?;
        }
        Ok(())
    }

    fn summary(&mut self, source: &Source, tally: &Tally) -> io::Result<()> {
        let (counts, verdict) = (counts(tally), verdict(tally));
        writeln!(self.out, "{}: {counts}: {verdict}", source.name())
    }

    fn total(&mut self, connections: u64, tally: &Tally) -> io::Result<()> {
        let (counts, verdict) = (counts(tally), verdict(tally));
        let connections = plural(connections, "connection");
        writeln!(self.out, "{connections}, {counts}: {verdict}")
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn counts(tally: &Tally) -> String {
    let mut parts = vec![plural(tally.lines, "line"), plural(tally.events, "event")];
    let mut add = |count: u64, word: &str| {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    };
    add(tally.skipped, "of unknown type");
    add(tally.lost, "lost");
    add(tally.open_spans, "left open");
    add(tally.excused, "excused by a loss");
    if tally.is_cut_off {
        parts.push("still connected".to_owned());
    }
    parts.join(", ")
}

fn verdict(tally: &Tally) -> String {
    match (tally.lines, tally.violations) {
        (0, 0) => "nothing to judge".to_owned(),
        (_, 0) => "conforms".to_owned(),
        (_, violations) => format!(
            "{} of {}",
            plural(violations, "violation"),
            plural(tally.clauses.len() as u64, "clause")
        ),
    }
}
