//! What a store holds, as Python's SQLite reads it.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use super::Failure;

const SCRIPT: &str = include_str!("observed.py");

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
    let output = Command::new("python3")
        .args(["-c", SCRIPT])
        .arg(store)
        .output()
        .map_err(|e| format!("cannot run python3: {e}"))?;
    if !output.status.success() {
        return Err(format!(
            "python3 cannot read the store: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    serde_json::from_slice(&output.stdout).map_err(|e| format!("python3 said: {e}"))
}
