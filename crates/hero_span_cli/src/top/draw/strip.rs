//! One row of the screen. All text from outside passes through here.

use hero_span_protocol::printable;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::view::Tone;

/// Characters that one column may take: letters may carry marks without a
/// width, but not thousands of them.
const CHARS_A_COLUMN: usize = 8;

/// How things look.
#[derive(Debug, Clone, Copy)]
pub(in crate::top) struct Theme {
    pub(in crate::top) colour: bool,
}

impl Theme {
    pub(super) fn tone(self, tone: Tone) -> Style {
        let style = Style::new();
        match tone {
            _ if !self.colour => style,
            Tone::Good => style.green(),
            Tone::Bad => style.red(),
            Tone::Warn => style.yellow(),
            Tone::Live => style.cyan(),
        }
    }

    pub(super) fn dim(self) -> Style {
        let style = Style::new();
        if self.colour { style.dim() } else { style }
    }

    pub(super) fn bold(self) -> Style {
        Style::new().bold()
    }

    /// The title of a pane; the one that the keys move in stands out.
    pub(super) fn title(self, has_keys: bool) -> Style {
        if has_keys {
            Style::new().bold().underlined()
        } else {
            self.dim()
        }
    }

    /// Of a selected row: also without colours.
    pub(super) fn selected(self, has_keys: bool) -> Modifier {
        if has_keys {
            Modifier::REVERSED
        } else {
            Modifier::REVERSED | Modifier::DIM
        }
    }
}

/// A row that is filled from the left, and never wider than it may be. What
/// could steer a terminal is shown as an escape.
#[derive(Debug)]
pub(super) struct Strip {
    spans: Vec<Span<'static>>,
    width: usize,
    filled: usize,
}

impl Strip {
    pub(super) fn new(width: usize) -> Self {
        Self {
            spans: Vec::new(),
            width,
            filled: 0,
        }
    }

    pub(super) fn left(&self) -> usize {
        self.width - self.filled
    }

    /// Adds text, or as much of it as there is room for.
    pub(super) fn add(self, text: &str, style: Style) -> Self {
        let left = self.left();
        self.add_within(left, text, style)
    }

    /// The same, in so many columns at most.
    pub(super) fn add_within(mut self, most: usize, text: &str, style: Style) -> Self {
        let text = fit(text, most.min(self.left()));
        self.filled += columns(&text);
        if !text.is_empty() {
            self.spans.push(Span::styled(text, style));
        }
        self
    }

    /// Adds text that ends at the right edge, if there is room for all of it.
    pub(super) fn add_right(self, text: &str, style: Style) -> Self {
        let width = columns(&printable(text));
        if width > self.left() {
            return self;
        }
        let column = self.width - width;
        self.pad_to(column).add(text, style)
    }

    /// Adds blanks until so many columns are filled.
    pub(super) fn pad_to(mut self, column: usize) -> Self {
        let blanks = column.min(self.width).saturating_sub(self.filled);
        if blanks > 0 {
            self.filled += blanks;
            self.spans.push(Span::raw(" ".repeat(blanks)));
        }
        self
    }

    pub(super) fn line(self) -> Line<'static> {
        Line::from(self.spans)
    }

    /// The whole row, to its right edge.
    pub(super) fn full_line(self) -> Line<'static> {
        let width = self.width;
        self.pad_to(width).line()
    }
}

