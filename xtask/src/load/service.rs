//! A collector as a process of its own.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Failure;

/// How long it may take to listen, and to end.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Service {
    child: Child,
    pub(super) socket: PathBuf,
}

impl Service {
    /// Starts it in `directory`, with its store there, and waits until it
    /// listens.
    pub(super) fn start(program: &Path, directory: &Path) -> Result<Self, Failure> {
        let socket = directory.join("s");
        let child = Command::new(program)
            .args([
                "collect",
                "--view",
                "none",
                "--store-limit",
                "0",
                "--listen",
            ])
            .arg(&socket)
            .arg("--store")
            .arg(store(directory))
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("cannot start the collector: {e}"))?;
        let service = Self { child, socket };
        let until = Instant::now() + PATIENCE;
        while UnixStream::connect(&service.socket).is_err() {
            if Instant::now() > until {
                return Err("the collector does not listen".to_owned());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(service)
    }

    /// What it holds in memory, in KiB.
    pub(super) fn resident_kib(&self) -> u64 {
        self.figure("status", |text| {
            let line = text.lines().find(|line| line.starts_with("VmRSS:"))?;
            line.split_whitespace().nth(1)?.parse().ok()
        })
    }

    /// The CPU time that it used, in hundredths of a second.
    pub(super) fn cpu_ticks(&self) -> u64 {
        self.figure("stat", |text| {
            let after_name = text.rsplit(')').next()?;
            let mut fields = after_name.split_whitespace().skip(11);
            let user: u64 = fields.next()?.parse().ok()?;
            let system: u64 = fields.next()?.parse().ok()?;
            Some(user + system)
        })
    }

    fn figure(&self, file: &str, read: impl Fn(&str) -> Option<u64>) -> u64 {
        let path = format!("/proc/{}/{file}", self.child.id());
        let text = fs::read_to_string(path).unwrap_or_default();
        read(&text).unwrap_or(0)
    }

    /// SIGKILL.
    pub(super) fn kill(mut self) -> Result<(), Failure> {
        self.child.kill().map_err(|e| format!("cannot kill: {e}"))?;
        self.child.wait().map_err(|e| format!("cannot wait: {e}"))?;
        Ok(())
    }

    /// SIGTERM, and its end.
    pub(super) fn stop(mut self) -> Result<(), Failure> {
        let killed = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        killed.map_err(|e| format!("cannot send a signal: {e}"))?;
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            match self.child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(format!("the collector ended with {status}")),
                Ok(None) => std::thread::sleep(Duration::from_millis(10)),
                Err(e) => return Err(format!("cannot wait: {e}")),
            }
        }
        Err("the collector does not end".to_owned())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Gone already when all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the store lies in a drill's directory.
pub(super) fn store(directory: &Path) -> PathBuf {
    directory.join("spans.db")
}
