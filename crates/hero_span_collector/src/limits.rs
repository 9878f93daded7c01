//! How much a collector takes from those who connect.

use std::time::Duration;

use tokio::sync::Semaphore;

/// What one collector grants to its connections.
///
/// ```
/// use std::time::Duration;
/// use hero_span_collector::Limits;
///
/// let idle = Some(Duration::from_secs(60));
/// let limits = Limits { idle, ..Limits::default() };
/// assert_eq!(limits.connections, 10_000);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long a connection may send nothing before it is closed
    /// ([`crate::tree::Ending::Idle`]); `None` is for ever, which is the
    /// default. A byte now and then is enough to stay.
    pub idle: Option<Duration>,
    /// How many connections may be open at once, at least one; the others
    /// wait to be accepted. A silent one holds a few KiB. One that means harm
    /// holds an unfinished line of 32 KiB and the ids of some 16,000 spans, 1
    /// to 2 MiB, and while a sink is slow also what one read of 16 KiB brought.
    /// What spans said is held in common, and bounded in all.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            idle: None,
            connections: 10_000,
        }
    }
}

impl Limits {
    /// As many connections as can be counted.
    pub(crate) fn places(&self) -> usize {
        self.connections.clamp(1, Semaphore::MAX_PERMITS)
    }
}
