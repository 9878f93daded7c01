//! What was heard, kept in one SQLite file.
//!
//! ```text
//! hub → Gather (what changed) → queue, bounded → Keeper → Store → file
//! ```
//!
//! The table `events` has every line that was understood, and is only
//! appended to and pruned. The tables of spans, tags and words are made of
//! it, and can be made again with [`Store::rebuild`]. One process collects,
//! behind a lock; any number read, without holding it up, and those that run
//! flows write [`Executions`] beside it.
//!
//! A file that is not a store, is damaged or is newer than this program is
//! refused, and never written to.

mod batch;
mod columns;
mod events;
mod executions;
mod gather;
mod health;
pub(crate) mod keeper;
mod lead;
mod names;
mod prune;
mod read;
mod rebuild;
mod remains;
mod rows;
mod schema;
mod search;
#[cfg(test)]
mod tests;
mod texts;
mod write;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

pub(crate) use self::batch::Batch;
pub use self::batch::RunState;
pub use self::events::Stored;
pub use self::executions::{Asked, Ended, ExecutionLine, Executions, Printed, Process};
pub(crate) use self::gather::Gather;
pub use self::health::{CollectorLine, Health};
pub(crate) use self::keeper::{Keeper, queue};
use self::prune::Tidied;
pub use self::read::{Reader, RemarkLine, RunLine};
pub use self::rebuild::Rebuilt;
pub use self::search::{Filter, SpanFilter};
pub use self::write::Numbers;
use crate::Error;
use crate::listen::Lock;

/// How long a collector's write waits for another program that has the file:
/// it tries again later, and listens meanwhile.
const PATIENCE: std::time::Duration = std::time::Duration::from_millis(10);

/// Where batches go: a [`Store`], or what a test puts before one.
pub(crate) trait Storage {
    /// Writes the batches, all of them or nothing.
    fn write(&mut self, batches: &[Batch]) -> Result<(), Error>;

    /// Counts events of a connection that could not be kept.
    /// Returns the connections that are in the store, and so were counted.
    fn count_unstored(&mut self, counts: &[(u64, u64)]) -> Result<Vec<u64>, Error>;

    /// Prunes a little, if there is too much; whether there is more to prune.
    fn tidy(&mut self) -> Result<bool, Error>;

    /// Keeps the collector's own figures.
    fn note(&mut self, now_ms: f64, figures: &str) -> Result<(), Error>;

    /// The collector ends here.
    fn close(&mut self, now_ms: f64) -> Result<(), Error>;
}

/// A store that this process alone writes to.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
    numbers: Numbers,
    collector: i64,
    max_bytes: Option<u64>,
    /// There is too much, and no run that could be pruned.
    is_full: bool,
    _lock: Lock,
}

/// Who writes to a store.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    /// Its process.
    pub pid: u32,
    /// Its version.
    pub version: &'a str,
    /// The socket it listens on; `None` when it does not collect.
    pub socket: Option<&'a Path>,
    /// When it began, in milliseconds since the Unix epoch.
    pub now_ms: f64,
}

