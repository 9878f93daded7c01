//! What takes over a second says how far it is, on a terminal.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// How soon, and then how often.
const PAUSE: Duration = Duration::from_millis(500);

pub(crate) struct Progress {
    doing: &'static str,
    shown: bool,
    next: Instant,
}

impl Progress {
    pub(crate) fn new(doing: &'static str) -> Self {
        Self {
            doing,
            shown: false,
            next: Instant::now() + PAUSE,
        }
    }

    pub(crate) fn tell(&mut self, so_far: &str) {
        let now = Instant::now();
        let mut out = std::io::stderr();
        if now < self.next || !out.is_terminal() {
            return;
        }
        self.next = now + PAUSE;
        self.shown = true;
        // Nobody to tell is no reason to stop.
        let _ = write!(out, "\r\x1b[K{} {so_far}", self.doing);
        let _ = out.flush();
    }
}

/// What comes next, also an error, finds a clean line.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
