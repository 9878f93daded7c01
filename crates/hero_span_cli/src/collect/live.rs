//! Trees that are drawn again as they grow. Runs that are over scroll away
//! as text; below them, only as tall as the terminal, stand those that go on.

use std::collections::HashSet;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use hero_span_collector::tree::{RunId, SpanKey};
use hero_span_collector::{Forest, Update};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::show::View;
use crate::view::{Look, Rows, choose, header, now_ms, plural, run_lines};

/// Should a line be wider than was thought, the terminal must not wrap it: else
/// a frame's height would not be known.
const CLIP: &str = "\x1b[?7l";
const WRAP: &str = "\x1b[?7h";

/// Ends a line where another stood, and a frame where a taller one stood. A
/// screen that is cleared from its top is kept by some terminals as history:
/// what is drawn again is written over instead.
const LINE_END: &str = "\x1b[K\n";
const FRAME_END: &str = "\x1b[J";

/// The terminal shows all of a frame at once, if it knows how.
const BEGIN: &str = "\x1b[?2026h";
const END: &str = "\x1b[?2026l";

/// Where the terminal's rows and columns cannot be known.
const USUAL_SIZE: (usize, usize) = (24, 80);

/// How often a frame is drawn when only the clock has moved.
const IDLE: Duration = Duration::from_millis(500);

/// Drawing may take this part of the time: large runs are drawn less often.
const SHARE: u32 = 8;

pub(crate) struct Live<W: Write> {
    out: W,
    look: Look,
    /// The height of the frame that stands on the terminal.
    drawn: usize,
    changed: bool,
    next: Option<Instant>,
    over: HashSet<RunId>,
    /// What stands between one run that is over and the next.
    gap: Option<String>,
    size: fn() -> Option<(usize, usize)>,
}

impl<W: Write> Live<W> {
    pub(super) fn new(out: W, look: Look) -> Self {
        Self {
            out,
            look,
            drawn: 0,
            changed: false,
            next: None,
            over: HashSet::new(),
            gap: Some(String::new()),
            size: || terminal_size(std::io::stdout()),
        }
    }

    /// On standard error, below what a flow prints.
    pub(crate) fn below(out: W, look: Look) -> Self {
        Self {
            gap: None,
            size: || terminal_size(std::io::stderr()),
            ..Self::new(out, look)
        }
    }

