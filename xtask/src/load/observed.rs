//! What a store holds, as Python's SQLite reads it.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use super::Failure;

const SCRIPT: &str = include_str!("observed.py");

const COUNT: &str = "
import sqlite3, sys
connection = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True, timeout=30)
print(connection.execute('SELECT coalesce(max(id), 0) FROM events').fetchone()[0])
";

/// How long nothing may come before nothing more is waited for.
const PAUSE: Duration = Duration::from_secs(3);

#[derive(Debug, Deserialize)]
pub(super) struct Observed {
    pub(super) integrity: String,
    pub(super) events: u64,
    pub(super) spans: u64,
    pub(super) lost: u64,
    pub(super) rejected: u64,
    pub(super) unstored: u64,
    pub(super) bytes: u64,
    /// Lines by the producer's id.
    pub(super) producers: HashMap<String, Stored>,
}

/// What is there of one connection.
#[derive(Debug, Deserialize)]
pub(super) struct Stored {
    pub(super) lines: u64,
    /// The highest `seq`.
    pub(super) last: u64,
}

/// Reads the store with another program than ours.
pub(super) fn observe(store: &Path) -> Result<Observed, Failure> {
    let said = python(SCRIPT, store)?;
    serde_json::from_slice(&said).map_err(|e| format!("python3 said: {e}"))
}

/// Waits until the store has so many events, or gets no more of them: what is
/// missing then is for who judges.
pub(super) fn wait_for(store: &Path, events: u64) -> Result<(), Failure> {
    let mut before = None;
    loop {
        let said = python(COUNT, store)?;
        let found = String::from_utf8_lossy(&said).trim().parse::<u64>();
        let found = found.map_err(|e| format!("python3 said: {e}"))?;
        if found >= events || before.replace(found) == Some(found) {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
}

fn python(script: &str, store: &Path) -> Result<Vec<u8>, Failure> {
    let output = Command::new("python3")
        .args(["-c", script])
        .arg(store)
        .output()
        .map_err(|e| format!("cannot run python3: {e}"))?;
    if !output.status.success() {
        return Err(format!(
            "python3 cannot read the store: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    Ok(output.stdout)
}
