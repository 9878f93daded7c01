//! Which processes hang under which, as `/proc` says.

use std::fs;
use std::io;

use rustix::process::Pid;

/// The children of a process, as far as they can be seen: one that is made or
/// ends meanwhile may be missing, also others beside it. None if there is no
/// such process.
pub(super) fn children(parent: Pid) -> Vec<Pid> {
    match listed(parent) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => searched(parent),
        found => found.unwrap_or_default(),
    }
}

/// What the kernel lists for each thread: quick.
fn listed(parent: Pid) -> io::Result<Vec<Pid>> {
    let mut found = Vec::new();
    for thread in fs::read_dir(format!("/proc/{parent}/task"))? {
        let list = fs::read_to_string(thread?.path().join("children"))?;
        found.extend(list.split_ascii_whitespace().filter_map(pid));
    }
    Ok(found)
}

/// For a kernel that keeps no such lists (it is an option of its build): all
/// processes are looked at.
fn searched(parent: Pid) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all = entries.filter_map(|entry| pid(entry.file_name().to_str()?));
    all.filter(|pid| parent_of(*pid) == Some(parent)).collect()
}

/// The parent of a process, dead or alive; none if there is no such process.
pub(super) fn parent_of(process: Pid) -> Option<Pid> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program's name comes before, in parentheses, and may have any of them.
    let (_, fields) = stat.rsplit_once(')')?;
    pid(fields.split_ascii_whitespace().nth(1)?)
}

fn pid(text: &str) -> Option<Pid> {
    Pid::from_raw(text.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use rustix::process::getpid;

    use super::*;

    #[test]
    fn lists_and_search_agree() {
        let mut child = Command::new("sleep").arg("60").spawn().expect("started");
        let pid = Pid::from_child(&child);
        let own = getpid();
        assert!(listed(own).expect("a list").contains(&pid));
        assert!(searched(own).contains(&pid));
        assert_eq!(parent_of(pid), Some(own));
        assert_eq!(children(pid), []);
        child.kill().expect("killed");
        // Dead, and not waited for: still there.
        assert_eq!(parent_of(pid), Some(own));
        child.wait().expect("waited");
        assert_eq!(parent_of(pid), None);
        assert_eq!(children(pid), []);
    }
}
