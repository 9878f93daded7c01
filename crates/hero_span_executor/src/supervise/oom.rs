//! Did the kernel kill for want of memory?
//!
//! It says so nowhere but in counters: of the own control group (version 2), or,
//! where there is none, of the whole machine.

use std::fs;
use std::path::PathBuf;

const MACHINE: &str = "/proc/vmstat";

/// A counter, and how it stood.
#[derive(Debug)]
pub(super) struct OomKills {
    file: PathBuf,
    before: u64,
}

impl OomKills {
    /// How it stands now.
    pub(super) fn now() -> Self {
        let own = own_events().and_then(|file| Some((count(&file)?, file)));
        let (before, file) = own.unwrap_or_else(|| {
            let file = PathBuf::from(MACHINE);
            (count(&file).unwrap_or_default(), file)
        });
        Self { file, before }
    }

    /// Whether the kernel killed somebody since then.
    pub(super) fn rose(&self) -> bool {
        count(&self.file).is_some_and(|now| now > self.before)
    }
}

fn own_events() -> Option<PathBuf> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Some(
        PathBuf::from("/sys/fs/cgroup")
            .join(own)
            .join("memory.events"),
    )
}

fn count(file: &PathBuf) -> Option<u64> {
    counted(&fs::read_to_string(file).ok()?)
}

fn counted(text: &str) -> Option<u64> {
    let kills = text
        .lines()
        .find_map(|line| line.strip_prefix("oom_kill "))?;
    kills.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_is_found() {
        let events = "low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\noom_group_kill 0\n";
        assert_eq!(counted(events), Some(1));
        assert_eq!(counted("oom 2\n"), None);
    }

    #[test]
    fn it_does_not_rise_by_itself() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(&file, "oom_kill 3\n").expect("written");
        let path = file.path().to_owned();
        let kills = OomKills {
            before: 3,
            file: path,
        };
        assert!(!kills.rose());
        fs::write(&file, "oom_kill 4\n").expect("written");
        assert!(kills.rose());
    }
}
