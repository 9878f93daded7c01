//! Colours, where they are wanted.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

const BAD: Style = AnsiColor::Red.on_default();
const WARN: Style = AnsiColor::Yellow.on_default();
const GOOD: Style = AnsiColor::Green.on_default();
const LIVE: Style = AnsiColor::Cyan.on_default();
const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();

/// How good or bad a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Warn,
    Live,
}

/// A colour or another stress.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shade {
    Toned(Tone),
    Live,
    Dim,
    Bold,
}

impl Shade {
    pub(crate) const BAD: Self = Self::Toned(Tone::Bad);

    fn style(self) -> Style {
        match self {
            Self::Toned(Tone::Good) => GOOD,
            Self::Toned(Tone::Bad) => BAD,
            Self::Toned(Tone::Warn) => WARN,
            Self::Toned(Tone::Live) | Self::Live => LIVE,
            Self::Dim => DIM,
            Self::Bold => BOLD,
        }
    }
}

/// Puts colours around text, or leaves it as it is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Paint {
    pub(crate) colour: bool,
}

impl Paint {
    pub(crate) fn toned(self, tone: Tone, text: &str) -> String {
        match tone {
            Tone::Good => self.good(text),
            Tone::Bad => self.bad(text),
            Tone::Warn => self.warn(text),
            Tone::Live => self.live(text),
        }
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.with(BAD, text)
    }

    pub(crate) fn warn(self, text: &str) -> String {
        self.with(WARN, text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.with(GOOD, text)
    }

    pub(crate) fn live(self, text: &str) -> String {
        self.with(LIVE, text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.with(DIM, text)
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.with(BOLD, text)
    }

    /// Adds text in that shade to a line.
    pub(crate) fn add(self, shade: Shade, text: &str, line: &mut String) {
        self.add_by(shade, line, |line| line.push_str(text));
    }

    /// Adds in that shade what is written.
    pub(crate) fn add_by(self, shade: Shade, line: &mut String, write: impl FnOnce(&mut String)) {
        let style = shade.style();
        // Writing to a string does not fail.
        if self.colour {
            let _ = write!(line, "{style}");
        }
        write(line);
        if self.colour {
            let _ = write!(line, "{style:#}");
        }
    }

    fn with(self, style: Style, text: &str) -> String {
        if self.colour {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}
