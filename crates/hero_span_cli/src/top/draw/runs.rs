//! The runs, the newest first.

use hero_span_collector::store::RunLine;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::strip::{Strip, Theme};
use super::{put, put_all};
use crate::top::areas::{Pane, rows};
use crate::top::state::State;
use crate::view::{duration, run_sign};

/// From this width on, ages and counts of spans are shown too.
const SPACIOUS: usize = 34;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State, theme: Theme) {
    if area.is_empty() {
        return;
    }
    let width = usize::from(area.width);
    let has_keys = state.pane == Pane::Runs;
    let title = Strip::new(width).add("runs", theme.title(has_keys));
    let title = if width >= SPACIOUS {
        title.add_right("spans      took    age", theme.dim())
    } else {
        title
    };
    put(frame, area, area.y, &title.line());
    let digits = state.runs.iter().map(|line| digits(line.run)).max();
    let shown = state.runs.iter().skip(state.runs_top).take(rows(area));
    let lines = shown.map(|run| {
        let line = row(run, digits.unwrap_or(1), width, state.now_ms, theme);
        if Some(run.run) == state.chosen {
            line.style(theme.selected(has_keys))
        } else {
            line
        }
    });
    let below = Rect::new(area.x, area.y + 1, area.width, area.height - 1);
    put_all(frame, below, lines.collect::<Vec<_>>());
}

fn digits(number: u64) -> usize {
    number.to_string().len()
}

fn row(run: &RunLine, digits: usize, width: usize, now_ms: f64, theme: Theme) -> Line<'static> {
    let (sign, tone) = run_sign(run);
    let until = if run.is_running() {
        Some(now_ms)
    } else {
        run.heard_ms
    };
    let took = run.began_ms.zip(until);
    let took = took.map_or_else(String::new, |(from, to)| duration((to - from).max(0.0)));
    let rest = if width >= SPACIOUS {
        let age = run.began_ms.map_or_else(String::new, |ms| age(now_ms - ms));
        format!(" {:>6} {took:>11} {age:>6}", run.spans)
    } else {
        format!(" {took}")
    };
    let name = run.name.as_deref().unwrap_or("(unnamed)");
    let strip = Strip::new(width)
        .add(&format!("{:>digits$} ", run.run), theme.bold())
        .add(sign, theme.tone(tone))
        .add(" ", theme.dim());
    let room = strip.left().saturating_sub(rest.chars().count());
    strip
        .add_within(room, name, theme.tone(tone))
        .add_right(&rest, theme.dim())
        .full_line()
}

/// How long ago that was, roughly.
fn age(ms: f64) -> String {
    let seconds = (ms / 1e3).max(0.0) as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}
