//! The tree of a run, with a bar for when each span ran.

use hero_span_collector::store::RunLine;
use hero_span_collector::tree::{SpanKey, State as Standing};
use hero_span_protocol::Status;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::bar::{Stretch, bar};
use super::strip::{Strip, Theme};
use super::{put, put_all};
use crate::top::areas::{Pane, rows};
use crate::top::outline::{Entry, Outline};
use crate::top::state::State;
use crate::top::tree::Tree;
use crate::view::{Look, Tone, duration, error_text, is_origin, plural, run_sign, sign, tags};

/// The narrowest tree that has bars.
const WITH_BARS: usize = 44;

/// Columns of the shortest and the longest bar.
const BAR: (usize, usize) = (8, 40);

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State, theme: Theme) {
    if area.is_empty() {
        return;
    }
    let width = usize::from(area.width);
    put(frame, area, area.y, &title(state, width, theme));
    let below = Rect::new(area.x, area.y + 1, area.width, area.height - 1);
    let Some(tree) = state.shown_tree() else {
        let reading = Strip::new(width).add(" reading …", theme.dim());
        put(frame, below, below.y, &reading.line());
        return;
    };
    let columns = Columns::of(tree, state, width, theme);
    let has_keys = state.pane == Pane::Tree;
    let shown = tree.top..tree.top + rows(area);
    let lines = shown.filter_map(|row| {
        let line = columns.row(tree.outline.row(row)?);
        let is_selected = row == tree.row();
        Some(if is_selected {
            line.style(theme.selected(has_keys))
        } else {
            line
        })
    });
    put_all(frame, below, lines.collect::<Vec<_>>());
    if tree.outline.shown().is_empty() {
        let text = if tree.filter().is_some() {
            " no span fits"
        } else {
            " no span was heard of"
        };
        let nothing = Strip::new(width).add(text, theme.dim());
        put(frame, below, below.y, &nothing.line());
    }
}

/// Which run it is, and what is wrong with it.
fn title(state: &State, width: usize, theme: Theme) -> Line<'static> {
    let style = theme.title(state.pane == Pane::Tree);
    let strip = Strip::new(width);
    let Some(run) = state.run_line() else {
        return strip.add("tree", style).line();
    };
    let (sign, tone) = run_sign(run);
    let strip = strip
        .add(&format!("run {}", run.run), style)
        .add(" ", theme.dim())
        .add(sign, theme.tone(tone))
        .add(" ", theme.dim())
        .add(run.name.as_deref().unwrap_or("(unnamed)"), theme.bold());
    let mut strip = strip.add(&format!("  {}", plural(run.spans, "span")), Style::new());
    for (text, tone) in remarks(run) {
        strip = strip.add(", ", Style::new()).add(&text, theme.tone(tone));
    }
    if run.processes > 1 {
        let processes = plural(run.processes, "process");
        strip = strip.add(&format!(", {processes}"), Style::new());
    }
    strip.line()
}

fn remarks(run: &RunLine) -> Vec<(String, Tone)> {
    let count =
        |count: u64, word: &str, tone| (count > 0).then(|| (format!("{count} {word}"), tone));
    let is_running = run.connected > 0;
    let open = if is_running { "running" } else { "left open" };
    let tone = if is_running { Tone::Live } else { Tone::Warn };
    let parts = [
        count(run.failed, "failed", Tone::Bad),
        count(run.cancelled, "cancelled", Tone::Warn),
        count(run.open, open, tone),
        count(run.unknown, "never seen to start", Tone::Warn),
        count(run.lost, "lost", Tone::Bad),
        count(run.rejected, "rejected", Tone::Bad),
        count(run.torn, "torn", Tone::Bad),
        count(run.unstored, "not kept", Tone::Bad),
    ];
    parts.into_iter().flatten().collect()
}

/// How the rows of a tree are laid out.
struct Columns<'a> {
    tree: &'a Tree,
    whole: Stretch,
    now_ms: f64,
    look: Look,
    theme: Theme,
    width: usize,
    time: usize,
    bar: usize,
}

impl<'a> Columns<'a> {
    fn of(tree: &'a Tree, state: &State, width: usize, theme: Theme) -> Self {
        let whole = whole(tree, state);
        let time = duration((whole.to - whole.from).max(0.0));
        let bar = if width < WITH_BARS {
            0
        } else {
            (width / 4).clamp(BAR.0, BAR.1)
        };
        Self {
            tree,
            whole,
            now_ms: state.now_ms,
            look: Look {
                now_ms: Some(state.now_ms),
                ..Look::default()
            },
            theme,
            width,
            time: time.chars().count().max(7),
            bar,
        }
    }

