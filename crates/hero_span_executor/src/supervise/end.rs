//! How a run ended, told from facts.

use std::fmt;
use std::time::Duration;

use super::output::Totals;
use crate::words::{Signal, Status};

/// Why a run is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It ended by itself.
    Exited {
        /// Its exit code.
        code: i32,
    },
    /// A signal ended it that this executor did not send: its own, or from
    /// outside.
    Killed {
        /// The signal's number.
        signal: i32,
    },
    /// The kernel killed it for want of memory: it died of a SIGKILL that this
    /// executor did not send, and the kernel counted such a kill meanwhile.
    OutOfMemory,
    /// It was not over at its deadline, and ended after it was told to.
    OutOfTime {
        /// How long it had run by then.
        after: Duration,
        /// The last signal that it was sent.
        by: Signal,
    },
    /// It ended after a [`Stopper`](super::Stopper) told it to.
    Cancelled {
        /// The last signal that it was sent.
        by: Signal,
    },
    /// There was no program to run, or no way to run it.
    NotStarted {
        /// What could not be done, and the system's reason.
        why: String,
    },
    /// Its supervisor died. The kernel killed the flow then; processes that the
    /// flow had started may be left.
    SupervisorLost,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { code } => write!(f, "exited with code {code}"),
            Self::Killed { signal } => write!(f, "killed by signal {signal}"),
            Self::OutOfMemory => write!(f, "killed by the kernel, which had no memory left"),
            Self::OutOfTime { after, by } => {
                write!(f, "out of time after {after:.1?}, ended by {by}")
            }
            Self::Cancelled { by } => write!(f, "cancelled, ended by {by}"),
            Self::NotStarted { why } => write!(f, "not started: {why}"),
            Self::SupervisorLost => write!(f, "lost: its supervisor died"),
        }
    }
}

/// What was left under a flow when it was over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many processes were killed, the flow itself aside.
    pub killed: u32,
    /// How many could not be: they took another user's rights, or wait for a
    /// device.
    pub left: u32,
}

/// A run that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Why.
    pub end: End,
    /// What was left under it; not known when its supervisor is lost.
    pub swept: Option<Swept>,
    /// From its start to its end, without the sweep.
    pub took: Duration,
    /// How much it printed.
    pub output: Totals,
}

/// Why a run was told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Deadline { after: Duration },
    Stopped,
}

/// What is known of the flow's end, from its supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    NotStarted {
        why: String,
    },
    /// With the last order that was carried out while it ran.
    Ended {
        status: Status,
        asked: Option<Signal>,
    },
}

const SIGKILL: i32 = rustix::process::Signal::KILL.as_raw();

/// The end of a flow that met this fate; `out_of_memory` says whether the kernel
/// killed somebody for that.
pub(super) fn told(
    fate: Option<Fate>,
    swept: Option<Swept>,
    cause: Option<Cause>,
    out_of_memory: impl Fn() -> bool,
) -> End {
    let by_cause = |by| match cause {
        Some(Cause::Deadline { after }) => Some(End::OutOfTime { after, by }),
        Some(Cause::Stopped) => Some(End::Cancelled { by }),
        None => None,
    };
    match fate {
        Some(Fate::NotStarted { why }) => End::NotStarted { why },
        Some(Fate::Ended { status, asked }) => {
            let by_order = asked.and_then(by_cause);
            by_order.unwrap_or_else(|| by_itself(status, out_of_memory))
        }
        // It outlived SIGKILL.
        None if swept.is_some() => by_cause(Signal::Kill).unwrap_or(End::SupervisorLost),
        None => End::SupervisorLost,
    }
}

fn by_itself(status: Status, out_of_memory: impl Fn() -> bool) -> End {
    match status {
        Status::Code(code) => End::Exited { code },
        Status::Signal(SIGKILL) if out_of_memory() => End::OutOfMemory,
        Status::Signal(signal) => End::Killed { signal },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AFTER: Duration = Duration::from_secs(3);
    const DEADLINE: Option<Cause> = Some(Cause::Deadline { after: AFTER });

    #[track_caller]
    fn check(
        status: Status,
        asked: Option<Signal>,
        cause: Option<Cause>,
        out_of_memory: bool,
        expected: &str,
    ) {
        let fate = Some(Fate::Ended { status, asked });
        let end = told(fate, Some(Swept::default()), cause, || out_of_memory);
        assert_eq!(end.to_string(), expected);
    }

    #[test]
    fn a_flow_that_ends_by_itself() {
        check(Status::Code(0), None, None, true, "exited with code 0");
        check(Status::Signal(11), None, None, true, "killed by signal 11");
        check(Status::Signal(9), None, None, false, "killed by signal 9");
        check(
            Status::Signal(9),
            None,
            None,
            true,
            "killed by the kernel, which had no memory left",
        );
        // It was over when the order came.
        check(Status::Code(0), None, DEADLINE, false, "exited with code 0");
    }

    #[test]
    fn a_flow_that_is_told_to_end() {
        let (term, kill) = (Some(Signal::Terminate), Some(Signal::Kill));
        let stopped = Some(Cause::Stopped);
        check(
            Status::Code(0),
            term,
            DEADLINE,
            false,
            "out of time after 3.0s, ended by SIGTERM",
        );
        check(
            Status::Signal(9),
            kill,
            DEADLINE,
            true,
            "out of time after 3.0s, ended by SIGKILL",
        );
        check(
            Status::Signal(2),
            Some(Signal::Interrupt),
            stopped,
            false,
            "cancelled, ended by SIGINT",
        );
    }

    #[test]
    fn a_flow_of_which_nothing_was_heard() {
        assert_eq!(told(None, None, DEADLINE, || true), End::SupervisorLost);
        let swept = Some(Swept { killed: 0, left: 1 });
        let end = told(None, swept, DEADLINE, || true);
        assert_eq!(
            end,
            End::OutOfTime {
                after: AFTER,
                by: Signal::Kill
            }
        );
    }
}
