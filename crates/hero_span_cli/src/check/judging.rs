//! One capture, or one connection, judged as it comes.

use std::collections::HashSet;

use hero_span_protocol::{CheckOptions, Checker, Clause, Connections, Event, Finding, SpanId};

use super::report::Report;
use super::source::Source;
use super::tally::Tally;
use crate::error::Error;

pub(super) struct Judging {
    source: Source,
    checker: Checker,
    tally: Tally,
    has_begun: bool,
}

impl Judging {
    /// `parents` are the only parents from elsewhere, if they are known;
    /// `most` violations are reported.
    pub(super) fn new(source: Source, parents: Option<HashSet<SpanId>>, most: u64) -> Self {
        Self {
            source,
            checker: Checker::new(CheckOptions { parents }),
            tally: Tally::new(most),
            has_begun: false,
        }
    }

    /// Whether anything has come.
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Takes the next bytes, and reports what is wrong with them.
    pub(super) fn feed(&mut self, bytes: &[u8], report: &mut dyn Report) -> Result<(), Error> {
        self.checker.feed(bytes);
        self.tell(report)
    }

    /// As [`Self::feed`], of a connection beside others.
    pub(super) fn feed_beside(
        &mut self,
        bytes: &[u8],
        others: &mut Connections,
        report: &mut dyn Report,
    ) -> Result<(), Error> {
        self.has_begun |= !bytes.is_empty();
        let source = &mut self.source;
        self.checker.feed_with(bytes, |line, byte_offset, event| {
            observe(source, others, line, byte_offset, event)
        });
        self.tell(report)
    }

    fn tell(&mut self, report: &mut dyn Report) -> Result<(), Error> {
        let (violations, excused) = self.checker.take_found();
        self.tally.tell(&self.source, &violations, &excused, report)
    }

    /// Takes the end. A line that we did not let its writer end is not torn.
    pub(super) fn finish(
        mut self,
        is_cut_off: bool,
        report: &mut dyn Report,
    ) -> Result<(Source, Tally), Error> {
        let mut rest = self.checker.finish();
        if is_cut_off && rest.torn.take().is_some() {
            rest.lines -= 1;
            let is_torn = |clause| clause == Clause::TransportTorn;
            rest.violations
                .retain(|found| !is_torn(found.violation.clause));
        }
        self.tally
            .tell(&self.source, &rest.violations, &rest.excused, report)?;
        self.tally.close(&rest);
        self.tally.is_cut_off = is_cut_off;
        Ok((self.source, self.tally))
    }
}

fn observe(
    source: &mut Source,
    others: &mut Connections,
    line: u64,
    byte_offset: u64,
    event: &Event<'_>,
) -> Vec<Finding> {
    if let Some(producer) = event.producer() {
        source.introduce(producer);
    }
    match source.as_connection() {
        Some(connection) => others.observe(connection.number, line, byte_offset, event),
        None => Vec::new(),
    }
}
