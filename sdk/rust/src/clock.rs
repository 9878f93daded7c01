//! Times: the wall clock is read once, and a monotonic clock is added to it (`sdk.clock`).

use std::sync::OnceLock;
use std::time::{Instant, SystemTime};

static ANCHOR: OnceLock<(Instant, u64)> = OnceLock::new();

/// Microseconds since the Unix epoch. It never goes back.
#[inline]
pub(crate) fn now_us() -> u64 {
    let (began, epoch_us) = ANCHOR.get_or_init(anchor);
    epoch_us + micros(began.elapsed())
}

fn anchor() -> (Instant, u64) {
    let epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    (Instant::now(), micros(epoch.unwrap_or_default()))
}

#[inline]
fn micros(duration: std::time::Duration) -> u64 {
    duration.as_secs() * 1_000_000 + u64::from(duration.subsec_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_that_of_the_wall_clock_and_never_goes_back() {
        let wall = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap();
        let mut last = now_us();
        assert!(last.abs_diff(wall.as_micros() as u64) < 1_000_000);
        for _ in 0..1000 {
            let now = now_us();
            assert!(now >= last);
            last = now;
        }
    }
}
