//! What is shown when there is nothing else to show, and what the keys do.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Clear;

use super::put_all;
use super::strip::{Strip, Theme};
use crate::top::areas::Areas;
use crate::top::state::State;

const KEYS: &str = " \
↑ ↓  j k      move                 Tab Enter    to the next pane
 ← →  h l      fold, unfold         z            zoom this pane
 space         fold or unfold       f            follow what is heard last
 g G           first, last          n N          next, previous error
 PgUp PgDn     a page               /            show only spans with these
 Ctrl-L        draw all again                    letters; Esc shows all
 q Ctrl-C      quit                 ?            this help

 ✓ ok  ✗ failed  ⊘ cancelled  ● running  ? start not seen
 ○ open, but its producer is gone: no end will come
 ! something was odd: the details tell  ▸ folded
 Bars show when in the run a span ran.";

pub(super) fn draw(frame: &mut Frame<'_>, (width, height): (u16, u16), theme: Theme) {
    let lines: Vec<&str> = KEYS.lines().collect();
    let columns = (lines.iter().map(|line| line.chars().count()).max()).unwrap_or(0);
    let columns = u16::try_from(columns).unwrap_or(u16::MAX).saturating_add(5);
    let (box_width, box_height) = (columns.min(width), (lines.len() as u16 + 4).min(height));
    let area = Rect::new(
        width.saturating_sub(box_width) / 2,
        height.saturating_sub(box_height) / 2,
        box_width,
        box_height,
    );
    let area = area.intersection(frame.area());
    frame.render_widget(Clear, area);
    put_all(frame, area, framed(&lines, usize::from(area.width), theme));
}

fn framed(lines: &[&str], width: usize, theme: Theme) -> Vec<Line<'static>> {
    let inner = width.saturating_sub(2);
    let edge = |left: &str, right: &str| {
        let rule = format!("{left}{}{right}", "─".repeat(inner));
        Strip::new(width).add(&rule, theme.dim()).line()
    };
    let row = |text: &str, style: Style| {
        let strip = Strip::new(width).add("│ ", theme.dim());
        let room = strip.left().saturating_sub(2);
        let strip = strip.add_within(room, text, style);
        strip
            .pad_to(width.saturating_sub(1))
            .add("│", theme.dim())
            .line()
    };
    let mut framed = vec![edge("┌", "┐")];
    framed.extend(lines.iter().map(|line| row(line, Style::new())));
    framed.push(row("", Style::new()));
    framed.push(row(" Any key closes this.", theme.dim()));
    framed.push(edge("└", "┘"));
    framed
}

/// There is no store, or it cannot be read.
pub(super) fn waiting(frame: &mut Frame<'_>, areas: &Areas, state: &State, theme: Theme) {
    let said = format!("Waiting for a collector to keep spans in {}", state.path);
    let lines = [
        said.as_str(),
        "",
        "Start one in another terminal, or as a service:",
        "",
        "    hero-span collect",
        "",
        "and run a flow in a shell that knows of it:",
        "",
        "    eval \"$(hero-span collect --print-env)\"",
        "    python3 flow.py",
    ];
    say(frame, areas, &lines, theme);
}

/// A store without runs.
pub(super) fn no_runs(frame: &mut Frame<'_>, areas: &Areas, theme: Theme) {
    let lines = [
        "No run yet. Run a flow in a shell that knows of the collector:",
        "",
        "    eval \"$(hero-span collect --print-env)\"",
        "    python3 flow.py",
    ];
    say(frame, areas, &lines, theme);
}

fn say(frame: &mut Frame<'_>, areas: &Areas, lines: &[&str], theme: Theme) {
    let top = areas.header.bottom() + 1;
    let left = 2;
    let area = Rect::new(
        left,
        top,
        areas.header.width.saturating_sub(left),
        areas.footer.y.saturating_sub(top),
    );
    let width = usize::from(area.width);
    let styled = |text: &&str| {
        let style = if text.starts_with(' ') {
            theme.bold()
        } else {
            Style::new()
        };
        Strip::new(width).add(text, style).line()
    };
    put_all(frame, area, lines.iter().map(styled).collect::<Vec<_>>());
}
