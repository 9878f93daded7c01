//! What measuring programs share.

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds that all threads of this process have run, user and system.
pub(crate) fn cpu_ns() -> i64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// The values of arguments like `--rounds 5`.
pub(crate) struct Arguments(Vec<String>);

impl Arguments {
    pub(crate) fn given() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    /// What stands behind a name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut rest = self.0.iter().skip_while(|argument| *argument != name);
        rest.next()?;
        rest.next().map(String::as_str)
    }

    /// What must stand behind a name.
    pub(crate) fn need(&self, name: &str) -> Result<&str, String> {
        self.get(name).ok_or_else(|| format!("{name} is missing"))
    }

    /// A number behind a name, or another one.
    pub(crate) fn number(&self, name: &str, otherwise: usize) -> Result<usize, String> {
        let number = self.get(name).map(str::parse);
        let number = number.transpose();
        let number = number.map_err(|e| format!("{name}: {e}"))?;
        Ok(number.unwrap_or(otherwise))
    }
}
