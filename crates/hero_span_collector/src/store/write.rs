//! Rows into the file, in one transaction.

use hero_span_protocol::Event;
use rusqlite::{Connection, Transaction, params};

use super::batch::{Batch, EventRow, Remark, RunRow, RunState, SessionRow};
use super::columns;
use crate::tree::{RunId, SpanRecord, What};

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
        if all {
            events(&transaction, &mut next, &batch.events)?;
            spans(&transaction, &mut next, &batch.spans)?;
            remarks(&transaction, &batch.remarks)?;
        }
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
fn count(count: u64) -> i64 {
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

fn events(
    transaction: &Transaction<'_>,
    next: &mut Numbers,
    rows: &[EventRow],
) -> rusqlite::Result<()> {
    let mut event = transaction.prepare_cached(
        "INSERT INTO events (id, session, span, type, line, flags, lost, lost_in)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for row in rows {
        let told = &row.told;
        event.execute(params![
            next.event,
            row.session.0,
            row.span,
            columns::what_word(What::of(&told.event)),
            &*told.text,
            columns::flag_text(&row.flags),
            (told.lost > 0).then(|| count(told.lost)),
            row.lost_in,
        ])?;
        words(transaction, next.event.cast_signed(), &told.event)?;
        tags(transaction, row.session.0, row.span, &told.event)?;
        next.event += 1;
    }
    Ok(())
}

/// What an event says, to be found by its words.
pub(super) fn words(
    transaction: &Transaction<'_>,
    id: i64,
    event: &Event<'_>,
) -> rusqlite::Result<()> {
    let Some(text) = columns::words(event) else {
        return Ok(());
    };
    transaction
        .prepare_cached("INSERT INTO words (rowid, text) VALUES (?, ?)")?
        .execute(params![id, text])
        .map(|_| ())
}

/// The tags that an event sets, to be found by them.
pub(super) fn tags(
    transaction: &Transaction<'_>,
    session: u64,
    span: u64,
    event: &Event<'_>,
) -> rusqlite::Result<()> {
    let tags = columns::tags(event);
    if tags.is_empty() {
        return Ok(());
    }
    let mut statement = transaction.prepare_cached(
        "INSERT OR IGNORE INTO tags (key, value, session, span) VALUES (?, ?, ?, ?)",
    )?;
    for (key, value) in tags {
        statement.execute(params![key, columns::tag_head(&value), session, span])?;
    }
    Ok(())
}

/// Span rows, as they stand.
pub(super) fn spans(
    transaction: &Transaction<'_>,
    next: &mut Numbers,
    rows: &[SpanRecord],
) -> rusqlite::Result<()> {
    const SQL: &str = "INSERT INTO spans (id, session, ordinal, span_id, parent_id, name, kind,
            state, started, ended, first, last, last_what, lost, flags, error_type, error, details)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
        ON CONFLICT (id) DO UPDATE SET parent_id = ?5, name = ?6, kind = ?7, state = ?8,
            started = ?9, ended = ?10, last = ?12, last_what = ?13, lost = ?14, flags = ?15,
            error_type = ?16, error = ?17, details = ?18";
    const NAME: &str = "INSERT OR IGNORE INTO names (name, session) VALUES (?, ?)";
    let mut statement = transaction.prepare_cached(SQL)?;
    let mut name = transaction.prepare_cached(NAME)?;
    for span in rows {
        statement.execute(params![
            span.number,
            span.session.0,
            span.ordinal,
            span.id.to_string(),
            span.parent_id.map(|id| id.to_string()),
            span.name,
            span.kind.as_str(),
            RunState::from(span.state()).as_str(),
            span.started.map(|at| at.as_f64()),
            span.ended.map(|(at, _)| at.as_f64()),
            span.first_heard.as_f64(),
            span.last_heard.1.as_f64(),
            columns::what_word(span.last_heard.0),
            span.lost,
            columns::flag_text(&span.flags),
            span.error_type,
            span.error_line,
            columns::details(span),
        ])?;
        if !span.name.is_empty() {
            name.execute(params![span.name, span.session.0])?;
        }
        next.span = next.span.max(span.number + 1);
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
