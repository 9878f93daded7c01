//! A whole capture judged: every line and every rule.

use std::collections::HashSet;

use crate::contract::Clause;
use crate::error::Violation;
use crate::event::Event;
use crate::fields::too_long;
use crate::id::SpanId;
use crate::judge::{Judged, judge_line};
use crate::splitter::{Line, Splitter};
use crate::stream::{Finding, Stream};

/// How a capture is judged.
#[derive(Debug, Clone, Default)]
pub struct CheckOptions {
    /// The spans of other producers that may be parents here; `None` takes
    /// every parent that does not start in the capture as one of them.
    pub parents: Option<HashSet<SpanId>>,
}

/// A violation and its place in the capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The line, from 1.
    pub line: u64,
    /// The byte of the capture, from 0: where the fault is, or its line.
    pub byte_offset: u64,
    /// What is wrong.
    pub violation: Violation,
}

/// What a capture holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Lines, a torn one included.
    pub lines: u64,
    /// Lines that are events of this contract, good enough for a consumer.
    pub events: u64,
    /// Lines of a type that this contract does not know.
    pub skipped: u64,
    /// Everything a sender must not do, in the order of the capture.
    pub violations: Vec<Located>,
    /// Breaches of stream rules that a lost or rejected event may explain.
    pub excused: Vec<Located>,
    /// The spans that have begun and not ended, in the order they began.
    pub open_spans: Vec<SpanId>,
    /// How many events never arrived: the gaps of `seq`.
    pub lost: u64,
    /// The bytes of a torn last line, if there is one.
    pub torn: Option<u64>,
}

/// Judges a capture, the bytes of one connection, as they come: each line as
/// [`crate::judge()`] does, all of them as [`Stream`] does.
///
/// ```
/// use hero_span_protocol::{CheckOptions, Checker};
/// let mut checker = Checker::new(CheckOptions::default());
/// checker.feed(b"{}\n{\"torn");
/// let report = checker.finish();
/// let clauses: Vec<_> = report.violations.iter().map(|v| v.violation.clause.id()).collect();
/// assert_eq!(clauses, ["event.any", "transport.torn"]);
/// ```
#[derive(Debug, Default)]
pub struct Checker {
    splitter: Splitter,
    lines: Lines,
}

impl Checker {
    /// At the beginning of a capture.
    pub fn new(options: CheckOptions) -> Self {
        let stream = match options.parents {
            Some(parents) => Stream::with_parents(parents),
            None => Stream::new(),
        };
        Self {
            splitter: Splitter::new(),
            lines: Lines {
                stream,
                ..Lines::default()
            },
        }
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.feed_with(bytes, |_, _, _| Vec::new());
    }

    /// As [`Self::feed`], and asks for each event what else is wrong with it:
    /// `judge` gets its line, the byte of the capture where that begins, and
    /// the event.
    pub fn feed_with(
        &mut self,
        bytes: &[u8],
        mut judge: impl FnMut(u64, u64, &Event<'_>) -> Vec<Finding>,
    ) {
        let lines = &mut self.lines;
        self.splitter
            .push(bytes, |line| lines.take(line, &mut judge));
    }

    /// Hands over the violations and the excused breaches found so far, so
    /// that a capture of any length is judged in bounded memory;
    /// [`Self::finish`] then reports only those found later.
    pub fn take_found(&mut self) -> (Vec<Located>, Vec<Located>) {
        let report = &mut self.lines.report;
        (
            std::mem::take(&mut report.violations),
            std::mem::take(&mut report.excused),
        )
    }

    /// Takes the end of the capture.
    pub fn finish(self) -> Report {
        self.lines.finish(self.splitter.finish())
    }
}

/// What the lines so far gave.
#[derive(Debug, Default)]
struct Lines {
    stream: Stream,
    report: Report,
    /// Where the line begins.
    offset: u64,
}

impl Lines {
    fn take(
        &mut self,
        line: Line<'_>,
        judge: &mut impl FnMut(u64, u64, &Event<'_>) -> Vec<Finding>,
    ) {
        self.report.lines += 1;
        let bytes = match line {
            Line::Whole(line) => {
                self.judge(line, judge);
                line.len() as u64 + 1
            }
            Line::TooLong { bytes } => {
                self.violation(too_long(bytes).into());
                self.stream.observe_rejected();
                bytes
            }
        };
        self.offset += bytes;
    }

    fn judge(&mut self, line: &[u8], judge: &mut impl FnMut(u64, u64, &Event<'_>) -> Vec<Finding>) {
        let Judged {
            event,
            is_skipped,
            violations,
        } = judge_line(line);
        for violation in violations {
            self.violation(violation);
        }
        match event {
            Some(event) => {
                self.report.events += 1;
                let more = judge(self.report.lines, self.offset, &event);
                for finding in self.stream.observe(&event).into_iter().chain(more) {
                    self.finding(finding);
                }
            }
            None if is_skipped => {
                self.report.skipped += 1;
                self.stream.observe_skipped();
            }
            None => self.stream.observe_rejected(),
        }
    }

    fn finish(mut self, torn: Option<u64>) -> Report {
        if let Some(bytes) = torn {
            self.report.lines += 1;
            let found = format!("{bytes} bytes without one");
            self.violation(Violation::new(Clause::TransportTorn, "an LF", found));
        }
        Report {
            open_spans: self.stream.open_spans(),
            lost: self.stream.lost(),
            torn,
            ..self.report
        }
    }

    fn finding(&mut self, finding: Finding) {
        let is_excused = finding.explained_by_loss;
        let located = self.locate(finding.into());
        if is_excused {
            self.report.excused.push(located);
        } else {
            self.report.violations.push(located);
        }
    }

    fn violation(&mut self, violation: Violation) {
        let located = self.locate(violation);
        self.report.violations.push(located);
    }

    fn locate(&self, violation: Violation) -> Located {
        Located {
            line: self.report.lines,
            byte_offset: self.offset + violation.at.unwrap_or_default() as u64,
            violation,
        }
    }
}