    fn row(&self, entry: &Entry) -> Line<'static> {
        let (theme, key) = (self.theme, entry.key);
        let forest = &self.tree.forest;
        let span = forest.span(key);
        let (sign, tone) = sign(forest, key);
        let time = self.look.time(span).unwrap_or_default();
        let right = self.time + 1 + if self.bar > 0 { self.bar + 1 } else { 0 };
        let room = self.width.saturating_sub(right);
        let is_meant = self.tree.is_meant(key);
        let name = match is_meant {
            true if sign == "✗" => theme.tone(Tone::Bad),
            true => Style::new(),
            false => theme.dim(),
        };
        let strip = Strip::new(room)
            .add(&rails(&self.tree.outline, entry, room / 2), theme.dim())
            .add(self.fold(entry), theme.bold())
            .add(sign, theme.tone(tone))
            .add(" ", theme.dim())
            .add(&self.look.name(span), name);
        let strip = self.rest(strip, entry).full_line();
        let mut row = Strip::new(self.width - room)
            .add(&format!(" {time:>width$}", width = self.time), theme.dim());
        if self.bar > 0 {
            let bar = self.stretch(key).map(|at| bar(at, self.whole, self.bar));
            row = row
                .add(" ", theme.dim())
                .add(&bar.unwrap_or_default(), theme.tone(tone));
        }
        let mut line = strip;
        line.spans.extend(row.full_line().spans);
        line
    }

    /// What stands after the name, as far as there is room.
    fn rest(&self, strip: Strip, entry: &Entry) -> Strip {
        let (theme, key) = (self.theme, entry.key);
        let forest = &self.tree.forest;
        let span = forest.span(key);
        let mut strip = strip;
        if span.started().is_some() {
            strip = strip.add(&format!("  {}", span.kind()), theme.dim());
        }
        if entry.size > 1 && self.tree.is_folded(key) {
            let hidden = plural(u64::from(entry.size) - 1, "span");
            strip = strip.add(&format!("  ({hidden})"), theme.tone(Tone::Warn));
        }
        if is_origin(forest, key) {
            let text = error_text(span.error_type(), span.error_line());
            strip = strip.add(&format!("  {text}"), theme.tone(Tone::Bad));
        }
        let is_failure = span.state() == Standing::Ended(Status::Failed);
        if !is_failure && let Some(state) = self.look.state(forest, key) {
            let (_, tone) = sign(forest, key);
            strip = strip.add(&format!("  {state}"), theme.tone(tone));
        }
        if self.has_remarks(key) {
            strip = strip.add("  !", theme.tone(Tone::Warn));
        }
        for tag in tags(span.tags()) {
            if strip.left() < 4 {
                break;
            }
            strip = strip.add(&format!("  {tag}"), theme.dim());
        }
        strip
    }

    fn has_remarks(&self, key: SpanKey) -> bool {
        let remarks = self.look.remarks(&self.tree.forest, key, 0, false);
        !remarks.is_empty()
    }

    fn fold(&self, entry: &Entry) -> &'static str {
        if entry.size > 1 && self.tree.is_folded(entry.key) {
            "▸"
        } else {
            " "
        }
    }

    fn stretch(&self, key: SpanKey) -> Option<Stretch> {
        let forest = &self.tree.forest;
        let span = forest.span(key);
        let heard = span.last_heard().1.as_f64();
        let from = span.started().map_or(heard, |at| at.as_f64());
        let is_running = span.state() == Standing::Open && !forest.is_left_open(key);
        let to = match span.ended() {
            Some(at) => at.as_f64(),
            None if is_running => self.now_ms,
            None => heard,
        };
        (from.is_finite() && to.is_finite()).then_some(Stretch { from, to })
    }
}

/// From the first thing heard of a run to the last, or to now.
fn whole(tree: &Tree, state: &State) -> Stretch {
    let run = tree.forest.run(tree.run);
    let first = run.and_then(|run| run.first_time());
    let last = run.and_then(|run| run.last_time());
    let from = first.map_or(0.0, |at| at.as_f64());
    let heard = last.map_or(from, |at| at.as_f64());
    let to = if state.is_running() {
        heard.max(state.now_ms)
    } else {
        heard
    };
    Stretch { from, to }
}

/// What stands before a span: `│ ├`. Of a deep one the last levels, and how
/// deep it is.
fn rails(outline: &Outline, entry: &Entry, room: usize) -> String {
    if entry.depth == 0 {
        return String::new();
    }
    let levels = (room / 2).saturating_sub(3).max(1);
    let elbow = if entry.is_last { " └" } else { " ├" };
    let mut parts = vec![elbow];
    let mut above = entry.parent.and_then(|at| outline.entry(at));
    while let Some(parent) = above.filter(|parent| parent.depth > 0) {
        if parts.len() == levels {
            break;
        }
        parts.push(if parent.is_last { "  " } else { " │" });
        above = parent.parent.and_then(|at| outline.entry(at));
    }
    let is_cut = above.is_some_and(|parent| parent.depth > 0);
    let rails: String = parts.into_iter().rev().collect();
    if is_cut {
        format!("[{}]{rails}", entry.depth)
    } else {
        rails
    }
}
