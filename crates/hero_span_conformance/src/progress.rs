//! What a run tells while it goes on.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Hears how far a run is.
pub trait Progress: Sync {
    /// A part begins that cannot say how far it is.
    fn say(&self, what: &str);
    /// So many of so many cases are done, and so many failed.
    fn step(&self, what: &str, done: usize, of: usize, failed: usize);
    /// Nothing more comes.
    fn end(&self);
}

/// Says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Quiet;

impl Progress for Quiet {
    fn say(&self, _: &str) {}
    fn step(&self, _: &str, _: usize, _: usize, _: usize) {}
    fn end(&self) {}
}

/// Keeps one line of stderr up to date, if that is a terminal.
#[derive(Debug)]
pub struct Line {
    is_terminal: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The part that runs, and since when.
    part: Option<(String, Instant)>,
    shown: Option<Instant>,
}

impl Line {
    /// Looks whether stderr is a terminal.
    pub fn new() -> Self {
        Self {
            is_terminal: std::io::stderr().is_terminal(),
            state: Mutex::default(),
        }
    }

    fn show(&self, text: &str) {
        if self.is_terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
        }
    }
}

impl State {
    /// How long this part has been running.
    fn elapsed(&mut self, what: &str) -> Duration {
        match &self.part {
            Some((part, since)) if part == what => since.elapsed(),
            _ => {
                self.part = Some((what.into(), Instant::now()));
                Duration::ZERO
            }
        }
    }

    /// A terminal need not hear of each case.
    fn is_due(&mut self, is_last: bool) -> bool {
        let often = Duration::from_millis(100);
        let is_due = is_last || self.shown.is_none_or(|at| at.elapsed() > often);
        if is_due {
            self.shown = Some(Instant::now());
        }
        is_due
    }
}

impl Default for Line {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress for Line {
    fn say(&self, what: &str) {
        self.show(what);
    }

    fn step(&self, what: &str, done: usize, of: usize, failed: usize) {
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        let elapsed = state.elapsed(what);
        if state.is_due(done == of) {
            self.show(&words(what, done, of, failed, elapsed));
        }
    }

    fn end(&self) {
        self.show("");
    }
}

/// What runs, how much is left, and how long that may take.
fn words(what: &str, done: usize, of: usize, failed: usize, elapsed: Duration) -> String {
    let mut words = format!("{what}: {done} of {of}");
    if failed > 0 {
        words += &format!(", {failed} failed");
    }
    let left = of.saturating_sub(done);
    if done > 0 && left > 0 && elapsed >= Duration::from_secs(1) {
        let seconds = elapsed.as_secs_f64() / done as f64 * left as f64;
        words += &format!(", about {seconds:.0} s left");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_tells_what_is_left() {
        let check = |done, failed, seconds, expected: &str| {
            let elapsed = Duration::from_secs(seconds);
            assert_eq!(words("cases", done, 200, failed, elapsed), expected);
        };
        check(3, 0, 0, "cases: 3 of 200");
        check(50, 2, 4, "cases: 50 of 200, 2 failed, about 12 s left");
        check(200, 0, 9, "cases: 200 of 200");
    }
}
