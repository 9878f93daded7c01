//! What a capture or a connection came to, with the violations by clause.

use std::collections::BTreeMap;
use std::io;

use hero_span_protocol::{Clause, Located, Report as Rest};

use super::report::Report;
use super::source::Source;
use crate::error::Error;
use crate::exit_codes;

#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) lines: u64,
    pub(super) events: u64,
    pub(super) skipped: u64,
    pub(super) violations: u64,
    pub(super) excused: u64,
    pub(super) open_spans: u64,
    pub(super) lost: u64,
    pub(super) torn: Option<u64>,
    pub(super) clauses: BTreeMap<Clause, u64>,
    /// Whether its writer was still connected at the end.
    pub(super) is_cut_off: bool,
    most: u64,
}

impl Tally {
    pub(super) fn new(most: u64) -> Self {
        Self {
            most,
            ..Self::default()
        }
    }

    /// Counts what was found, and reports it unless that is enough already.
    pub(super) fn tell(
        &mut self,
        source: &Source,
        violations: &[Located],
        excused: &[Located],
        report: &mut dyn Report,
    ) -> Result<(), Error> {
        for found in violations {
            self.violations += 1;
            *self.clauses.entry(found.violation.clause).or_default() += 1;
            told(self.violations <= self.most, || {
                report.violation(source, found)
            })?;
        }
        for found in excused {
            self.excused += 1;
            told(self.excused <= self.most, || report.excused(source, found))?;
        }
        Ok(())
    }

    /// Takes over what is known at the end of the capture.
    pub(super) fn close(&mut self, rest: &Rest) {
        self.lines = rest.lines;
        self.events = rest.events;
        self.skipped = rest.skipped;
        self.open_spans = rest.open_spans.len() as u64;
        self.lost = rest.lost;
        self.torn = rest.torn;
    }

    /// Counts in what another one came to.
    pub(super) fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.events += other.events;
        self.skipped += other.skipped;
        self.violations += other.violations;
        self.excused += other.excused;
        self.open_spans += other.open_spans;
        self.lost = self.lost.saturating_add(other.lost);
        for (&clause, violations) in &other.clauses {
            *self.clauses.entry(clause).or_default() += violations;
        }
    }

    /// Nothing is wrong, and there was something to judge.
    pub(super) fn conforms(&self) -> bool {
        self.violations == 0 && self.lines > 0
    }

    pub(super) fn exit_code(&self) -> u8 {
        match (self.violations, self.lines) {
            (0, 0) => exit_codes::NOTHING,
            (0, _) => exit_codes::OK,
            _ => exit_codes::VIOLATIONS,
        }
    }

    /// Lines that are no events of any type.
    pub(super) fn unread(&self) -> u64 {
        self.lines.saturating_sub(self.events + self.skipped)
    }

    /// Violations that were counted but not reported.
    pub(super) fn untold(&self) -> u64 {
        self.violations.saturating_sub(self.most)
    }
}

fn told(is_wanted: bool, report: impl FnOnce() -> io::Result<()>) -> Result<(), Error> {
    if is_wanted {
        report().map_err(Error::output)?;
    }
    Ok(())
}
