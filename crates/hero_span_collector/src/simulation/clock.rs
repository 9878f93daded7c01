//! Wall time that stands still where tokio's does.

use std::cell::Cell;

use tokio::time::Instant;

thread_local! {
    static START: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A simulation begins: each has a thread of its own.
pub(super) fn start() {
    START.set(Some(Instant::now()));
}

/// Milliseconds since the Unix epoch, some time in 2023.
pub(super) fn now_ms() -> f64 {
    let since = START
        .get()
        .map_or(0.0, |start| start.elapsed().as_secs_f64());
    1_700_000_000_000.0 + since * 1e3
}
