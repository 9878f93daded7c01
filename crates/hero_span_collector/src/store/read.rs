//! A store, read: runs, their spans and what they said.

use std::path::{Path, PathBuf};

use hero_span_protocol::{Producer, SpanId};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;

use super::{columns, health, prune, schema};
use crate::Error;
use crate::tree::{Counts, Forest, RunId, SessionId, SessionRecord};

/// The fewest digits that stand for an id.
const ID_DIGITS: usize = 4;

/// A store that somebody else may write to.
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) is_written: bool,
}

/// A run in a line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunLine {
    /// Its number.
    pub run: u64,
    /// The id of the producer that began it, if it said so.
    pub id: Option<String>,
    /// What its first root is called.
    pub name: Option<String>,
    /// `running` while its producers are connected, else as a
    /// [`RunState`](super::RunState).
    pub state: String,
    /// When it began, in milliseconds since the Unix epoch.
    pub began_ms: Option<f64>,
    /// When it was last heard of.
    pub heard_ms: Option<f64>,
    /// Its connections.
    pub processes: u64,
    /// Those that are open.
    pub connected: u64,
    /// Its spans.
    pub spans: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those that were given up.
    pub cancelled: u64,
    /// Those that started and did not end.
    pub open: u64,
    /// Those that were heard of, but neither their start nor their end.
    pub unknown: u64,
    /// Events that came.
    pub events: u64,
    /// Lines of unknown type.
    pub skipped: u64,
    /// Bad lines.
    pub rejected: u64,
    /// Torn last lines.
    pub torn: u64,
    /// Events that its producers dropped.
    pub lost: u64,
    /// Events that came and could not be kept.
    pub unstored: u64,
}

pub(super) const RUN_COLUMNS: &str = "runs.id,
    (SELECT producer FROM sessions WHERE sessions.run = runs.id ORDER BY sessions.id LIMIT 1),
    name, state, began, heard, processes, connected, spans, failed, cancelled, open, unknown,
    events, skipped, rejected, torn, lost,
    (SELECT total(unstored) FROM sessions WHERE sessions.run = runs.id)";

/// Lines of a run that were no events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemarkLine {
    /// The connection they came over.
    pub session: u64,
    /// The first such line.
    pub line: u64,
    /// How many.
    pub lines: u64,
    /// `rejected`, `skipped` or `torn`.
    pub what: String,
    /// The clause that they break.
    pub clause: Option<String>,
    /// What is wrong with them.
    pub text: String,
}

