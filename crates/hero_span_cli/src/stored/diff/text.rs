//! A comparison as lines for people.

mod notes;
mod place;
mod rows;

use std::io;

use hero_span_collector::store::RunLine;
use hero_span_protocol::printable;

pub(super) use self::place::state_text;
use super::super::table::{self, Cell};
use super::super::when;
use super::Comparison;
use super::findings::Findings;
use super::said::What;
use crate::view::{Paint, duration, plural, run_sign};

/// How it is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) comparison: &'a Comparison,
    pub(super) paint: Paint,
    /// Without what differs from one run of a flow to the next.
    pub(super) stable: bool,
    /// Rows of each sort.
    pub(super) limit: usize,
}

/// Rows of one sort under their title.
struct Section {
    title: String,
    rows: Rows,
    /// Findings that are not kept.
    left_out: u64,
}

/// As many rows as are wanted, and how many there are.
struct Rows {
    shown: Vec<String>,
    count: usize,
}

impl Shown<'_> {
    /// Hands on the lines one by one.
    pub(super) fn print(self, mut line: impl FnMut(&str) -> io::Result<()>) -> io::Result<()> {
        for text in self.header() {
            line(&text)?;
        }
        line(&self.verdict())?;
        for text in self.warnings().into_iter().chain(self.failed_first()) {
            line(&text)?;
        }
        for section in self.sections() {
            self.section(&section, &mut line)?;
        }
        self.remarks().iter().try_for_each(|text| line(text))
    }

    fn findings(&self) -> &Findings {
        &self.comparison.findings
    }

    /// A line for each run.
    fn header(self) -> Vec<String> {
        let rows = self.comparison.runs.each_ref();
        table::lines(&rows.map(|run| self.run(run)))
    }

    fn run(self, run: &RunLine) -> Vec<Cell> {
        let (_, tone) = run_sign(run);
        let name = run.name.as_deref().unwrap_or("(unnamed)");
        let mut cells = vec![
            Cell::new(format!("run {}", run.run)).painted(|text| self.paint.bold(text)),
            Cell::new(printable(name)),
            Cell::new(printable(&run.state)).painted(|text| self.paint.toned(tone, text)),
            Cell::new(plural(run.spans, "span")),
        ];
        if !self.stable {
            let took = run.began_ms.zip(run.heard_ms);
            let took = took.map(|(began, heard)| duration(heard - began));
            cells.push(Cell::new(took.unwrap_or_default()));
            let began = run.began_ms.map(when::local);
            cells.push(Cell::new(began.unwrap_or_default()));
        }
        cells
    }

    fn verdict(self) -> String {
        let findings = self.findings();
        if !findings.is_none() {
            let counts = self.counts().join(", ");
            return self.paint.bold(&format!("they differ: {counts}"));
        }
        let spans = plural(findings.matched, "span");
        let within = self.comparison.tolerance.map(|tolerance| {
            let within = tolerance.text();
            format!(", durations within {within}")
        });
        let within = within.unwrap_or_default();
        if self.comparison.is_whole() {
            self.paint.good(&format!("the same: {spans}{within}"))
        } else {
            let text = format!("the same as far as is known: {spans}{within}");
            self.paint.warn(&text)
        }
    }

    /// How many spans were found to differ, and how.
    fn counts(self) -> Vec<String> {
        let findings = self.findings();
        let count = |count: u64, text: String| (count > 0).then_some(text);
        let states = findings.states.count();
        let [new, gone] = [&findings.new, &findings.gone].map(|groups| {
            let beneath = groups.list().iter().map(|group| group.detail.beneath);
            groups.count() + beneath.sum::<u64>()
        });
        let [slower, faster] = [&findings.slower, &findings.faster].map(|timings| {
            let spans = timings.iter();
            spans.map(|timing| timing.spans()).sum::<u64>()
        });
        let values = findings.values.count();
        let parts = [
            count(states, plural(states, "status")),
            count(new, format!("{new} new")),
            count(gone, format!("{gone} gone")),
            count(slower, format!("{slower} slower")),
            count(faster, format!("{faster} faster")),
            count(values, plural(values, "value")),
        ];
        parts.into_iter().flatten().collect()
    }

    fn failed_first(self) -> Option<String> {
        let (at, earlier) = self.findings().failed_first?;
        let [before, after] = &self.comparison.runs;
        let failure = self.comparison.trees[1].node(at).seen.failure.as_deref();
        let text = failure.and_then(rows::reason);
        let text = text.map(|text| format!(": {}", self.paint.bad(&text)));
        let earlier = match earlier {
            Some(state) => format!("{} in run {}", state_text(state), before.run),
            None => format!("not in run {}", before.run),
        };
        Some(format!(
            "{} failed first in run {}: {}{}  {}",
            self.paint.bad("✗"),
            after.run,
            self.path(&self.comparison.trees[1], at),
            text.unwrap_or_default(),
            self.paint.dim(&format!("({earlier})"))
        ))
    }

    fn sections(self) -> Vec<Section> {
        let findings = self.findings();
        let [before, after] = self.comparison.runs.each_ref().map(|run| run.run);
        let section = |title: &str, rows: Rows, left_out: u64| Section {
            title: title.to_owned(),
            rows,
            left_out,
        };
        let new = self.alone(&findings.new, "+");
        let gone = self.alone(&findings.gone, "-");
        let values = |is_meant: fn(&What) -> bool| self.values(is_meant);
        let mut sections = vec![
            section("status", self.states(), findings.states.left_out()),
            section(&format!("new in run {after}"), new, findings.new.left_out()),
            section(
                &format!("gone since run {before}"),
                gone,
                findings.gone.left_out(),
            ),
            section("slower", self.timings(&findings.slower), 0),
            section("faster", self.timings(&findings.faster), 0),
            section("input", values(|what| *what == What::Params), 0),
            section("result", values(|what| *what == What::Result), 0),
            section("tags", values(|what| matches!(what, What::Tag(_))), 0),
            section("error", values(|what| *what == What::Error), 0),
        ];
        sections.retain(|section| section.rows.count > 0);
        sections
    }

    /// Rows are only made as far as they are shown.
    fn rows<T>(self, found: impl Iterator<Item = T> + Clone, row: impl Fn(T) -> String) -> Rows {
        Rows {
            shown: found.clone().take(self.limit).map(row).collect(),
            count: found.count(),
        }
    }

    fn section(
        self,
        section: &Section,
        line: &mut impl FnMut(&str) -> io::Result<()>,
    ) -> io::Result<()> {
        line(&self.paint.bold(&section.title))?;
        for row in &section.rows.shown {
            line(&format!("  {row}"))?;
        }
        let hidden = (section.rows.count - section.rows.shown.len()) as u64;
        let more = [
            (hidden > 0).then(|| format!("{} (--limit N)", plural(hidden, "more row"))),
            (section.left_out > 0).then(|| plural(section.left_out, "more finding")),
        ];
        let more: Vec<_> = more.into_iter().flatten().collect();
        if !more.is_empty() {
            line(&self.paint.dim(&format!("  … {}", more.join(", "))))?;
        }
        Ok(())
    }
}