impl Store {
    /// Opens the store at `path`, made where there is none. What an earlier
    /// collector left open stays open, and counts as cut off.
    ///
    /// # Errors
    ///
    /// When the file is not a store, is damaged or is newer than this program;
    /// when another process writes to it; when the system refuses.
    pub fn open(path: &Path, writer: Writer<'_>) -> Result<Self, Error> {
        let lock = Lock::take(path)?;
        let connection = schema::open(path)?;
        let begun = begin(&connection, writer).and_then(|collector| {
            let numbers = Numbers::read(&connection)?;
            if collector > 0 {
                connection.busy_timeout(PATIENCE)?;
            }
            Ok((collector, numbers))
        });
        let (collector, numbers) = begun.map_err(|e| Error::store(path, "begin a session", e))?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            numbers,
            collector,
            max_bytes: None,
            is_full: false,
            _lock: lock,
        })
    }

    /// Prunes the oldest runs that are over once there are more bytes than
    /// this, and takes no more while that is not enough.
    #[must_use]
    pub fn with_max_bytes(mut self, max: Option<u64>) -> Self {
        self.max_bytes = max;
        self
    }

    /// The numbers from which new runs, connections and spans count.
    pub fn numbers(&self) -> Numbers {
        self.numbers
    }

    /// Prunes runs that are over, the oldest first: those last heard of before
    /// that time, and as many as it takes to come down to so many bytes.
    /// `progress` is told how many went so far; returns how many did.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written. What went is gone.
    pub fn prune(
        &mut self,
        before_ms: Option<f64>,
        max_bytes: Option<u64>,
        progress: impl FnMut(u64),
    ) -> Result<u64, Error> {
        prune::prune(&mut self.connection, before_ms, max_bytes, progress)
            .map_err(|e| Error::store(&self.path, "prune the store", e))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes writing fail as on a full disk, once the file has so many pages
    /// more; `None` makes room again.
    #[cfg(test)]
    pub(crate) fn limit_pages(&self, more: Option<i64>) {
        let pages = |pragma: &str| -> i64 {
            let row = self.connection.query_row(pragma, [], |row| row.get(0));
            row.expect("a count of pages")
        };
        let max = more.map_or(i64::from(u32::MAX - 1), |more| {
            pages("PRAGMA page_count") + more
        });
        let set = format!("PRAGMA max_page_count = {max}");
        self.connection
            .query_row(&set, [], |_| Ok(()))
            .expect("a limit");
    }
}

/// Closes what an earlier collector did not, and enters this one, if it is one.
fn begin(connection: &Connection, writer: Writer<'_>) -> rusqlite::Result<i64> {
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(
        "UPDATE sessions SET closed = (SELECT heard FROM collectors WHERE id = sessions.collector),
             ending = 'unknown' WHERE closed IS NULL;
         UPDATE runs SET connected = 0, over = 1 WHERE joined IS NULL AND over = 0;",
    )?;
    let mut collector = 0;
    if let Some(socket) = writer.socket {
        transaction.execute(
            "INSERT INTO collectors (pid, version, socket, began, heard) VALUES (?1, ?2, ?3, ?4, ?4)",
            params![writer.pid, writer.version, socket.to_string_lossy(), writer.now_ms],
        )?;
        collector = transaction.last_insert_rowid();
    }
    transaction.commit()?;
    Ok(collector)
}

impl Storage for Store {
    fn write(&mut self, batches: &[Batch]) -> Result<(), Error> {
        let Self {
            connection,
            collector,
            numbers,
            ..
        } = self;
        let full = self.max_bytes.filter(|_| self.is_full);
        // That a run is over must be known even then: it can be pruned.
        let all = full.is_none();
        write::write(connection, *collector, numbers, batches, all)
            .map_err(|e| Error::store(&self.path, "write to the store", e))?;
        full.map_or(Ok(()), |max| Err(Error::full_store(&self.path, max)))
    }

    fn count_unstored(&mut self, counts: &[(u64, u64)]) -> Result<Vec<u64>, Error> {
        let fault = |e| Error::store(&self.path, "write to the store", e);
        let transaction = self.connection.unchecked_transaction().map_err(fault)?;
        let mut counted = Vec::new();
        for &(session, events) in counts {
            if write::unstored(&transaction, session, events).map_err(fault)? {
                counted.push(session);
            }
        }
        transaction.commit().map_err(fault)?;
        Ok(counted)
    }

    fn tidy(&mut self) -> Result<bool, Error> {
        let tidied = prune::tidy(&mut self.connection, self.max_bytes)
            .map_err(|e| Error::store(&self.path, "prune the store", e))?;
        self.is_full = tidied == Tidied::Full;
        Ok(tidied == Tidied::More)
    }

    fn note(&mut self, now_ms: f64, figures: &str) -> Result<(), Error> {
        let sql = "UPDATE collectors SET heard = ?2, figures = ?3 WHERE id = ?1";
        self.connection
            .execute(sql, params![self.collector, now_ms, figures])
            .map(|_| ())
            .map_err(|e| Error::store(&self.path, "write to the store", e))
    }

    fn close(&mut self, now_ms: f64) -> Result<(), Error> {
        let sql = "UPDATE collectors SET heard = ?2, ended = ?2 WHERE id = ?1";
        self.connection
            .execute(sql, params![self.collector, now_ms])
            .map(|_| ())
            .map_err(|e| Error::store(&self.path, "write to the store", e))
    }
}
