//! What is measured: a row for each, with the bar that it should meet.

use serde::Serialize;

/// A part of the project that is measured by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum Group {
    Sdk,
    Parse,
    Check,
    Collector,
    Conformance,
    Scale,
}

/// What the row's figure must be, as it is printed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bar {
    /// Ours ÷ theirs.
    AtMost(f64),
    /// Theirs ÷ ours: so many times as fast.
    AtLeast(f64),
    /// Ours, in milliseconds.
    Within(f64),
    /// No bar: ours ÷ theirs is told.
    None,
}

/// One row of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: &'static str,
    pub(super) group: Group,
    pub(super) ours: &'static str,
    pub(super) theirs: &'static str,
    /// What nanoseconds are told for, such as a span; or [`MIB`].
    pub(super) each: &'static str,
    pub(super) bar: Bar,
}

const fn row(
    id: &'static str,
    group: Group,
    [ours, theirs]: [&'static str; 2],
    each: &'static str,
    bar: Bar,
) -> Row {
    Row {
        id,
        group,
        ours,
        theirs,
        each,
        bar,
    }
}

use Bar::{AtLeast, AtMost, Within};
use Group::{Check, Collector, Conformance, Parse, Scale, Sdk};

const SPAN: &str = "Python SDK, a span with two tags";
const LINES: &str = "Rust parse, with all checks";
/// Of a row whose samples are KiB, and not nanoseconds.
pub(super) const MIB: &str = "MiB";
const CAPTURE: &str = "`hero-span check`, whole process";

/// All of them, in the order in which they are told.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("otel-batch", Sdk, [SPAN, "OpenTelemetry, batches by OTLP/HTTP"], "span", AtMost(0.12)),
    row("otel-none", Sdk, [SPAN, "OpenTelemetry without an exporter"], "span", AtMost(0.40)),
    row("ddtrace", Sdk, [SPAN, "ddtrace"], "span", AtMost(0.45)),
    row("logfire", Sdk, [SPAN, "logfire, local"], "span", AtMost(0.06)),
    row("eliot", Sdk, [SPAN, "eliot to the same socket"], "span", AtMost(0.8)),
    row("structlog", Sdk, [SPAN, "structlog's JSON to the same socket"], "span", AtMost(1.0)),
    row("structlog-orjson", Sdk, [SPAN, "structlog with orjson"], "span", Bar::None),
    row("python", Sdk, [SPAN, "the same bytes by two bare sends"], "span", AtMost(3.0)),
    row("off", Sdk, ["Python SDK, off", "an empty `@contextmanager`"], "span", AtMost(0.4)),
    row("log", Sdk, ["Python SDK, a log line", "logging's SocketHandler"], "line", AtMost(0.5)),
    row("log-json", Sdk, ["Python SDK, a log line", "logging's StreamHandler, JSON"], "line", Bar::None),
    row("tag", Sdk, ["Python SDK, a tag", "one bare send"], "tag", Bar::None),
    row("call", Sdk, ["Python SDK, an instrumented call", "the bare call"], "call", Bar::None),
    row("rust", Sdk, ["Rust SDK, a span with two tags", "two bare writes"], "span", AtMost(1.5)),
    row("go", Sdk, ["Go SDK, a span with two tags", "two bare writes"], "span", AtMost(2.0)),
    row("typescript", Sdk, ["TypeScript SDK, a span with two tags", "two bare writes"], "span", AtMost(3.0)),
    row("parse-tagged", Parse, [LINES, "serde_json into a tagged enum"], "line", AtLeast(2.0)),
    row("parse-flat", Parse, [LINES, "serde_json into a flat struct, no checks"], "line", AtLeast(0.8)),
    row("parse-schema", Parse, [LINES, "serde_json::Value and jsonschema"], "line", AtLeast(3.0)),
    row("encode", Parse, ["Rust encode", "serde_json::to_vec"], "event", AtLeast(1.5)),
    row("check-python", Check, [CAPTURE, "jsonschema in Python"], "line", AtLeast(50.0)),
    row("check-cli", Check, [CAPTURE, "check-jsonschema"], "line", AtLeast(50.0)),
    row("check-ajv", Check, [CAPTURE, "Ajv, compiled, in Node"], "line", AtLeast(4.0)),
    row("check-memory", Check, ["`hero-span check`, peak memory", "of a tenth of the lines"], MIB, AtMost(1.25)),
    row("collector-tree", Collector, ["collector, socket to tree", "the bare parse"], "line", AtMost(3.0)),
    row("collector-store", Collector, ["collector with its store", "bare batched inserts"], "line", AtMost(1.5)),
    row("collector-otel", Collector, ["collector, lines to a file", "OpenTelemetry Collector, OTLP to a file"], "span", AtLeast(5.0)),
    row("collector-otel-store", Collector, ["collector with its store", "OpenTelemetry Collector, OTLP to a file"], "span", Bar::None),
    row("case", Conformance, ["a generated case, one process", "by the clock; python3's own start"], "case", Within(5.0)),
    row("case-fresh", Conformance, ["a generated case, fresh process", "by the clock; python3's own start"], "case", AtMost(1.5)),
    row("scale-spans", Scale, ["10² to 10⁶ spans a run, time", "linear growth"], "span", AtMost(1.1)),
    row("scale-connections", Scale, ["1 to 1,000 connections, time a line", "one connection's"], "line", AtMost(2.0)),
    row("scale-bytes", Scale, ["lines of 250 B to 32 KB, time a byte", "that of short lines"], "byte", AtMost(1.1)),
];

