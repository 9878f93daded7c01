//! All that is known of the selected span.

use hero_span_collector::tree::{Span, SpanKey};
use hero_span_protocol::{Level, printable};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::strip::{Strip, Theme, wrap};
use super::{put, put_all};
use crate::top::areas::{Pane, rows};
use crate::top::state::State;
use crate::top::tree::Tree;
use crate::view::{Look, Tone, duration, error_text, plural, sign, tags};

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State, theme: Theme) {
    if area.is_empty() {
        return;
    }
    let width = usize::from(area.width);
    let lines = styled(state, width, theme);
    let height = rows(area);
    let last = lines.len().saturating_sub(height);
    let top = state.details_top.min(last);
    let more = if last > 0 {
        let below = last - top;
        match below {
            0 => " end ".to_owned(),
            below => format!(" {} below ", plural(below as u64, "line")),
        }
    } else {
        String::new()
    };
    let rule = "─".repeat(width);
    let rest = width.saturating_sub(11 + more.chars().count());
    let title = Strip::new(width)
        .add("── ", theme.dim())
        .add("details", theme.title(state.pane == Pane::Details))
        .add(" ", theme.dim())
        .add_within(rest, &rule[..rest * '─'.len_utf8()], theme.dim())
        .add(&more, theme.dim());
    put(frame, area, area.y, &title.line());
    let below = Rect::new(area.x, area.y + 1, area.width, area.height - 1);
    put_all(frame, below, lines.into_iter().skip(top));
}

/// The lines of the details, however many there is room for.
pub(in crate::top) fn lines(state: &State, width: usize) -> Vec<Line<'static>> {
    styled(state, width, Theme { colour: false })
}

fn styled(state: &State, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let Some(tree) = state.shown_tree() else {
        return Vec::new();
    };
    let Some(key) = tree.selected() else {
        return Vec::new();
    };
    let mut page = Page {
        lines: Vec::new(),
        width,
        theme,
    };
    let look = Look {
        now_ms: Some(state.now_ms),
        ..Look::default()
    };
    page.head(tree, key, look);
    page.error(tree.forest.span(key));
    page.tags(tree.forest.span(key));
    page.logs(tree, key);
    page.traceback(state, tree, key);
    page.origin(tree, key);
    page.lines
}

struct Page {
    lines: Vec<Line<'static>>,
    width: usize,
    theme: Theme,
}

impl Page {
    /// A text under its label, in as many lines as it takes.
    fn text(&mut self, label: &str, text: &str, style: Style) {
        let indent = label.len().min(self.width / 2);
        let text = printable(text);
        for (number, part) in wrap(&text, self.width - indent).into_iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            let strip = Strip::new(self.width)
                .add(label, self.theme.dim())
                .pad_to(indent)
                .add(part, style);
            self.lines.push(strip.line());
        }
    }

    fn head(&mut self, tree: &Tree, key: SpanKey, look: Look) {
        let forest = &tree.forest;
        let span = forest.span(key);
        let (sign, tone) = sign(forest, key);
        let mut parts = vec![format!("{sign} {}", look.name(span))];
        if span.started().is_some() {
            parts.push(span.kind().to_string());
        }
        parts.extend(look.state(forest, key));
        parts.extend(look.time(span));
        parts.extend(offset(tree, span).map(|ms| format!("at +{}", duration(ms))));
        let style = self.theme.tone(tone);
        self.text("", &parts.join("  "), style);
        let remarks = look.remarks(forest, key, 0, false);
        if !remarks.is_empty() {
            let style = self.theme.tone(Tone::Warn);
            self.text("!       ", &remarks.join(", "), style);
        }
    }

    /// What it failed with, in a line.
    fn error(&mut self, span: &Span) {
        let text = error_text(span.error_type(), span.error_line());
        if !text.is_empty() {
            let style = self.theme.tone(Tone::Bad);
            self.text("error   ", &text, style);
        }
    }

    fn tags(&mut self, span: &Span) {
        let tags: Vec<_> = tags(span.tags()).collect();
        if !tags.is_empty() {
            self.text("tags    ", &tags.join("  "), Style::new());
        }
    }

    fn logs(&mut self, tree: &Tree, key: SpanKey) {
        let span = tree.forest.span(key);
        if span.logs_left_out() > 0 {
            let earlier = plural(span.logs_left_out().into(), "earlier log");
            let text = format!("{earlier}: see hero-span logs {}", tree.run);
            self.text("log     ", &text, self.theme.dim());
        }
        for log in span.logs() {
            let at = begin(tree).map(|first| duration(log.at.as_f64() - first));
            let level = log.level.as_str();
            let text = format!("{:>7} {level:<5} {}", at.unwrap_or_default(), log.text);
            let style = match log.level {
                Level::Debug => self.theme.dim(),
                Level::Info => Style::new(),
                Level::Warn => self.theme.tone(Tone::Warn),
                Level::Error => self.theme.tone(Tone::Bad),
            };
            self.text("log     ", &text, style);
        }
    }

    /// The whole error, if that is more than the line that was shown.
    fn traceback(&mut self, state: &State, tree: &Tree, key: SpanKey) {
        let number = tree.number(key);
        let error = state.error.as_ref().filter(|(span, _)| *span == number);
        let Some((_, text)) = error else { return };
        let shown = tree.forest.span(key).error_line();
        if shown == Some(text.trim()) {
            return;
        }
        self.text("in full ", "", Style::new());
        for line in text.lines() {
            self.text("", line, self.theme.tone(Tone::Bad));
        }
    }

    /// Who told of it.
    fn origin(&mut self, tree: &Tree, key: SpanKey) {
        let span = tree.forest.span(key);
        let session = tree.forest.session(span.session());
        let producer = session.and_then(|session| session.producer());
        let mut by = Vec::new();
        let mut ids = vec![format!("span {}", span.id())];
        if let Some(producer) = producer {
            by.extend(producer.pid.map(|pid| format!("process {pid}")));
            let sdk = producer.sdk.as_deref().unwrap_or_default();
            let version = producer.version.as_deref().unwrap_or_default();
            let sdk = format!("{sdk} {version}");
            by.extend((sdk.len() > 1).then_some(sdk));
            ids.push(format!("producer {}", producer.id));
        }
        by.push(format!("connection {}", span.session()));
        self.text("by      ", &by.join("  "), self.theme.dim());
        self.text("ids     ", &ids.join("  "), self.theme.dim());
    }
}

fn begin(tree: &Tree) -> Option<f64> {
    let run = tree.forest.run(tree.run)?;
    run.first_time().map(|at| at.as_f64())
}

/// How long after the run's beginning it started.
fn offset(tree: &Tree, span: &Span) -> Option<f64> {
    Some(span.started()?.as_f64() - begin(tree)?)
}
