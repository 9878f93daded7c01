//! What a capture came to, with the violations by clause.

use std::collections::BTreeMap;
use std::io;

use hero_span_protocol::{Clause, Located, Report as Rest};

use super::Report;
use crate::error::Error;

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
        violations: &[Located],
        excused: &[Located],
        report: &mut impl Report,
    ) -> Result<(), Error> {
        for found in violations {
            self.violations += 1;
            *self.clauses.entry(found.violation.clause).or_default() += 1;
            told(self.violations <= self.most, || report.violation(found))?;
        }
        for found in excused {
            self.excused += 1;
            told(self.excused <= self.most, || report.excused(found))?;
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

    pub(super) fn conforms(&self) -> bool {
        self.violations == 0
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
