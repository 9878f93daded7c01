//! Flows that an executor runs: what was asked, what they printed, how they
//! ended. Their spans are in the run that their producer leads to.
//!
//! These tables are written by whoever runs a flow, beside the one process
//! that collects, and are made of no events.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hero_span_protocol::SpanId;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::Value;

use super::{Reader, schema};
use crate::Error;

/// How long to wait for the collector that writes to the same file.
const PATIENCE: Duration = Duration::from_secs(2);

const COLUMNS: &str = "executions.id, executions.name,
    (SELECT run FROM sessions WHERE producer = executions.producer ORDER BY id DESC LIMIT 1),
    file, flow, asked, executor, executor_began, executions.began, executions.ended,
    executions.state, told, end";

/// Writes flows down as they are run, while others write to the same store.
///
/// What is written survives this process's death; that of the machine only
/// once the collector has written after it.
#[derive(Debug)]
pub struct Executions {
    connection: Connection,
    path: PathBuf,
}

/// What is asked of an executor.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What the execution is called: no other is.
    pub name: &'a str,
    /// The flow's file, as an absolute path.
    pub file: &'a Path,
    /// All of it, to be asked again.
    pub asked: &'a Value,
    /// The process that runs it.
    pub executor: Process,
    /// When it began, in milliseconds since the Unix epoch.
    pub began_ms: f64,
}

/// A process, told apart from a later one of the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// When it began, in the kernel's ticks since the machine started.
    pub began: u64,
}

impl Process {
    /// The process of that number; `None` when there is none, or only what is
    /// left of one.
    pub fn of(pid: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name before may have spaces and parentheses.
        let mut after_name = stat.rsplit(')').next()?.split_whitespace();
        let is_dead = matches!(after_name.next()?, "Z" | "X");
        let began = after_name.nth(18)?.parse().ok()?;
        (!is_dead).then_some(Self { pid, began })
    }

    /// Whether it still runs.
    pub fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }
}

/// Some bytes that a flow printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// `stdout` or `stderr`.
    pub stream: String,
    /// How many bytes of this stream were not kept just before.
    pub lost: u64,
    /// The bytes: not always text.
    pub bytes: Vec<u8>,
}

/// How a flow ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: f64,
    /// In a word.
    pub state: &'a str,
    /// In a sentence.
    pub told: &'a str,
    /// In full.
    pub end: &'a Value,
}

impl Executions {
    /// Opens the store at `path`, made where there is none.
    ///
    /// # Errors
    ///
    /// When the file is not a store, is damaged or is newer than this program;
    /// when the system refuses.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let connection = schema::open(path)?;
        // Its writes must not hold the collector up: to sync is left to that.
        let prepared = connection
            .pragma_update(None, "synchronous", "NORMAL")
            .and_then(|()| connection.pragma_update(None, "wal_autocheckpoint", 0))
            .and_then(|()| connection.busy_timeout(PATIENCE));
        prepared.map_err(|e| Error::store(path, "open the store", e))?;
        let path = path.to_owned();
        Ok(Self { connection, path })
    }

    fn fault(&self, error: rusqlite::Error) -> Error {
        Error::store(&self.path, "write to the store", error)
    }

    /// Enters what is asked; returns the entry's number.
    ///
    /// # Errors
    ///
    /// When the name is taken, or the file cannot be written.
    pub fn begin(&self, asked: &Asked<'_>) -> Result<i64, Error> {
        let sql = "INSERT INTO executions (name, file, asked, executor, executor_began, began)
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING RETURNING id";
        let values = params![
            asked.name,
            asked.file.to_string_lossy(),
            asked.asked.to_string(),
            asked.executor.pid,
            asked.executor.began,
            asked.began_ms,
        ];
        let entered = self.connection.query_row(sql, values, |row| row.get(0));
        match entered.optional() {
            Ok(Some(id)) => Ok(id),
            Ok(None) => Err(Error::name_taken(&self.path, asked.name)),
            Err(error) => Err(self.fault(error)),
        }
    }

    /// Says which of the file's flows it is.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn chosen(&self, id: i64, flow: &str) -> Result<(), Error> {
        let sql = "UPDATE executions SET flow = ?2 WHERE id = ?1";
        let set = self.connection.execute(sql, params![id, flow]);
        set.map(|_| ()).map_err(|e| self.fault(e))
    }

    /// Says which producer its spans come from.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn heard(&self, id: i64, producer: SpanId) -> Result<(), Error> {
        let sql = "UPDATE executions SET producer = ?2 WHERE id = ?1";
        let set = self
            .connection
            .execute(sql, params![id, producer.to_string()]);
        set.map(|_| ()).map_err(|e| self.fault(e))
    }

    /// Adds what it printed.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn printed(&self, id: i64, at_ms: f64, pieces: &[Printed]) -> Result<(), Error> {
        let add = || {
            let transaction = self.connection.unchecked_transaction()?;
            let sql = "INSERT INTO printed (execution, at, stream, lost, bytes)
                VALUES (?, ?, ?, ?, ?)";
            let mut statement = transaction.prepare_cached(sql)?;
            for piece in pieces {
                let lost = i64::try_from(piece.lost).unwrap_or(i64::MAX);
                statement.execute(params![id, at_ms, piece.stream, lost, piece.bytes])?;
            }
            drop(statement);
            transaction.commit()
        };
        add().map_err(|e| self.fault(e))
    }

    /// Says how it ended.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn end(&self, id: i64, ended: &Ended<'_>) -> Result<(), Error> {
        let sql = "UPDATE executions SET ended = ?2, state = ?3, told = ?4, end = ?5 WHERE id = ?1";
        let values = params![
            id,
            ended.at_ms,
            ended.state,
            ended.told,
            ended.end.to_string()
        ];
        let set = self.connection.execute(sql, values);
        set.map(|_| ()).map_err(|e| self.fault(e))
    }
}

