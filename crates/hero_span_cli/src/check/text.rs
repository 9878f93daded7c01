//! A report for people.

use std::io::{self, Write};

use hero_span_protocol::Located;

use super::Report;
use super::tally::Tally;
use crate::explain::explain;
use crate::view::plural;

pub(super) struct Text<W> {
    out: W,
    name: String,
}

impl<W: Write> Text<W> {
    pub(super) fn new(out: W, name: String) -> Self {
        Self { out, name }
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
}

impl<W: Write> Report for Text<W> {
    fn violation(&mut self, found: &Located) -> io::Result<()> {
        let (name, line) = (&self.name, found.line);
        writeln!(self.out, "{name}:{line}: {}", found.violation)
    }

    /// Only counted: who sent it need not have done anything wrong.
    fn excused(&mut self, _: &Located) -> io::Result<()> {
        Ok(())
    }

    fn finish(mut self, tally: &Tally) -> io::Result<()> {
        if tally.untold() > 0 {
            let untold = plural(tally.untold(), "violation");
            writeln!(self.out, "{}: and {untold} more", self.name)?;
        }
        self.clauses(tally)?;
        writeln!(self.out, "{}: {}", self.name, summary(tally))?;
        self.out.flush()
    }
}

fn summary(tally: &Tally) -> String {
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
    format!("{}: {}", parts.join(", "), verdict(tally))
}

fn verdict(tally: &Tally) -> String {
    match (tally.lines, tally.violations) {
        (0, _) => "nothing to judge".to_owned(),
        (_, 0) => "conforms".to_owned(),
        (_, violations) => format!(
            "{} of {}",
            plural(violations, "violation"),
            plural(tally.clauses.len() as u64, "clause")
        ),
    }
}
