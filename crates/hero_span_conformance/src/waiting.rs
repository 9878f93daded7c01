//! How long a process waited: time in which it neither ran nor wanted to.
//!
//! A busy machine makes everything slow. What an SDK does to its user's code
//! is to wait, and that is told apart where the kernel counts it (Linux).

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Measures one stretch of a process's time.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    threads: PathBuf,
    since: Instant,
    busy: Duration,
}

impl Stopwatch {
    pub(crate) fn start(process: u32) -> Self {
        let threads = PathBuf::from(format!("/proc/{process}/task"));
        Self {
            since: Instant::now(),
            busy: busy(&threads),
            threads,
        }
    }

    /// The time since the start, but for what its threads were busy with. All
    /// of it where the kernel does not say.
    pub(crate) fn waited(&self) -> Duration {
        let all = self.since.elapsed();
        let busy = busy(&self.threads).saturating_sub(self.busy);
        all.saturating_sub(busy)
    }
}

/// How long the threads ran, or waited for a processor.
fn busy(threads: &PathBuf) -> Duration {
    let Ok(threads) = fs::read_dir(threads) else {
        return Duration::ZERO;
    };
    let statistics = threads.filter_map(|thread| {
        let file = thread.ok()?.path().join("schedstat");
        busy_of(&fs::read_to_string(file).ok()?)
    });
    statistics.sum()
}

/// Nanoseconds on a processor, nanoseconds in its queue, turns.
fn busy_of(statistics: &str) -> Option<Duration> {
    let mut numbers = statistics.split_whitespace().map(str::parse::<u64>);
    let (ran, queued) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some(Duration::from_nanos(ran.saturating_add(queued)))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn statistics_are_read() {
        assert_eq!(busy_of("1000 500 3\n"), Some(Duration::from_nanos(1500)));
        assert_eq!(busy_of("x"), None);
    }

    fn waited(script: &str) -> Duration {
        let mut process = Command::new("sh").args(["-c", script]).spawn().unwrap();
        let stopwatch = Stopwatch::start(process.id());
        std::thread::sleep(Duration::from_millis(200));
        let waited = stopwatch.waited();
        process.kill().unwrap();
        process.wait().unwrap();
        waited
    }

    #[test]
    fn sleep_is_waiting_and_work_is_not() {
        let asleep = waited("exec sleep 1");
        assert!(asleep >= Duration::from_millis(150), "{asleep:?}");
        if PathBuf::from("/proc/self/schedstat").exists() {
            let busy = waited("while :; do :; done");
            assert!(busy < Duration::from_millis(50), "{busy:?}");
        }
    }
}