    /// Replaces the frame by lines that stay.
    pub(crate) fn keep(&mut self, lines: impl Iterator<Item = String>) -> io::Result<()> {
        let mut text = top(self.drawn);
        self.drawn = 0;
        self.changed = true;
        for line in lines {
            text.push_str(&line);
            text.push_str(LINE_END);
            if text.len() > 1 << 16 {
                self.out.write_all(text.as_bytes())?;
                text.clear();
            }
        }
        text.push_str(FRAME_END);
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    fn draw(&mut self, forest: &Forest) -> io::Result<()> {
        let (rows, columns) = (self.size)().unwrap_or(USUAL_SIZE);
        let room = rows.saturating_sub(1);
        let look = Look {
            now_ms: Some(now_ms()),
            ..self.look
        };
        let lines = frame(forest, &self.over, look, room);
        let top = top(self.drawn);
        self.drawn = lines.len();
        let lines: String = lines
            .iter()
            .map(|line| clip(line, columns) + LINE_END)
            .collect();
        let text = format!("{BEGIN}{top}{CLIP}{lines}{FRAME_END}{WRAP}{END}");
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    fn is_due(&self, now: Instant) -> bool {
        self.next.is_none_or(|next| {
            let idle = if self.changed { Duration::ZERO } else { IDLE };
            now >= next + idle
        })
    }
}

impl<W: Write> View for Live<W> {
    fn take(&mut self, forest: &Forest, update: &Update<'_>) -> io::Result<()> {
        self.changed = true;
        match update {
            Update::RunOver(run) => {
                self.over.insert(*run);
                let lines = run_lines(forest, *run, self.look);
                self.keep(lines.chain(self.gap.clone()))
            }
            // A run that goes on after all is drawn again.
            Update::Event { heard, .. } => {
                self.over.remove(&heard.run);
                Ok(())
            }
            Update::CannotAccept(error) => {
                let text = format!("! cannot accept connections: {error}; trying again");
                self.keep(std::iter::once(text))
            }
            _ => Ok(()),
        }
    }

    fn tick(&mut self, forest: &Forest) -> io::Result<()> {
        let begun = Instant::now();
        if !self.is_due(begun) {
            return Ok(());
        }
        self.over.retain(|run| forest.run(*run).is_some());
        self.draw(forest)?;
        self.changed = false;
        let ended = Instant::now();
        self.next = Some(ended + (ended - begun) * SHARE);
        Ok(())
    }
}

/// Goes to the top of the frame.
fn top(drawn: usize) -> String {
    match drawn {
        0 => String::new(),
        drawn => format!("\x1b[{drawn}A\r"),
    }
}

/// A styled line, cut to the terminal's width where it is wider.
fn clip(line: &str, columns: usize) -> String {
    if anstream::adapter::strip_str(line).to_string().width() <= columns {
        return line.to_owned();
    }
    let (mut clipped, mut width, mut in_style) = (String::new(), 1, false);
    for c in line.chars() {
        in_style |= c == '\x1b';
        if !in_style {
            width += c.width().unwrap_or(0);
            if width > columns {
                break;
            }
        }
        clipped.push(c);
        in_style &= c != 'm';
    }
    clipped + "…\x1b[0m"
}

/// The lines of the runs that go on, at most `room` of them: the newest runs,
/// and of each what runs now.
fn frame(forest: &Forest, over: &HashSet<RunId>, look: Look, room: usize) -> Vec<String> {
    let runs = forest.runs().map(|(id, _)| id);
    let mut runs: Vec<_> = runs.filter(|id| !over.contains(id)).collect();
    let hidden = runs.len().saturating_sub(room / 3);
    runs.drain(..hidden);
    let mut lines = Vec::new();
    if hidden > 0 {
        lines.push(
            look.paint
                .dim(&format!("… and {}", plural(hidden as u64, "earlier run"))),
        );
    }
    let count = runs.len();
    for (done, run) in runs.into_iter().enumerate() {
        let share = (room.saturating_sub(lines.len())) / (count - done);
        lines.extend(part(forest, run, look, share));
    }
    lines
}

/// A run in at most `room` lines: whole if it fits, else its header and the
/// spans that matter most.
fn part(forest: &Forest, run: RunId, look: Look, room: usize) -> Vec<String> {
    let held = forest.run(run).map_or(0, |run| run.held_spans());
    if held < room as u64 {
        let lines: Vec<_> = run_lines(forest, run, look).take(room + 1).collect();
        if lines.len() <= room {
            return lines;
        }
    }
    let chosen: HashSet<SpanKey> = choose(forest, run, room.saturating_sub(1));
    let rows = Rows::new(forest, run, look.stable, Some(&chosen));
    let header = std::iter::once(header(forest, run, look));
    header
        .chain(rows.map(|row| look.row(forest, &row)))
        .collect()
}

fn terminal_size(on: impl AsFd) -> Option<(usize, usize)> {
    let size = rustix::termios::tcgetwinsize(on).ok()?;
    let known = size.ws_row > 0 && size.ws_col > 0;
    known.then(|| (size.ws_row.into(), size.ws_col.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, columns: usize, expected: &str) {
        assert_eq!(clip(line, columns), expected);
    }

    #[test]
    fn lines_are_clipped_to_the_width() {
        check("a step", 6, "a step");
        check("a step", 5, "a st…\u{1b}[0m");
        check("\u{1b}[31ma step\u{1b}[0m", 6, "\u{1b}[31ma step\u{1b}[0m");
        check("\u{1b}[31ma step\u{1b}[0m", 3, "\u{1b}[31ma …\u{1b}[0m");
        check("日本語", 5, "日本…\u{1b}[0m");
        check("日本語", 4, "日…\u{1b}[0m");
    }
}
