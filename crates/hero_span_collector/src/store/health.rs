//! How a store stands, and who writes to it.

use rusqlite::OptionalExtension;
use serde::Serialize;

use super::Reader;
use crate::Error;
use crate::figures::Snapshot;
use crate::listen::lock_path;

/// How a store stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Health {
    /// The file.
    pub path: String,
    /// Bytes in use.
    pub used_bytes: u64,
    /// Bytes of the file and what lies beside it.
    pub file_bytes: u64,
    /// Runs that are kept.
    pub runs: u64,
    /// Spans that are kept.
    pub spans: u64,
    /// Events that are kept.
    pub events: u64,
    /// Events that came and could not be kept.
    pub unstored: u64,
    /// Faults that SQLite finds in the file.
    pub faults: Vec<String>,
    /// The latest collector.
    pub collector: Option<CollectorLine>,
}

/// A collector that writes or wrote to the store.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CollectorLine {
    /// Its process.
    pub pid: u32,
    /// Its version.
    pub version: String,
    /// The socket it listens on.
    pub socket: String,
    /// When it began, in milliseconds since the Unix epoch.
    pub began_ms: f64,
    /// When it last wrote.
    pub heard_ms: f64,
    /// When it ended; `None` while it works, or when it was killed.
    pub ended_ms: Option<f64>,
    /// Whether it works.
    pub is_alive: bool,
    /// Its own figures.
    pub figures: Snapshot,
}

impl Reader {
    /// The latest collector that wrote to it.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn collector(&self) -> Result<Option<CollectorLine>, Error> {
        collector(self)
    }

    /// Looks at all of the file; `thorough` asks SQLite to check every page.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn health(&self, thorough: bool) -> Result<Health, Error> {
        let number = |sql: &str| {
            let number = self
                .connection
                .query_row(sql, [], |row| row.get::<_, f64>(0));
            number
                .map(|number| number as u64)
                .map_err(|e| self.fault(e))
        };
        Ok(Health {
            path: self.path.display().to_string(),
            used_bytes: self.used_bytes()?,
            file_bytes: self.file_bytes(),
            runs: number("SELECT total(1) FROM runs WHERE joined IS NULL AND doomed = 0")?,
            spans: number("SELECT total(1) FROM spans")?,
            events: number("SELECT total(1) FROM events")?,
            unstored: number("SELECT total(unstored) FROM sessions")?,
            faults: self.faults(thorough).map_err(|e| self.fault(e))?,
            collector: collector(self)?,
        })
    }

    fn file_bytes(&self) -> u64 {
        let beside = ["", "-wal", "-shm"].map(|end| {
            let mut path = self.path.clone().into_os_string();
            path.push(end);
            std::fs::metadata(path).map_or(0, |found| found.len())
        });
        beside.iter().sum()
    }

    fn faults(&self, thorough: bool) -> rusqlite::Result<Vec<String>> {
        let check = if thorough {
            "PRAGMA integrity_check"
        } else {
            "PRAGMA quick_check"
        };
        let mut statement = self.connection.prepare(check)?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        let faults: rusqlite::Result<Vec<_>> = rows.collect();
        Ok(faults?.into_iter().filter(|fault| fault != "ok").collect())
    }
}

/// Whether a collector writes to the store now.
pub(super) fn is_written(reader: &Reader) -> Result<bool, Error> {
    Ok(collector(reader)?.is_some_and(|collector| collector.is_alive))
}

fn collector(reader: &Reader) -> Result<Option<CollectorLine>, Error> {
    let sql = "SELECT pid, version, socket, began, heard, ended, figures FROM collectors
        ORDER BY id DESC LIMIT 1";
    let found = reader.connection.query_row(sql, [], |row| {
        let figures: Option<String> = row.get(6)?;
        let figures = figures.and_then(|json| serde_json::from_str(&json).ok());
        Ok(CollectorLine {
            pid: row.get(0)?,
            version: row.get(1)?,
            socket: row.get(2)?,
            began_ms: row.get(3)?,
            heard_ms: row.get(4)?,
            ended_ms: row.get(5)?,
            is_alive: false,
            figures: figures.unwrap_or_default(),
        })
    });
    let found = found.optional().map_err(|e| reader.fault(e))?;
    Ok(found.map(|collector| CollectorLine {
        is_alive: is_alive(reader, &collector),
        ..collector
    }))
}

/// It has not said that it ends, its lock is there, and so is its process: one
/// that was killed leaves the first two as they are.
fn is_alive(reader: &Reader, collector: &CollectorLine) -> bool {
    collector.ended_ms.is_none() && lock_path(&reader.path).exists() && is_process(collector.pid)
}

fn is_process(pid: u32) -> bool {
    let pid = i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}
