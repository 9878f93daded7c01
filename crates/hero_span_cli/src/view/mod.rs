//! Run trees as text. What is shown is decided in `rows` and `choose`, how it
//! reads in `words`, and what it looks like in `paint`.

mod choose;
mod colour;
mod order;
mod paint;
mod rows;
mod span;
#[cfg(test)]
pub(crate) mod tests;
mod words;

pub(crate) use self::choose::choose;
pub(crate) use self::colour::Colour;
pub(crate) use self::paint::{Paint, Tone};
pub(crate) use self::rows::{Item, Row, Rows};
pub(crate) use self::span::{error_text, mark, run_sign, sign, tags};
pub(crate) use self::words::{clock, duration, now_ms, plural};

use hero_span_collector::Forest;
use hero_span_collector::tree::{RunId, SpanKey, State};
use hero_span_protocol::Status;

use self::words::part;

/// How trees are shown.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Look {
    pub(crate) paint: Paint,
    /// Without what differs from one run of a flow to the next: times, ids
    /// and process numbers.
    pub(crate) stable: bool,
    /// Now, in milliseconds since the Unix epoch, for spans still running.
    pub(crate) now_ms: Option<f64>,
    /// How many runs there were before: of those that are shown without what
    /// differs, the first is run 1.
    pub(crate) earlier_runs: u64,
}

impl Look {
    /// What a run is called.
    pub(crate) fn run(self, run: RunId) -> u64 {
        if self.stable {
            run.0.saturating_sub(self.earlier_runs)
        } else {
            run.0
        }
    }
}

/// The lines of a run: its header and its whole tree.
pub(crate) fn run_lines(forest: &Forest, run: RunId, look: Look) -> impl Iterator<Item = String> {
    let rows = Rows::new(forest, run, look.stable, None);
    let header = std::iter::once(header(forest, run, look));
    header.chain(rows.map(move |row| look.row(forest, &row)))
}

/// One line that says what a run is made of, and what went wrong.
pub(crate) fn header(forest: &Forest, run: RunId, look: Look) -> String {
    let tally = Tally::of(forest, run);
    let counts = forest.counts(run);
    let processes = forest.run(run).map_or(0, |run| run.sessions().len());
    let paint = look.paint;
    let mut parts = vec![plural(tally.spans, "span")];
    if processes > 1 {
        parts.push(plural(processes as u64, "process"));
    }
    parts.extend(part(tally.failed, "failed").map(|text| paint.bad(&text)));
    parts.extend(part(tally.cancelled, "cancelled").map(|text| paint.warn(&text)));
    parts.extend(part(tally.running, "running").map(|text| paint.live(&text)));
    parts.extend(part(tally.left_open, "left open").map(|text| paint.warn(&text)));
    parts.extend(part(tally.unknown, "never seen to start").map(|text| paint.warn(&text)));
    if counts.lost > 0 {
        let all = counts.lines() + counts.lost;
        parts.push(paint.bad(&format!("lost {} of {}", counts.lost, plural(all, "event"))));
    }
    let rejected = (counts.rejected > 0).then(|| plural(counts.rejected, "line"));
    parts.extend(rejected.map(|lines| paint.bad(&format!("{lines} rejected"))));
    let skipped = (counts.skipped > 0).then(|| plural(counts.skipped, "line"));
    parts.extend(skipped.map(|lines| paint.warn(&format!("{lines} of unknown type"))));
    parts.extend(part(counts.torn, "torn").map(|text| paint.bad(&text)));
    if !look.stable {
        parts.extend(
            tally
                .duration_ms(look.now_ms)
                .map(|ms| paint.dim(&duration(ms))),
        );
    }
    format!(
        "{}  {}",
        paint.bold(&format!("run {}", look.run(run))),
        parts.join(", ")
    )
}

/// A run's spans by how they stand.
#[derive(Debug, Default)]
struct Tally {
    spans: u64,
    failed: u64,
    cancelled: u64,
    running: u64,
    left_open: u64,
    unknown: u64,
    first_ms: Option<f64>,
    last_ms: Option<f64>,
}

impl Tally {
    fn of(forest: &Forest, run: RunId) -> Self {
        let mut tally = Self::default();
        for key in forest.spans_of(run) {
            tally.add(forest, key);
        }
        tally
    }

    fn add(&mut self, forest: &Forest, key: SpanKey) {
        let span = forest.span(key);
        self.spans += 1;
        match span.state() {
            State::Ended(Status::Ok) => {}
            State::Ended(Status::Failed) => self.failed += 1,
            State::Ended(Status::Cancelled) => self.cancelled += 1,
            State::Unknown => self.unknown += 1,
            State::Open if forest.is_left_open(key) => self.left_open += 1,
            State::Open => self.running += 1,
        }
        let started = span.started().map(|at| at.as_f64());
        let heard = span.last_heard().1.as_f64();
        let first = started.unwrap_or(heard);
        self.first_ms = Some(self.first_ms.map_or(first, |ms| ms.min(first)));
        self.last_ms = Some(self.last_ms.map_or(heard, |ms| ms.max(heard)));
    }

    /// From the first thing heard to the last, or to now while spans run.
    fn duration_ms(&self, now_ms: Option<f64>) -> Option<f64> {
        let now_ms = now_ms.filter(|_| self.running > 0);
        Some(now_ms.or(self.last_ms)? - self.first_ms?)
    }
}