/// The columns that a text takes: cluster by cluster, as it is put on the
/// screen. Neither what its characters take by themselves nor what it takes as
/// a whole adds up to that.
fn columns(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// The text in so many columns, with an ellipsis where it was cut.
pub(super) fn fit(text: &str, width: usize) -> String {
    let text = printable(text);
    let most = width.saturating_mul(CHARS_A_COLUMN);
    if cut(&text, width, most).len() == text.len() {
        return text.into_owned();
    }
    let Some(room) = width.checked_sub(1) else {
        return String::new();
    };
    let mut fitted = cut(&text, room, most).to_owned();
    fitted.push('…');
    fitted
}

/// The longest beginning of so many columns and characters at most.
fn cut(text: &str, width: usize, chars: usize) -> &str {
    // What stands behind them is not even looked at.
    let seen = beginning(text, chars);
    let mut used = 0;
    for (at, cluster) in seen.grapheme_indices(true) {
        used += cluster.width();
        if used > width {
            return &text[..at];
        }
    }
    seen
}

fn beginning(text: &str, chars: usize) -> &str {
    let end = text.char_indices().nth(chars);
    end.map_or(text, |(at, _)| &text[..at])
}

/// As many characters as surely have room, whatever they make together.
fn broken(text: &str, width: usize) -> &str {
    // A selector may widen what it stands behind.
    let most = |c: char| c.width().unwrap_or(0).max(usize::from(c == '\u{fe0f}'));
    let mut used = 0;
    let fits = text.chars().take_while(|&c| {
        used += most(c);
        used <= width
    });
    beginning(text, fits.count())
}

/// The text in lines of so many columns, broken after a blank where there is
/// one. It must be printable.
pub(super) fn wrap(text: &str, width: usize) -> Vec<&str> {
    let width = width.max(2);
    let mut lines = Vec::new();
    let mut rest = text;
    loop {
        let mut head = cut(rest, width, width * CHARS_A_COLUMN);
        if head.is_empty() {
            // One cluster that no row has room for.
            head = broken(rest, width);
        }
        if head.len() == rest.len() {
            lines.push(rest);
            return lines;
        }
        let blank = head.rfind(' ').map_or(0, |at| at + 1);
        let at = if blank > head.len() / 2 {
            blank
        } else {
            head.len()
        };
        let (line, left) = rest.split_at(at);
        lines.push(line.trim_end());
        rest = left;
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use ratatui::buffer::{Buffer, Cell};
    use ratatui::layout::Rect;

    use super::*;

    #[test]
    fn text_is_cut_to_its_columns() {
        let check = |text: &str, width: usize, expected: &str| {
            assert_eq!(fit(text, width), expected, "{text:?} in {width}");
        };
        check("a step", 6, "a step");
        check("a step", 5, "a st…");
        check("a step", 1, "…");
        check("a step", 0, "");
        check("日本語", 5, "日本…");
        check("日本語", 4, "日…");
        check("a\x1b[2Jb", 20, "a\\u{1b}[2Jb");
        check("a\u{9b}2Jb", 20, "a\\u{9b}2Jb");
        check(
            &format!("a{}", "\u{301}".repeat(100)),
            2,
            &format!("a{}…", "\u{301}".repeat(15)),
        );
        // A sign that a selector makes an emoji takes two columns.
        check("⚠\u{fe0f}⚠\u{fe0f}", 4, "⚠\u{fe0f}⚠\u{fe0f}");
        check("⚠\u{fe0f}⚠\u{fe0f}", 3, "⚠\u{fe0f}…");
        check("⚠\u{fe0f}⚠\u{fe0f}", 2, "…");
        check("a👩\u{200d}🚀b", 3, "a…");
        check("a👩\u{200d}🚀b", 4, "a👩\u{200d}🚀b");
    }

    /// Letters that are measured in more than one way.
    fn letters() -> impl Strategy<Value = String> {
        let some = "a日é\u{301}⚠\u{fe0f}\u{fe0e}👩\u{200d}🚀🇩🇪1\u{20e3}\u{1100}\u{1161}\u{0600}ﷺक\u{94d}\u{200c}ل\u{627} \u{1b}";
        let letter = select(some.chars().collect::<Vec<_>>());
        vec(letter, 0..40).prop_map(|letters| letters.into_iter().collect())
    }

    proptest! {
        #[test]
        fn a_row_is_as_wide_as_it_may_be(parts in vec((letters(), 0..12_usize), 0..6), width in 0..20_usize) {
            let mut strip = Strip::new(width);
            for (text, most) in &parts {
                strip = strip.add_within(*most, text, Style::new()).add_right(text, Style::new());
                prop_assert!(strip.left() <= width);
            }
            let line = strip.full_line();
            // As it is put on the screen, the last column is the last blank.
            let area = Rect::new(0, 0, 40, 1);
            let mut buffer = Buffer::filled(area, Cell::new("#"));
            let (end, _) = buffer.set_line(0, 0, &line, 40);
            prop_assert_eq!(usize::from(end), width);
        }

        #[test]
        fn lines_have_all_of_a_text(text in letters(), width in 0..12_usize) {
            let text = printable(&text);
            let lines = wrap(&text, width);
            let bare = |text: &str| text.replace(' ', "");
            prop_assert_eq!(bare(&lines.concat()), bare(&text));
            for line in lines {
                prop_assert!(columns(line) <= width.max(2), "{line:?}");
            }
        }
    }

    #[test]
    fn long_text_is_broken_after_blanks() {
        let check = |text: &str, width: usize, expected: &[&str]| {
            assert_eq!(wrap(text, width), expected, "{text:?} in {width}");
        };
        check("", 5, &[""]);
        check("one two three", 8, &["one two", "three"]);
        check("abcdefghij", 4, &["abcd", "efgh", "ij"]);
        check("日本語", 1, &["日", "本", "語"]);
    }
}