/// What was measured at once, side by side: nanoseconds for each, unless the row says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Sample {
    pub(super) ours: f64,
    pub(super) theirs: f64,
}

/// What came of a row.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) row: &'static Row,
    /// The rounds of each process that measured them.
    pub(super) outcome: Result<Vec<Vec<Sample>>, String>,
}

/// How a row stands to its bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Missed,
    /// Too noisy to tell.
    Noisy,
    Met,
    /// It has no bar.
    Told,
}

/// The figures of a row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Figures {
    pub(super) ours: f64,
    pub(super) theirs: f64,
    /// What the bar is about.
    pub(super) figure: f64,
    /// The least and most that one process found.
    pub(super) least: f64,
    pub(super) most: f64,
    pub(super) verdict: Verdict,
}

/// By so much two runs of the whole may differ beyond what the processes of one do.
const MARGIN: f64 = 1.05;

impl Row {
    /// The median of the processes' medians, and how far they lie apart.
    pub(super) fn figures(&self, processes: &[Vec<Sample>]) -> Option<Figures> {
        let each = |of: &dyn Fn(&Sample) -> f64| -> Option<Vec<f64>> {
            let medians = processes
                .iter()
                .map(|rounds| median(rounds.iter().map(of).collect()));
            let mut medians: Vec<f64> = medians.collect::<Option<_>>()?;
            medians.sort_by(f64::total_cmp);
            Some(medians)
        };
        let figures = each(&|sample| self.figure(sample))?;
        let (least, most) = (*figures.first()?, *figures.last()?);
        Some(Figures {
            ours: median(each(&|sample| sample.ours)?)?,
            theirs: median(each(&|sample| sample.theirs)?)?,
            figure: median(figures)?,
            least,
            most,
            verdict: self.verdict(least / MARGIN, most * MARGIN),
        })
    }

    fn figure(&self, sample: &Sample) -> f64 {
        match self.bar {
            AtLeast(_) => sample.theirs / sample.ours,
            Within(_) => sample.ours / 1e6,
            AtMost(_) | Bar::None => sample.ours / sample.theirs,
        }
    }

    /// Met or missed only if all that the figure may be is on one side of the bar.
    fn verdict(&self, least: f64, most: f64) -> Verdict {
        let (bar, is_met, is_missed): (f64, fn(f64, f64) -> bool, _) = match self.bar {
            Bar::None => return Verdict::Told,
            AtLeast(bar) => (bar, |bar, figure| figure >= bar, most < bar),
            AtMost(bar) | Within(bar) => (bar, |bar, figure| figure <= bar, least > bar),
        };
        match (is_missed, is_met(bar, least) && is_met(bar, most)) {
            (true, _) => Verdict::Missed,
            (_, true) => Verdict::Met,
            _ => Verdict::Noisy,
        }
    }
}

/// Of an even number the higher of the two in the middle.
pub(super) fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::row_of;

    fn check(id: &str, processes: &[&[(f64, f64)]], expected: (f64, f64, f64, Verdict)) {
        let sample = |&(ours, theirs): &(f64, f64)| Sample { ours, theirs };
        let processes: Vec<Vec<Sample>> = processes
            .iter()
            .map(|rounds| rounds.iter().map(sample).collect())
            .collect();
        let found = row_of(id).unwrap().figures(&processes).unwrap();
        let found = (found.figure, found.least, found.most, found.verdict);
        assert_eq!(found, expected, "{id}");
    }

    #[test]
    fn a_bar_is_met_or_missed_only_if_all_processes_say_so() {
        let python = "python"; // at most 3
        check(
            python,
            &[&[(2.0, 1.0)], &[(2.5, 1.0)]],
            (2.5, 2.0, 2.5, Verdict::Met),
        );
        check(
            python,
            &[&[(2.9, 1.0)], &[(2.0, 1.0)]],
            (2.9, 2.0, 2.9, Verdict::Noisy),
        );
        check(
            python,
            &[&[(4.0, 1.0)], &[(5.0, 1.0)]],
            (5.0, 4.0, 5.0, Verdict::Missed),
        );
        let flat = "parse-flat"; // at least 0.8
        check(
            flat,
            &[&[(1.0, 1.0)], &[(2.0, 2.0)]],
            (1.0, 1.0, 1.0, Verdict::Met),
        );
        check(flat, &[&[(2.0, 1.0)]], (0.5, 0.5, 0.5, Verdict::Missed));
        check("case", &[&[(4e6, 1.0)]], (4.0, 4.0, 4.0, Verdict::Met));
        check("call", &[&[(9.0, 3.0)]], (3.0, 3.0, 3.0, Verdict::Told));
    }

    #[test]
    fn a_processs_figure_is_the_median_of_its_rounds() {
        let rounds: &[(f64, f64)] = &[(1.0, 1.0), (2.0, 1.0), (90.0, 1.0)];
        check("python", &[rounds], (2.0, 2.0, 2.0, Verdict::Met));
    }

    #[test]
    fn what_has_no_rounds_has_no_figures() {
        let row = row_of("python").unwrap();
        assert_eq!(row.figures(&[]), None);
        assert_eq!(row.figures(&[vec![]]), None);
    }

    #[test]
    fn no_id_stands_twice() {
        let mut ids: Vec<_> = ROWS.iter().map(|row| row.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ROWS.len());
    }
}
