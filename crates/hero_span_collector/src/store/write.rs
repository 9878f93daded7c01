//! Rows into the file, in one transaction.

use rusqlite::{Connection, Transaction, params};

use super::batch::{Batch, Remark, RunRow, SessionRow};
use super::columns;
use super::rows::Rows;
use crate::tree::RunId;

/// The numbers that come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// Of a run.
    pub run: u64,
    /// Of a connection.
    pub session: u64,
    /// Of a span.
    pub span: u64,
    pub(super) event: u64,
}

impl Numbers {
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let next = |what: &str| {
            let sql = "SELECT next FROM numbers WHERE what = ?";
            connection.query_row(sql, [what], |row| row.get::<_, u64>(0))
        };
        Ok(Self {
            run: next("run")?,
            session: next("session")?,
            span: next("span")?,
            event: next("event")?,
        })
    }

    fn write(self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let sql = "UPDATE numbers SET next = max(next, ?2) WHERE what = ?1";
        let mut statement = transaction.prepare_cached(sql)?;
        for (what, next) in [
            ("run", self.run),
            ("session", self.session),
            ("span", self.span),
            ("event", self.event),
        ] {
            statement.execute(params![what, next])?;
        }
        Ok(())
    }
}

/// Writes the batches, all of them or nothing: `all` that they have, or only
/// how connections and runs stand.
pub(super) fn write(
    connection: &mut Connection,
    collector: i64,
    numbers: &mut Numbers,
    batches: &[Batch],
    all: bool,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    let mut next = *numbers;
    for batch in batches {
        stand(&transaction, collector, &mut next, batch)?;
    }
    if all {
        let mut rows = Rows::prepare(&transaction)?;
        for batch in batches {
            next.event = rows.events(next.event, batch)?;
            remarks(&transaction, &batch.remarks)?;
        }
        rows.spans(batches)?;
        let spans = batches.iter().filter_map(|batch| batch.spans.last());
        let spans = spans.map(|span| span.number + 1);
        next.span = spans.fold(next.span, u64::max);
    }
    next.write(&transaction)?;
    transaction.commit()?;
    *numbers = next;
    Ok(())
}

fn stand(
    transaction: &Transaction<'_>,
    collector: i64,
    next: &mut Numbers,
    batch: &Batch,
) -> rusqlite::Result<()> {
    sessions(transaction, collector, next, &batch.sessions)?;
    joins(transaction, next, &batch.joins)?;
    runs(transaction, next, &batch.runs)
}

fn sessions(
    transaction: &Transaction<'_>,
    collector: i64,
    next: &mut Numbers,
    rows: &[SessionRow],
) -> rusqlite::Result<()> {
    const SQL: &str = "INSERT INTO sessions (id, run, collector, producer, sdk, version, protocol,
            pid, opened, closed, ending, events, skipped, rejected, torn, lost)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
        ON CONFLICT (id) DO UPDATE SET run = ?2, producer = ?4, sdk = ?5, version = ?6,
            protocol = ?7, pid = ?8, closed = ?10, ending = ?11, events = ?12, skipped = ?13,
            rejected = ?14, torn = ?15, lost = ?16";
    let mut statement = transaction.prepare_cached(SQL)?;
    for row in rows {
        let record = &row.record;
        let producer = record.producer.as_ref();
        let counts = record.counts;
        statement.execute(params![
            record.id.0,
            row.run.0,
            collector,
            producer.map(|producer| producer.id.to_string()),
            producer.and_then(|producer| producer.sdk.as_deref()),
            producer.and_then(|producer| producer.version.as_deref()),
            producer.and_then(|producer| number(producer.protocol)),
            producer.and_then(|producer| number(producer.pid)),
            row.opened,
            row.closed,
            record.ending.map(columns::ending_word),
            count(counts.events),
            count(counts.skipped),
            count(counts.rejected),
            count(counts.torn),
            count(counts.lost),
        ])?;
        next.session = next.session.max(record.id.0 + 1);
    }
    Ok(())
}

fn number(number: Option<u64>) -> Option<i64> {
    number.map(count)
}

/// SQLite's numbers have a sign; what is beyond them is as good as endless.
pub(super) fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn joins(
    transaction: &Transaction<'_>,
    next: &mut Numbers,
    joins: &[(RunId, RunId)],
) -> rusqlite::Result<()> {
    for (stays, goes) in joins {
        transaction
            .prepare_cached("UPDATE sessions SET run = ?1 WHERE run = ?2")?
            .execute([stays.0, goes.0])?;
        transaction
            .prepare_cached("UPDATE runs SET joined = ?1 WHERE joined = ?2")?
            .execute([stays.0, goes.0])?;
        transaction
            .prepare_cached("INSERT INTO runs (id, joined) VALUES (?2, ?1) ON CONFLICT (id) DO UPDATE SET joined = ?1, connected = 0, over = 0")?
            .execute([stays.0, goes.0])?;
        // It may never have had a row of its own.
        next.run = next.run.max(goes.0 + 1);
    }
    Ok(())
}

fn runs(
    transaction: &Transaction<'_>,
    next: &mut Numbers,
    rows: &[RunRow],
) -> rusqlite::Result<()> {
    const SQL: &str = "INSERT INTO runs (id, name, state, began, heard, processes, connected,
            spans, failed, cancelled, open, unknown, events, skipped, rejected, torn, lost, over)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
        ON CONFLICT (id) DO UPDATE SET name = coalesce(?2, name), state = ?3, began = ?4,
            heard = ?5, processes = ?6, connected = ?7, spans = ?8, failed = ?9, cancelled = ?10,
            open = ?11, unknown = ?12, events = ?13, skipped = ?14, rejected = ?15, torn = ?16,
            lost = ?17, over = ?18";
    let mut statement = transaction.prepare_cached(SQL)?;
    for row in rows {
        let (tally, counts) = (&row.tally, row.counts);
        statement.execute(params![
            row.id.0,
            row.name,
            row.state.as_str(),
            row.began,
            row.heard,
            count(row.processes),
            row.connected,
            count(tally.spans),
            count(tally.failed),
            count(tally.cancelled),
            count(tally.open),
            count(tally.unknown),
            count(counts.events),
            count(counts.skipped),
            count(counts.rejected),
            count(counts.torn),
            count(counts.lost),
            row.is_over,
        ])?;
        next.run = next.run.max(row.id.0 + 1);
    }
    Ok(())
}

fn remarks(transaction: &Transaction<'_>, rows: &[Remark]) -> rusqlite::Result<()> {
    const SQL: &str =
        "INSERT INTO remarks (session, line, lines, what, clause, text) VALUES (?, ?, ?, ?, ?, ?)";
    let mut statement = transaction.prepare_cached(SQL)?;
    for row in rows {
        let clause = row.clause.map(|clause| clause.id());
        statement.execute(params![
            row.session,
            row.line,
            row.lines,
            row.what,
            clause,
            row.text
        ])?;
    }
    Ok(())
}

/// Adds to what a connection's events lack in the store; whether it is there.
pub(super) fn unstored(
    connection: &Connection,
    session: u64,
    events: u64,
) -> rusqlite::Result<bool> {
    let sql = "UPDATE sessions SET unstored = unstored + ?2 WHERE id = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![count(session), count(events)])
        .map(|rows| rows > 0)
}
