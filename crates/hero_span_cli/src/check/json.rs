//! A report for programs: one JSON object a line. The names are stable, and
//! `hero-span check --help` lists them.

use std::io::{self, Write};

use hero_span_protocol::{Clause, Located, Requirement};
use serde::Serialize;

use super::report::Report;
use super::source::{Connection, Source};
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
        #[serde(flatten)]
        origin: Option<Origin<'a>>,
        #[serde(flatten)]
        counts: Counts,
        torn: Option<u64>,
        conforms: bool,
    },
    Total {
        connections: u64,
        #[serde(flatten)]
        counts: Counts,
        conforms: bool,
    },
}

/// Of a connection; a capture in a file has none of this.
#[derive(Serialize)]
struct Origin<'a> {
    connection: u64,
    producer: Option<String>,
    sdk: Option<&'a str>,
    pid: Option<u64>,
}

#[derive(Serialize)]
struct Counts {
    lines: u64,
    events: u64,
    skipped: u64,
    violations: u64,
    excused: u64,
    open_spans: u64,
    lost: u64,
}

#[derive(Serialize)]
struct Found<'a> {
    #[serde(flatten)]
    origin: Option<Origin<'a>>,
    line: u64,
    byte_offset: u64,
    at: Option<usize>,
    clause: &'static str,
    requirement: &'static str,
    field: Option<&'a str>,
    expected: &'a str,
    found: &'a str,
}

impl<'a> Found<'a> {
    fn new(source: &'a Source, located: &'a Located) -> Self {
        let violation = &located.violation;
        Self {
            origin: Origin::of(source),
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

impl<'a> Origin<'a> {
    fn of(source: &'a Source) -> Option<Self> {
        let Connection { number, producer } = source.as_connection()?;
        let producer = producer.as_ref();
        Some(Self {
            connection: *number,
            producer: producer.map(|producer| producer.id.to_string()),
            sdk: producer.and_then(|producer| producer.sdk.as_deref()),
            pid: producer.and_then(|producer| producer.pid),
        })
    }
}

impl From<&Tally> for Counts {
    fn from(tally: &Tally) -> Self {
        Self {
            lines: tally.lines,
            events: tally.events,
            skipped: tally.skipped,
            violations: tally.violations,
            excused: tally.excused,
            open_spans: tally.open_spans,
            lost: tally.lost,
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
    fn violation(&mut self, source: &Source, found: &Located) -> io::Result<()> {
        self.write(&Object::Violation(Found::new(source, found)))
    }

    fn excused(&mut self, source: &Source, found: &Located) -> io::Result<()> {
        self.write(&Object::Excused(Found::new(source, found)))
    }

    /// The summary says how many there were.
    fn untold(&mut self, _: &Source, _: &Tally) -> io::Result<()> {
        Ok(())
    }

    fn clauses(&mut self, tally: &Tally) -> io::Result<()> {
        for (&clause, &violations) in &tally.clauses {
            self.write(&Object::Clause {
                clause: clause.id(),
                requirement: level(clause),
                violations,
                text: clause.text(),
            })?;
        }
        Ok(())
    }

    fn summary(&mut self, source: &Source, tally: &Tally) -> io::Result<()> {
        self.write(&Object::Summary {
            origin: Origin::of(source),
            counts: tally.into(),
            torn: tally.torn,
            conforms: tally.conforms(),
        })
    }

    fn total(&mut self, connections: u64, tally: &Tally) -> io::Result<()> {
        self.write(&Object::Total {
            connections,
            counts: tally.into(),
            conforms: tally.conforms(),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn level(clause: Clause) -> &'static str {
    match clause.requirement() {
        Requirement::Must => "MUST",
        Requirement::Should => "SHOULD",
    }
}
