//! What is seen: pure, and only of what stands on the screen.

mod bar;
mod details;
mod help;
mod runs;
mod strip;
mod tree;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

pub(super) use self::details::lines as detail_lines;
use self::strip::Strip;
pub(super) use self::strip::Theme;
use super::areas::Pane;
use super::state::{State, Store};
use crate::view::Tone;

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, theme: Theme) {
    let areas = state.areas();
    header(frame, areas.header, state, theme);
    if matches!(state.store, Store::Missing | Store::Fault(_)) && state.runs.is_empty() {
        help::waiting(frame, &areas, state, theme);
    } else if state.runs.is_empty() {
        help::no_runs(frame, &areas, theme);
    } else {
        runs::draw(frame, areas.runs, state, theme);
        for y in areas.rule.top()..areas.rule.bottom() {
            let rule = Strip::new(1).add("│", theme.dim());
            put(frame, areas.rule, y, &rule.line());
        }
        tree::draw(frame, areas.tree, state, theme);
        details::draw(frame, areas.details, state, theme);
    }
    footer(frame, areas.footer, state, theme);
    if state.help {
        help::draw(frame, state.size, theme);
    }
}

/// Puts a line at the left edge of an area.
fn put(frame: &mut Frame<'_>, area: Rect, y: u16, line: &Line<'_>) {
    let area = area.intersection(frame.area());
    if y < area.bottom() && area.width > 0 {
        frame.buffer_mut().set_line(area.x, y, line, area.width);
    }
}

/// Puts lines below each other, as many as there is room for.
fn put_all(frame: &mut Frame<'_>, area: Rect, lines: impl IntoIterator<Item = Line<'static>>) {
    for (y, line) in (area.top()..area.bottom()).zip(lines) {
        put(frame, area, y, &line);
    }
}

/// Who collects, and where it is kept.
fn header(frame: &mut Frame<'_>, area: Rect, state: &State, theme: Theme) {
    let (text, tone) = match &state.store {
        Store::Missing => ("no store yet".to_owned(), Tone::Warn),
        Store::Fault(text) => (text.clone(), Tone::Bad),
        Store::Quiet => ("nobody collects".to_owned(), Tone::Warn),
        Store::Collected => ("● collecting".to_owned(), Tone::Live),
    };
    let follow = if state.follow { "follows" } else { "" };
    let strip = Strip::new(area.width.into())
        .add("hero-span top  ", theme.bold())
        .add(&text, theme.tone(tone))
        .add("  ", theme.dim());
    let room = strip.left().saturating_sub(follow.len() + 2);
    let strip = strip
        .add_within(room, &state.path, theme.dim())
        .add_right(follow, theme.tone(Tone::Live));
    put(frame, area, area.y, &strip.line());
}

/// What the keys do, or what there is to say.
fn footer(frame: &mut Frame<'_>, area: Rect, state: &State, theme: Theme) {
    let strip = Strip::new(area.width.into());
    let strip = if state.is_typing {
        strip
            .add("/", theme.bold())
            .add(&state.filter, theme.bold())
            .add("▏", theme.bold())
            .add(&fits(state), theme.dim())
            .add("  Enter keeps it, Esc clears it", theme.dim())
    } else if let Some(text) = state.message {
        strip.add(text, theme.tone(Tone::Warn))
    } else if !state.filter.is_empty() {
        strip
            .add("/", theme.bold())
            .add(&state.filter, theme.bold())
            .add(&fits(state), theme.dim())
            .add("  Esc clears it  n next error  ? help  q quit", theme.dim())
    } else {
        let keys = if state.runs.is_empty() {
            "? help  q quit"
        } else {
            keys(state.pane)
        };
        strip.add(keys, theme.dim())
    };
    put(frame, area, area.y, &strip.line());
}

fn fits(state: &State) -> String {
    let count = state.shown_tree().and_then(super::tree::Tree::filter);
    count.map_or_else(String::new, |count| {
        let spans = crate::view::plural(count as u64, "span");
        let word = if count == 1 { "fits" } else { "fit" };
        format!("  {spans} {word}")
    })
}

fn keys(pane: Pane) -> &'static str {
    match pane {
        Pane::Runs => "? help  q quit  ↑↓ choose a run  Enter its tree  f follow  z zoom",
        Pane::Tree => {
            "? help  q quit  ↑↓ move  ←→ fold  n next error  / filter  f follow  Tab pane"
        }
        Pane::Details => "? help  q quit  ↑↓ scroll  ← back to the tree  z zoom",
    }
}
