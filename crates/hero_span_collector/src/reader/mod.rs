//! Bytes of one connection into what they say: pure, in bounded memory.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use hero_span_protocol::{Clause, Event, Line, Parsed, Splitter, Stream, Violation, limit, parse};

use crate::message::{Rejected, Said, Skipped, Told};
use crate::session::Reading;
use crate::tree::Ending;

/// A connection's lines and stream rules.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    splitter: Splitter,
    lines: Lines,
}

/// How many ended spans a connection's rules look back to, for a connection
/// may go on for months, and how many open ones at the least: 1 to 2 MiB.
const REMEMBERED: usize = 4_096;
const REMEMBERED_OPEN: usize = 8_192;

#[derive(Debug)]
struct Lines {
    stream: Stream,
    count: u64,
    lost: u64,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            stream: Stream::remembering(REMEMBERED).with_most_open(REMEMBERED_OPEN),
            count: 0,
            lost: 0,
        }
    }
}

impl Reading for Reader {
    type Said = Said<'static>;

    fn open() -> Said<'static> {
        Said::Opened
    }

    /// For who cannot take it in at once.
    fn push(&mut self, bytes: &[u8], heard: &mut Vec<Said<'static>>) {
        self.read(bytes, |said| heard.push(said.clone().into_owned()));
    }

    fn close(self, ending: Ending) -> Said<'static> {
        let torn = self.splitter.finish();
        Said::Closed { ending, torn }
    }
}

impl Reader {
    /// Reads the next bytes where they lie, and tells what they say: events in
    /// order, then the bad and the unknown lines, together so that a flood of
    /// them costs little.
    pub(crate) fn read(&mut self, bytes: &[u8], mut tell: impl FnMut(&Said<'_>)) {
        let mut aside = Aside::default();
        let lines = &mut self.lines;
        self.splitter.push(bytes, |line| {
            lines.count += 1;
            match line {
                Line::Whole(line) => lines.read(line, &mut aside, &mut tell),
                Line::TooLong { bytes } => lines.reject(too_long(bytes), &mut aside),
            }
        });
        let rejected = aside.rejected.into_iter().map(Said::Rejected);
        rejected.for_each(|said| tell(&said));
        let skipped = aside.skipped.into_iter().map(Said::Skipped);
        skipped.for_each(|said| tell(&said));
    }
}

impl Lines {
    fn read(&mut self, line: &[u8], aside: &mut Aside, tell: &mut impl FnMut(&Said<'_>)) {
        match parse(line) {
            Ok(Parsed::Event(event)) => tell(&Said::Event(self.told(line, event))),
            Ok(Parsed::Skipped { type_name }) => {
                self.stream.observe_skipped();
                aside.skip(self.count, type_name.into_owned());
            }
            Err(error) => self.reject(error.into(), aside),
        }
    }

    fn reject(&mut self, violation: Violation, aside: &mut Aside) {
        self.stream.observe_rejected();
        aside.reject(self.count, violation);
    }

    fn told<'a>(&mut self, line: &'a [u8], event: Event<'a>) -> Told<'a> {
        let findings = self.stream.observe(&event);
        let lost = self.stream.lost().saturating_sub(self.lost);
        self.lost += lost;
        Told {
            line: self.count,
            // It may end with the CR of a CRLF.
            text: Cow::Borrowed(line.trim_ascii_end()),
            event,
            findings,
            lost,
        }
    }
}

fn too_long(bytes: u64) -> Violation {
    Violation {
        clause: Clause::LimitLine,
        field: None,
        at: None,
        expected: format!("a line of at most {} bytes", limit::LINE_BYTES),
        found: format!("{bytes} bytes"),
    }
}

/// Lines that are no events.
#[derive(Debug, Default)]
struct Aside {
    rejected: Vec<Rejected>,
    skipped: Vec<Skipped>,
}

/// Types told apart among the skipped lines of one read; the rest is counted
/// with the last.
const TYPES: usize = 16;

impl Aside {
    fn reject(&mut self, line: u64, violation: Violation) {
        let same = |known: &&mut Rejected| known.violation.clause == violation.clause;
        match self.rejected.iter_mut().find(same) {
            Some(known) => known.lines += 1,
            None => self.rejected.push(Rejected {
                line,
                lines: 1,
                violation,
            }),
        }
    }

    fn skip(&mut self, line: u64, type_name: String) {
        let full = self.skipped.len() >= TYPES;
        let same = |known: &&mut Skipped| full || known.type_name == type_name;
        match self.skipped.iter_mut().rev().find(same) {
            Some(known) => known.lines += 1,
            None => self.skipped.push(Skipped {
                line,
                lines: 1,
                type_name,
            }),
        }
    }
}