impl Reader {
    /// Opens a store to read it.
    ///
    /// # Errors
    ///
    /// When there is none, or it is not one that this program can read.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let connection = schema::open_to_read(path)?;
        let mut reader = Self {
            connection,
            path: path.to_owned(),
            is_written: false,
        };
        reader.is_written = health::is_written(&reader)?;
        Ok(reader)
    }

    /// Looks again whether a collector writes to it, which decides what is
    /// running.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn look_again(&mut self) -> Result<(), Error> {
        self.is_written = health::is_written(self)?;
        Ok(())
    }

    /// Whether a collector wrote to it when that was last looked at.
    pub fn is_collected(&self) -> bool {
        self.is_written
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn fault(&self, error: rusqlite::Error) -> Error {
        Error::store(&self.path, "read the store", error)
    }

    /// The run that is meant: its number, `last` for the newest, `last~2` for
    /// the second before that one, what its execution is called, or at least
    /// four digits of the beginning of one of its producers' ids.
    ///
    /// # Errors
    ///
    /// When no run is meant, or several.
    pub fn find(&self, asked: &str) -> Result<RunLine, Error> {
        let id = match before_last(asked) {
            Some(before) => self.last(before),
            None => self.numbered(asked),
        };
        let executed = || Ok(self.execution(asked)?.and_then(|found| found.run));
        let id = match id.map_err(|e| self.fault(e))? {
            Some(id) => Some(id),
            None => executed()?,
        };
        let ids = match id {
            Some(id) => vec![id],
            None => self.with_producer(asked).map_err(|e| self.fault(e))?,
        };
        match ids[..] {
            [] => Err(Error::no_run(&self.path, asked)),
            [id] => {
                let run = self.run(id).map_err(|e| self.fault(e))?;
                run.ok_or_else(|| Error::no_run(&self.path, asked))
            }
            _ => Err(Error::many_runs(&self.path, asked, ids)),
        }
    }

    /// The newest run but so many.
    fn last(&self, before: u32) -> rusqlite::Result<Option<u64>> {
        let sql = "SELECT id FROM runs WHERE joined IS NULL AND doomed = 0
            ORDER BY id DESC LIMIT 1 OFFSET ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.query_row([before], |row| row.get(0)).optional()
    }

    /// The run of that number, or the one that it became part of.
    fn numbered(&self, asked: &str) -> rusqlite::Result<Option<u64>> {
        let Ok(number) = asked.parse::<u32>() else {
            return Ok(None);
        };
        let sql = "SELECT coalesce(joined, id) FROM runs WHERE id = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.query_row([number], |row| row.get(0)).optional()
    }

    fn with_producer(&self, asked: &str) -> rusqlite::Result<Vec<u64>> {
        let is_id = asked.len() >= ID_DIGITS && asked.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_id {
            return Ok(Vec::new());
        }
        let from = asked.to_ascii_lowercase();
        // The first text that does not begin like this.
        let until = format!("{from}g");
        let sql = "SELECT DISTINCT run FROM sessions WHERE producer >= ? AND producer < ? LIMIT 10";
        let mut statement = self.connection.prepare_cached(sql)?;
        let runs = statement.query_map([from, until], |row| row.get(0))?;
        runs.collect()
    }

    fn run(&self, id: u64) -> rusqlite::Result<Option<RunLine>> {
        let sql = format!("SELECT {RUN_COLUMNS} FROM runs WHERE id = ? AND doomed = 0");
        let mut statement = self.connection.prepare_cached(&sql)?;
        statement
            .query_row([id], |row| self.run_line(row))
            .optional()
    }

    pub(super) fn run_line(&self, row: &Row<'_>) -> rusqlite::Result<RunLine> {
        let connected: u64 = row.get(7)?;
        let state: String = row.get(3)?;
        let is_running = connected > 0 && self.is_written;
        Ok(RunLine {
            run: row.get(0)?,
            id: row.get(1)?,
            name: row.get(2)?,
            state: if is_running {
                "running".to_owned()
            } else {
                state
            },
            began_ms: row.get(4)?,
            heard_ms: row.get(5)?,
            processes: row.get(6)?,
            connected: if is_running { connected } else { 0 },
            spans: row.get(8)?,
            failed: row.get(9)?,
            cancelled: row.get(10)?,
            open: row.get(11)?,
            unknown: row.get(12)?,
            events: row.get(13)?,
            skipped: row.get(14)?,
            rejected: row.get(15)?,
            torn: row.get(16)?,
            lost: row.get(17)?,
            unstored: row.get::<_, f64>(18)? as u64,
        })
    }

    /// The trees of a run, as a collector had them.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn forest(&self, run: u64) -> Result<Forest, Error> {
        Ok(self.forest_until(run)?.0)
    }

    /// The same, and the number of the latest event that they know of: those
    /// after it make them grow on.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn forest_until(&self, run: u64) -> Result<(Forest, u64), Error> {
        self.grow(run).map_err(|e| self.fault(e))
    }

    fn grow(&self, run: u64) -> rusqlite::Result<(Forest, u64)> {
        // One moment for connections, spans and events.
        let moment = self.connection.unchecked_transaction()?;
        let latest = self.latest()?;
        let mut forest = Forest::new();
        let sessions = self.sessions(run)?;
        let ids: Vec<_> = sessions.iter().map(|session| session.id.0).collect();
        for session in sessions {
            forest.restore_session(session);
        }
        let sql = format!(
            "SELECT {} FROM spans WHERE session = ? ORDER BY id",
            columns::SPAN_COLUMNS
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        for session in ids {
            let mut rows = statement.query([session])?;
            while let Some(row) = rows.next()? {
                if let Some(span) = columns::span(row)? {
                    forest.restore(span);
                }
            }
        }
        drop(statement);
        moment.finish()?;
        Ok((forest, latest))
    }

    /// The connections of a run, in the order they were accepted.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn connections(&self, run: u64) -> Result<Vec<SessionRecord>, Error> {
        self.sessions(run).map_err(|e| self.fault(e))
    }

    fn sessions(&self, run: u64) -> rusqlite::Result<Vec<SessionRecord>> {
        let sql = "SELECT id, producer, sdk, version, protocol, pid, closed IS NOT NULL, ending,
                events, skipped, rejected, torn, lost FROM sessions WHERE run = ? ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([run], |row| self.session(row, RunId(run)))?;
        rows.collect()
    }

    fn session(&self, row: &Row<'_>, run: RunId) -> rusqlite::Result<SessionRecord> {
        let id: Option<SpanId> = row
            .get_ref(1)?
            .as_str_or_null()?
            .and_then(|id| id.parse().ok());
        let text = |at: usize| row.get::<_, Option<String>>(at);
        let producer = match id {
            Some(id) => Some(Producer {
                id,
                sdk: text(2)?.map(Into::into),
                version: text(3)?.map(Into::into),
                protocol: row.get(4)?,
                pid: row.get(5)?,
            }),
            None => None,
        };
        let is_over = row.get(6)? || !self.is_written;
        let ending = text(7)?;
        Ok(SessionRecord {
            id: SessionId(row.get(0)?),
            run: Some(run),
            producer,
            ending: is_over.then(|| columns::ending(ending.as_deref().unwrap_or_default())),
            counts: Counts {
                events: row.get(8)?,
                skipped: row.get(9)?,
                rejected: row.get(10)?,
                torn: row.get(11)?,
                lost: row.get(12)?,
            },
        })
    }

    /// What is known of a run's lines that were no events.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn remarks(&self, run: u64) -> Result<Vec<RemarkLine>, Error> {
        let sql = "SELECT session, line, lines, what, clause, text FROM remarks
            WHERE session IN (SELECT id FROM sessions WHERE run = ?) ORDER BY id";
        let read = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map([run], |row| {
                Ok(RemarkLine {
                    session: row.get(0)?,
                    line: row.get(1)?,
                    lines: row.get(2)?,
                    what: row.get(3)?,
                    clause: row.get(4)?,
                    text: row.get(5)?,
                })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|e| self.fault(e))
    }

    /// Bytes that the store uses.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn used_bytes(&self) -> Result<u64, Error> {
        prune::used_bytes(&self.connection).map_err(|e| self.fault(e))
    }
}

/// How many runs before the newest are counted back: `last`, or `last~2`.
fn before_last(asked: &str) -> Option<u32> {
    let back = asked.strip_prefix("last")?;
    match back.strip_prefix('~') {
        Some(count) if count.bytes().all(|b| b.is_ascii_digit()) => count.parse().ok(),
        None if back.is_empty() => Some(0),
        _ => None,
    }
}
