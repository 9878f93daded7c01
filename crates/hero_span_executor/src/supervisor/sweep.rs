//! Everything under the supervisor is killed, however fast it grows.
//!
//! Each round kills the supervisor's children and follows their trees down.
//! Three facts make that enough, and safe:
//!
//! - A process is killed *first*, and then its children are listed. Once SIGKILL
//!   is pending no fork of the process succeeds, so the list is complete; and if
//!   the process is gone before it is read, its children are the supervisor's,
//!   and belong to the next round.
//! - Following the trees costs less than a fork, for each level. To kill only
//!   children, and wait for theirs to be adopted, would cost a death for each
//!   level: a chain of processes that fork would grow faster.
//! - A number of a process means that process until it is waited for. Only the
//!   supervisor waits for its own children, so their numbers are safe. One
//!   further down is held by a descriptor first ([`pidfd_open`]), then seen to be
//!   the child of one that is held, and killed through the descriptor. A number
//!   that was used again belongs to a process with another parent.

use std::collections::HashSet;
use std::os::fd::OwnedFd;

use rustix::process::{
    Pid, PidfdFlags, Signal, getpid, kill_process, pidfd_open, pidfd_send_signal,
};

use super::tree::{children, parent_of};

/// How far down a tree is followed at once: a descriptor is held for each level.
/// What hangs deeper is adopted when those above it die.
const DEEPEST: usize = 200;

/// Kills the children of this process that are not in `felled`, with their
/// trees, and adds them to it: each is killed and followed once.
pub(super) fn fell_children(felled: &mut HashSet<Pid>) {
    for child in children(getpid()) {
        if felled.insert(child) {
            fell(child);
        }
    }
}

/// Kills one child of this process and what hangs under it.
fn fell(child: Pid) {
    let mut way = vec![Felled::child(child)];
    while let Some(last) = way.last_mut() {
        match last.below.pop() {
            Some(pid) => {
                let felled = Felled::under(last, pid);
                way.extend(felled.filter(|_| way.len() < DEEPEST));
            }
            None => {
                way.pop();
            }
        }
    }
}

/// A process that was killed, and its number while it means just that process.
struct Felled {
    pid: Pid,
    /// None for a child of this process: nobody else waits for it.
    held: Option<OwnedFd>,
    below: Vec<Pid>,
}

impl Felled {
    fn child(pid: Pid) -> Self {
        // One that took another user's rights cannot be killed: it is left, and
        // counted.
        let _ = kill_process(pid, Signal::KILL);
        let below = children(pid);
        Self {
            pid,
            held: None,
            below,
        }
    }

    /// Kills `pid`, if it is a child of `parent`.
    fn under(parent: &Self, pid: Pid) -> Option<Self> {
        let held = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        if parent_of(pid) != Some(parent.pid) || !parent.is_there() {
            return None;
        }
        pidfd_send_signal(&held, Signal::KILL).ok()?;
        let (held, below) = (Some(held), children(pid));
        Some(Self { pid, held, below })
    }

    /// Whether nobody waited for it yet, so that its number is its own. It was
    /// killed, and is killed again to see.
    fn is_there(&self) -> bool {
        let held = self.held.as_ref();
        held.is_none_or(|held| pidfd_send_signal(held, Signal::KILL).is_ok())
    }
}
