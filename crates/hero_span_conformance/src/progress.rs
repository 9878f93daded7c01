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
    shown: Mutex<Option<Instant>>,
}

impl Line {
    /// Looks whether stderr is a terminal.
    pub fn new() -> Self {
        Self {
            is_terminal: std::io::stderr().is_terminal(),
            shown: Mutex::new(None),
        }
    }

    fn show(&self, text: &str) {
        if self.is_terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
        }
    }

    /// A terminal need not hear of each case.
    fn is_due(&self, is_last: bool) -> bool {
        let Ok(mut shown) = self.shown.lock() else {
            return false;
        };
        let is_due = is_last || shown.is_none_or(|at| at.elapsed() > Duration::from_millis(100));
        if is_due {
            *shown = Some(Instant::now());
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
        if self.is_due(done == of) {
            let left = of.saturating_sub(done);
            self.show(&format!(
                "{what}: {done} done, {left} left, {failed} failed"
            ));
        }
    }

    fn end(&self) {
        self.show("");
    }
}
