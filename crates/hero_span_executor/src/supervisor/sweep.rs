//! Everything under the supervisor is killed, however fast it grows.
//!
//! Each round kills the supervisor's children and follows their trees down.
//! These facts make that enough, and safe:
//!
//! - A process is killed *first*, and then its children are listed. Once SIGKILL
//!   is pending no fork of the process succeeds, so the list is complete; and if
//!   the process is gone before it is read, its children are the supervisor's,
//!   and belong to the next round.
//! - Following the trees costs less than a fork, for each level. To kill only
//!   children, and wait for theirs to be adopted, would cost a death for each
//!   level: a chain of processes that fork would grow faster.
//! - A process that forks and ends, over and over, is another one each time it is
//!   looked at. What it leaves are dead children of the supervisor in its process
//!   group, and a signal to a group reaches all of it at once: no fork is missed.
//!   A group lies within one session, and the flow and whoever left it began
//!   sessions of their own, so no group reaches beyond the run.
//! - A number of a process means that process until it is waited for. Only the
//!   supervisor waits for its own children, so their numbers are safe, and those
//!   of the groups of the dead. One further down is held by a descriptor first
//!   ([`pidfd_open`]), then seen to be the child of one that is held, and killed
//!   through the descriptor: a number that was used again belongs to a process
//!   with another parent.

use std::collections::HashSet;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, getpgid, getpgrp, getpid, kill_process,
    kill_process_group, pidfd_open, pidfd_send_signal, setpriority_process, waitid,
};

use super::tree::{children, parent_of};

/// How far down a tree is followed at once: a descriptor is held for each level.
/// What hangs deeper is adopted when those above it die.
const DEEPEST: usize = 200;

/// To see whether a child is dead, and leave it to be waited for.
const LOOK: WaitIdOptions = WaitIdOptions::EXITED
    .union(WaitIdOptions::NOHANG)
    .union(WaitIdOptions::NOWAIT);

/// What a round found.
pub(super) struct Round {
    /// Children that are dead and were not waited for; their groups were killed.
    pub(super) dead: Vec<Pid>,
    /// Whether there were others that were not in `felled`.
    pub(super) more: bool,
}

/// Kills the children of this process that are not in `felled`, with their
/// trees, and adds them to it: each is followed once.
pub(super) fn fell_children(felled: &mut HashSet<Pid>) -> Round {
    let found = children(getpid());
    // All of them first, which takes a moment: among hundreds that want to run,
    // this process has no more than that before it is their turn.
    for child in &found {
        // One that took another user's rights cannot be killed: it is left, and
        // counted.
        let _ = kill_process(*child, Signal::KILL);
    }
    let (dead, dying): (Vec<_>, Vec<_>) = found.into_iter().partition(|child| is_dead(*child));
    dead.iter().copied().for_each(fell_group);
    let mut more = false;
    for child in dying {
        if felled.insert(child) {
            more = true;
            fell_below(child);
        }
    }
    Round { dead, more }
}

/// Whether any child of this process is left, dead or alive.
pub(super) fn is_any_left() -> bool {
    !matches!(waitid(WaitId::All, LOOK), Err(Errno::CHILD))
}

/// Goes before what it sweeps, where that is allowed. Where sessions have shares
/// of the processor, the share of this one counts.
pub(super) fn go_first() {
    let _ = setpriority_process(None, -20);
    let _ = std::fs::write("/proc/self/autogroup", "-20");
}

/// Whether a child of this process is dead; it can be waited for still.
fn is_dead(child: Pid) -> bool {
    waitid(WaitId::Pid(child), LOOK).is_ok_and(|found| found.is_some())
}

/// Kills the process group of a dead child, unless it is this process's own, in
/// which a starter is at first.
fn fell_group(child: Pid) {
    let group = getpgid(Some(child)).ok();
    if let Some(group) = group.filter(|group| *group != getpgrp()) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// Kills what hangs under a child of this process, which was killed.
fn fell_below(child: Pid) {
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
        let (held, below) = (None, children(pid));
        Self { pid, held, below }
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

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    /// A shell in a group of its own, and the process that it started.
    fn shell(code: &str) -> (Child, Pid) {
        let mut shell = Command::new("sh")
            .args(["-c", code])
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("started");
        let mut line = String::new();
        let output = shell.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let below = line.trim().parse().ok().and_then(Pid::from_raw);
        (shell, below.expect("a process id"))
    }

    fn end(mut child: Child) {
        child.kill().expect("killed");
        child.wait().expect("waited");
    }

    fn soon(what: &str, is_so: impl Fn() -> bool) {
        let over = Instant::now() + Duration::from_secs(10);
        while !is_so() {
            assert!(Instant::now() < over, "not soon: {what}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn lives(pid: Pid) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
        stat.is_ok_and(|stat| !stat.contains(") Z "))
    }

    /// Whether the lowest of three is dead when the uppermost was followed.
    fn is_followed() -> bool {
        let nested = "sh -c 'sleep 60 & echo $!; wait' & wait";
        let (shell, lowest) = shell(nested);
        let middle = parent_of(lowest).expect("a parent");
        fell_below(Pid::from_child(&shell));
        soon("the middle one is dead", || !lives(middle));
        let followed = !lives(lowest);
        let _ = kill_process(lowest, Signal::KILL);
        end(shell);
        followed
    }

    /// If the middle one dies before its children are listed, they are adopted:
    /// by a supervisor, which this process is not.
    #[test]
    fn a_tree_is_followed_down() {
        let followed = (0..20).filter(|_| is_followed()).count();
        assert!(followed > 0);
    }

    #[test]
    fn only_a_child_of_its_parent_is_killed() {
        let (shell, below) = shell("sleep 60 & echo $!; wait");
        let other = Command::new("sleep").arg("60").spawn().expect("started");
        let parent = Felled::child(Pid::from_child(&shell));
        assert_eq!(parent.below, [below]);
        // As if the number of a child had been used again.
        assert!(Felled::under(&parent, Pid::from_child(&other)).is_none());
        assert!(lives(Pid::from_child(&other)) && lives(below));
        assert!(Felled::under(&parent, below).is_some());
        end(other);
        end(shell);
    }

    #[test]
    fn what_the_dead_left_in_their_group_is_killed() {
        let (mut shell, left) = shell("sleep 60 & echo $!");
        let dead = Pid::from_child(&shell);
        soon("the shell is dead", || is_dead(dead));
        assert!(lives(left));
        fell_group(dead);
        soon("what it left is dead", || !lives(left));
        shell.wait().expect("waited");
    }

    #[test]
    fn this_processs_own_group_is_spared() {
        let mut child = Command::new("true").spawn().expect("started");
        let pid = Pid::from_child(&child);
        soon("it is dead", || is_dead(pid));
        fell_group(pid);
        child.wait().expect("waited");
    }
}
