//! `hero-span collect`, as a process beside a flow.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::process;

/// A collector that ends with its first run.
pub(crate) struct Collector {
    folder: TempDir,
    child: Child,
}

/// What it said of the run.
pub(crate) struct Drawn {
    /// The heading, then a row for each span, log and error.
    pub(crate) tree: String,
    /// How much it heard.
    pub(crate) sums: String,
}

impl Collector {
    /// Starts it, and waits until it listens.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_hero-span"))
            .args([
                "collect", "--once", "--stable", "--view", "trees", "--listen",
            ])
            .arg(socket_in(&folder))
            .env("HERO_HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut collector = Self { folder, child };
        let mut ready = String::new();
        let stderr = collector.child.stderr.as_mut().unwrap();
        BufReader::with_capacity(1, stderr)
            .read_line(&mut ready)
            .unwrap();
        assert!(
            ready.contains("HERO_FLOW_SPAN_SOCK="),
            "not listening: {ready}"
        );
        collector
    }

    pub(crate) fn socket(&self) -> PathBuf {
        socket_in(&self.folder)
    }

    /// Waits until the run is over.
    pub(crate) fn finish(self) -> Drawn {
        let finished = process::finish(self.child);
        assert!(finished.status.success(), "{}", finished.stderr);
        Drawn {
            tree: finished.stdout,
            sums: finished.stderr,
        }
    }
}

fn socket_in(folder: &TempDir) -> PathBuf {
    Path::join(folder.path(), "span.sock")
}
