//! How long a process waited: time in which it neither ran nor wanted to.
//!
//! A busy machine makes everything slow. What an SDK does to its user's code
//! is to wait, and that is told apart where the kernel counts it (Linux).

use std::fs;
use std::time::{Duration, Instant};

/// Measures one stretch of a process's time.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    process: u32,
    since: Instant,
    busy: Duration,
}

impl Stopwatch {
    pub(crate) fn start(process: u32) -> Self {
        Self {
            process,
            since: Instant::now(),
            busy: busy(process),
        }
    }

    /// The time since the start, but for what its threads were busy with. All
    /// of it where the kernel does not say.
    pub(crate) fn waited(&self) -> Duration {
        let all = self.since.elapsed();
        let busy = busy(self.process).saturating_sub(self.busy);
        all.saturating_sub(busy)
    }
}

/// How long its threads ran, or waited for a processor, and those of the
/// processes that it started: an SDK may run in one of them.
fn busy(process: u32) -> Duration {
    let mut all = Duration::ZERO;
    let mut processes = vec![process];
    while let Some(process) = processes.pop() {
        let threads = fs::read_dir(format!("/proc/{process}/task"));
        for thread in threads.into_iter().flatten().flatten() {
            let read =
                |file: &str| fs::read_to_string(thread.path().join(file)).unwrap_or_default();
            all += busy_of(&read("schedstat")).unwrap_or_default();
            let children = read("children");
            processes.extend(children.split_whitespace().flat_map(str::parse::<u32>));
        }
    }
    all
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
        if fs::exists("/proc/self/schedstat").unwrap() {
            let busy = waited("while :; do :; done");
            assert!(busy < Duration::from_millis(50), "{busy:?}");
        }
        if fs::exists("/proc/thread-self/children").unwrap() {
            let busy = waited("timeout 1 sh -c 'while :; do :; done'; true");
            assert!(busy < Duration::from_millis(80), "{busy:?}");
        }
    }
}
