//! Run trees as text. What is shown is decided in `rows` and `choose`, how it
//! reads in `words`, and what it looks like in `paint`.

mod choose;
mod colour;
mod event;
mod order;
mod paint;
mod rows;
mod span;
#[cfg(test)]
pub(crate) mod tests;
mod words;

pub(crate) use self::choose::choose;
pub(crate) use self::colour::ColourArgs;
pub(crate) use self::paint::{Paint, Shade, Tone};
pub(crate) use self::rows::{Item, Row, Rows};
pub(crate) use self::span::{error_text, is_origin, run_sign, sign, tags};
pub(crate) use self::words::{duration, now_ms, plural};

use hero_span_collector::Forest;
use hero_span_collector::tree::{Run, RunId};

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
    /// Without the run's number: that is the store's to give.
    pub(crate) unnumbered: bool,
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
    let paint = look.paint;
    let title = match look.unnumbered {
        true => String::new(),
        false => paint.bold(&format!("run {}", look.run(run))) + "  ",
    };
    let counts = forest.counts(run);
    let Some(run) = forest.run(run) else {
        return title.trim_end().to_owned();
    };
    let (tally, processes) = (run.tally(), run.sessions_ever());
    let running = tally.open.saturating_sub(run.left_open());
    let mut parts = vec![plural(tally.spans, "span")];
    if processes > 1 {
        parts.push(plural(processes, "process"));
    }
    parts.extend(part(tally.failed, "failed").map(|text| paint.bad(&text)));
    parts.extend(part(tally.cancelled, "cancelled").map(|text| paint.warn(&text)));
    parts.extend(part(running, "running").map(|text| paint.live(&text)));
    parts.extend(part(run.left_open(), "left open").map(|text| paint.warn(&text)));
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
        let ms = duration_ms(run, running, look.now_ms);
        parts.extend(ms.map(|ms| paint.dim(&duration(ms))));
    }
    let roots = run.roots_let_go();
    let hidden = (roots > 0).then(|| plural(roots, "earlier span"));
    parts.extend(hidden.map(|spans| paint.warn(&format!("{spans} not shown"))));
    format!("{title}{}", parts.join(", "))
}

/// From the first thing heard to the last, or to now while spans run.
fn duration_ms(run: &Run, running: u64, now_ms: Option<f64>) -> Option<f64> {
    let now_ms = now_ms.filter(|_| running > 0);
    let last_ms = run.last_time().map(|at| at.as_f64());
    Some(now_ms.or(last_ms)? - run.first_time()?.as_f64())
}