/// An execution in a line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExecutionLine {
    /// Its number in the store.
    #[serde(skip)]
    pub number: i64,
    /// What it is called.
    pub name: String,
    /// The run that its spans are in; `None` while none have come.
    pub run: Option<u64>,
    /// The flow's file.
    pub file: String,
    /// Which of the file's flows it is, once that is known.
    pub flow: Option<String>,
    /// All that was asked.
    pub asked: Value,
    /// The process that runs it.
    pub executor: Process,
    /// When it began, in milliseconds since the Unix epoch.
    pub began_ms: f64,
    /// When it ended.
    pub ended_ms: Option<f64>,
    /// How it ended, in a word; `running`, or `lost` when its executor died.
    pub state: String,
    /// How it ended, in a sentence.
    pub told: Option<String>,
    /// How it ended, in full.
    pub end: Option<Value>,
}

impl ExecutionLine {
    /// Whether its executor is at it.
    pub fn is_running(&self) -> bool {
        self.state == "running"
    }
}

impl Reader {
    /// The execution of that name.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn execution(&self, name: &str) -> Result<Option<ExecutionLine>, Error> {
        let found = self.executions("executions.name = ?1", params![name]);
        found.map(|found| found.into_iter().next())
    }

    /// The executions whose spans are in that run, in the order they began.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn executions_of(&self, run: u64) -> Result<Vec<ExecutionLine>, Error> {
        let which = "executions.producer IN (SELECT producer FROM sessions WHERE run = ?1)";
        self.executions(which, params![run])
    }

    /// The newest executions of which no span has come, the newest last.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn spanless_executions(&self, most: usize) -> Result<Vec<ExecutionLine>, Error> {
        let which = "executions.id IN (SELECT id FROM executions WHERE NOT EXISTS
            (SELECT 1 FROM sessions WHERE producer = executions.producer)
            ORDER BY id DESC LIMIT ?1)";
        self.executions(which, params![most])
    }

    fn executions(
        &self,
        which: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<ExecutionLine>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM executions WHERE {which} ORDER BY executions.id");
        let read = || {
            let mut statement = self.connection.prepare_cached(&sql)?;
            let rows = statement.query_map(values, line)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|e| self.fault(e))
    }

    /// What an execution printed, in the order it came.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn printed(&self, execution: &ExecutionLine) -> Result<Vec<Printed>, Error> {
        let sql = "SELECT stream, lost, bytes FROM printed WHERE execution = ? ORDER BY id";
        let read = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map([execution.number], |row| {
                Ok(Printed {
                    stream: row.get(0)?,
                    lost: row.get(1)?,
                    bytes: row.get(2)?,
                })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|e| self.fault(e))
    }
}

fn line(row: &Row<'_>) -> rusqlite::Result<ExecutionLine> {
    let json = |at: usize| -> rusqlite::Result<Option<Value>> {
        let text: Option<String> = row.get(at)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    };
    let executor = Process {
        pid: row.get(6)?,
        began: row.get(7)?,
    };
    let state: Option<String> = row.get(10)?;
    let going = || {
        if executor.is_alive() {
            "running"
        } else {
            "lost"
        }
    };
    Ok(ExecutionLine {
        number: row.get(0)?,
        name: row.get(1)?,
        run: row.get(2)?,
        file: row.get(3)?,
        flow: row.get(4)?,
        asked: json(5)?.unwrap_or_default(),
        executor,
        began_ms: row.get(8)?,
        ended_ms: row.get(9)?,
        state: state.unwrap_or_else(|| going().to_owned()),
        told: row.get(11)?,
        end: json(12)?,
    })
}
