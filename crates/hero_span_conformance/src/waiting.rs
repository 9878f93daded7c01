//! How long a process waited: time in which it neither ran nor wanted to.
//!
//! A busy machine makes everything slow. What an SDK does to its user's code
//! is to wait, and that is told apart where the kernel counts it (Linux).

use std::fs;
use std::time::{Duration, Instant};

use rustix::param::clock_ticks_per_second;

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
        let (mut ran, mut queued) = (Duration::ZERO, Duration::ZERO);
        let threads = fs::read_dir(format!("/proc/{process}/task"));
        for thread in threads.into_iter().flatten().flatten() {
            let read =
                |file: &str| fs::read_to_string(thread.path().join(file)).unwrap_or_default();
            let of_thread = ran_and_queued(&read("schedstat")).unwrap_or_default();
            ran += of_thread.0;
            queued += of_thread.1;
            let children = read("children");
            processes.extend(children.split_whitespace().flat_map(str::parse::<u32>));
        }
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let (own, of_ended) = times(&stat).unwrap_or_default();
        // Threads that ended took their finer figures with them.
        all += ran.max(own) + of_ended + queued;
    }
    all
}

/// Nanoseconds on a processor, nanoseconds in its queue, turns.
fn ran_and_queued(statistics: &str) -> Option<(Duration, Duration)> {
    let mut numbers = statistics.split_whitespace().map(str::parse::<u64>);
    let mut next = || Some(Duration::from_nanos(numbers.next()?.ok()?));
    Some((next()?, next()?))
}

/// What a process ran, its ended threads included, and what its children ran
/// that ended: user and system time of each in ticks, from the twelfth field
/// after the name on.
fn times(stat: &str) -> Option<(Duration, Duration)> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let ticks: Vec<u64> = fields
        .split_whitespace()
        .skip(11)
        .take(4)
        .map_while(|field| field.parse().ok())
        .collect();
    let [user, system, user_of_ended, system_of_ended] = ticks.try_into().ok()?;
    let tick = Duration::from_secs(1) / u32::try_from(clock_ticks_per_second()).ok()?;
    let time = |ticks: u64| tick.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX));
    Some((time(user + system), time(user_of_ended + system_of_ended)))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn statistics_are_read() {
        let nanos = Duration::from_nanos;
        assert_eq!(
            ran_and_queued("1000 500 3\n"),
            Some((nanos(1000), nanos(500)))
        );
        assert_eq!(ran_and_queued("x"), None);
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 150 50 30 10 20 0 3\n";
        let seconds = |ticks: u32| Duration::from_secs(1) * ticks / 100;
        assert_eq!(times(stat), Some((seconds(200), seconds(40))));
        assert_eq!(times("7 (a) S 1"), None);
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
    /// It runs for a second, and then another program takes its parent's place.
    #[test]
    fn what_has_ended_was_busy_all_the_same() {
        let script = "sh -c 'ulimit -t 1; while :; do :; done' 2>/dev/null; exec sleep 60";
        let mut process = Command::new("sh").args(["-c", script]).spawn().unwrap();
        let name = format!("/proc/{}/comm", process.id());
        let since = Instant::now();
        while fs::read_to_string(&name).unwrap() != "sleep\n" {
            assert!(since.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(20));
        }
        let found = busy(process.id());
        process.kill().unwrap();
        process.wait().unwrap();
        assert!(found >= Duration::from_millis(900), "{found:?}");
    }
}
