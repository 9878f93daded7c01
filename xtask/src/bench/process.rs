//! Whole processes: what they take of the processor, of the clock and of memory.

use std::fs;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// How often is looked how much memory a process has had.
const LOOK: Duration = Duration::from_millis(5);

/// What a process took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Took {
    /// User and system, of all its threads. Counted in hundredths of a second.
    pub(super) cpu: Duration,
    pub(super) clock: Duration,
    /// The most that it held, as far as that was seen.
    pub(super) peak_kib: u64,
}

/// A process that is being measured.
pub(super) struct Running {
    child: Child,
    begun: Instant,
}

impl Running {
    /// Starts a command. What it prints is thrown away, unless the command says otherwise.
    pub(super) fn start(command: &mut Command) -> Result<Self, String> {
        let begun = Instant::now();
        let child = command.stdin(Stdio::null()).spawn();
        let child = child.map_err(|error| format!("cannot run {command:?}: {error}"))?;
        Ok(Self { child, begun })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it says on stderr, if that is piped.
    pub(super) fn stderr(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }

    /// Waits for its end; it may exit with one of these codes.
    pub(super) fn finish(mut self, codes: &[i32]) -> Result<Took, String> {
        let mut peak_kib = 0;
        while !has_ended(&self.child)? {
            peak_kib = peak_kib.max(peak_of(&self.child));
            thread::sleep(LOOK);
        }
        let clock = self.begun.elapsed();
        let cpu = cpu_of(&self.child); // it is there until it is waited for
        let status = self.child.wait().map_err(|error| error.to_string())?;
        match status.code().is_some_and(|code| codes.contains(&code)) {
            true => Ok(Took {
                cpu,
                clock,
                peak_kib,
            }),
            false => Err(status.to_string()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already when all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command to its end; it may exit with one of these codes. What it prints is thrown away.
pub(super) fn run(command: &mut Command, codes: &[i32]) -> Result<Took, String> {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let took = Running::start(command)?.finish(codes);
    took.map_err(|why| format!("{command:?}: {why}"))
}

/// Whether a child is over, without waiting for it.
fn has_ended(child: &Child) -> Result<bool, String> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or("a process has no number")?;
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let found = waitid(WaitId::Pid(pid), options).map_err(|error| error.to_string())?;
    Ok(found.is_some())
}

/// The processor time of a process that has not been waited for.
fn cpu_of(child: &Child) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let times = after_name.split_whitespace().skip(11).take(2);
    let ticks: u64 = times.filter_map(|time| time.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn peak_of(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let words = line.and_then(|line| line.split_whitespace().nth(1));
    words.and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_measured_to_its_end() {
        let mut command = Command::new("python3");
        let work = "import time\nx = bytearray(50 << 20)\n\
            while time.process_time() < 0.3: pass\nraise SystemExit(1)";
        let took = run(command.args(["-c", work]), &[0, 1]).unwrap();
        assert!(took.cpu >= Duration::from_millis(290), "{took:?}");
        assert!(
            took.clock >= took.cpu - Duration::from_millis(20),
            "{took:?}"
        );
        assert!(took.peak_kib > 50 << 10, "{took:?}");
    }

    #[test]
    fn a_process_that_fails_is_told() {
        let failed = run(&mut Command::new("false"), &[0]);
        assert_eq!(
            failed.map(|_| ()),
            Err("\"false\": exit status: 1".to_owned())
        );
    }
}
