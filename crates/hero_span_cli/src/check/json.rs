//! A report for programs: one JSON object a line. The names are stable, and
//! `hero-span check --help` lists them.

use std::io::{self, Write};

use hero_span_protocol::{Clause, Located, Requirement};
use serde::Serialize;

use super::Report;
use super::tally::Tally;

pub(super) struct JsonLines<W> {
    out: W,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Object<'a> {
    Violation(Found<'a>),
    Excused(Found<'a>),
    Clause {
        clause: &'static str,
        requirement: &'static str,
        violations: u64,
        text: &'static str,
    },
    Summary {
        lines: u64,
        events: u64,
        skipped: u64,
        violations: u64,
        excused: u64,
        open_spans: u64,
        lost: u64,
        torn: Option<u64>,
        conforms: bool,
    },
}

#[derive(Serialize)]
struct Found<'a> {
    line: u64,
    byte_offset: u64,
    at: Option<usize>,
    clause: &'static str,
    requirement: &'static str,
    field: Option<&'a str>,
    expected: &'a str,
    found: &'a str,
}

impl<'a> From<&'a Located> for Found<'a> {
    fn from(located: &'a Located) -> Self {
        let violation = &located.violation;
        Self {
            line: located.line,
            byte_offset: located.byte_offset,
            at: violation.at,
            clause: violation.clause.id(),
            requirement: level(violation.clause),
            field: violation.field.as_deref(),
            expected: &violation.expected,
            found: &violation.found,
        }
    }
}

impl<W: Write> JsonLines<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out }
    }

    fn write(&mut self, object: &Object<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, object)?;
        self.out.write_all(b"\n")
    }
}

impl<W: Write> Report for JsonLines<W> {
    fn violation(&mut self, found: &Located) -> io::Result<()> {
        self.write(&Object::Violation(found.into()))
    }

    fn excused(&mut self, found: &Located) -> io::Result<()> {
        self.write(&Object::Excused(found.into()))
    }

    fn finish(mut self, tally: &Tally) -> io::Result<()> {
        for (&clause, &violations) in &tally.clauses {
            self.write(&Object::Clause {
                clause: clause.id(),
                requirement: level(clause),
                violations,
                text: clause.text(),
            })?;
        }
        self.write(&Object::Summary {
            lines: tally.lines,
            events: tally.events,
            skipped: tally.skipped,
            violations: tally.violations,
            excused: tally.excused,
            open_spans: tally.open_spans,
            lost: tally.lost,
            torn: tally.torn,
            conforms: tally.conforms(),
        })?;
        self.out.flush()
    }
}

fn level(clause: Clause) -> &'static str {
    match clause.requirement() {
        Requirement::Must => "MUST",
        Requirement::Should => "SHOULD",
    }
}
