//! Whole runs out of the file again, a little at a time, so that nobody who
//! writes has to wait for long.

use hero_span_protocol::{Event, Parsed, parse};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::columns;

/// Spans and events that go in one transaction.
const SLICE: usize = 1_000;

/// Pages that are given back to the system in one transaction.
const PAGES: u32 = 2_000;

/// What is left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tidied {
    Nothing,
    More,
    /// There is too much, and no run that is over.
    Full,
}

/// Takes a slice out of a doomed run; dooms the oldest run that is over when
/// none is and there is too much.
pub(super) fn tidy(
    connection: &mut Connection,
    max_bytes: Option<u64>,
) -> rusqlite::Result<Tidied> {
    let run = match doomed(connection)? {
        Some(run) => run,
        None if !is_over(connection, max_bytes)? => return Ok(Tidied::Nothing),
        None => match doom_oldest(connection)? {
            Some(run) => run,
            None => return Ok(Tidied::Full),
        },
    };
    slice(connection, run)?;
    give_back(connection)?;
    Ok(Tidied::More)
}

/// Prunes by choice, to the end; see [`super::Store::prune`].
pub(super) fn prune(
    connection: &mut Connection,
    before_ms: Option<f64>,
    max_bytes: Option<u64>,
    mut progress: impl FnMut(u64),
) -> rusqlite::Result<u64> {
    let mut pruned = 0;
    if let Some(before) = before_ms {
        pruned += doom_before(connection, before)?;
    }
    while tidy(connection, None)? == Tidied::More {
        progress(pruned);
    }
    while is_over(connection, max_bytes)? && doom_oldest(connection)?.is_some() {
        pruned += 1;
        while tidy(connection, None)? == Tidied::More {
            progress(pruned);
        }
    }
    while free_pages(connection)? > 0 {
        give_back(connection)?;
    }
    connection.pragma(None, "wal_checkpoint", "TRUNCATE", |_| Ok(()))?;
    Ok(pruned)
}

fn doom_before(connection: &Connection, before_ms: f64) -> rusqlite::Result<u64> {
    let sql = "UPDATE runs SET doomed = 1
        WHERE joined IS NULL AND over = 1 AND doomed = 0 AND coalesce(heard,
            (SELECT max(coalesce(closed, opened)) FROM sessions WHERE run = runs.id), 0) < ?";
    let doomed = connection.execute(sql, [before_ms])?;
    Ok(doomed as u64)
}

/// Bytes in use: what is free within the file is not.
pub(super) fn used_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let pages = number(connection, "page_count")?.saturating_sub(free_pages(connection)?);
    Ok(pages * number(connection, "page_size")?)
}

fn free_pages(connection: &Connection) -> rusqlite::Result<u64> {
    number(connection, "freelist_count")
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<u64> {
    connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0))
}

fn is_over(connection: &Connection, max_bytes: Option<u64>) -> rusqlite::Result<bool> {
    match max_bytes {
        Some(max) => Ok(used_bytes(connection)? > max),
        None => Ok(false),
    }
}

fn doomed(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT id FROM runs WHERE doomed = 1 LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row([], |row| row.get(0)).optional()
}

/// Dooms a run: it is gone for who reads at once.
fn doom_oldest(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let sql = "UPDATE runs SET doomed = 1 WHERE id =
        (SELECT id FROM runs WHERE joined IS NULL AND over = 1 ORDER BY id LIMIT 1) RETURNING id";
    connection.query_row(sql, [], |row| row.get(0)).optional()
}

/// Some spans of the run with their events, or what is left of it once there
/// are none.
fn slice(connection: &mut Connection, run: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    let mut room = SLICE;
    while room > 0 {
        let Some((span, session)) = some_span(&transaction, run)? else {
            forget_spanless(&transaction, run)?;
            forget_rest(&transaction, run)?;
            break;
        };
        room -= forget_span(&transaction, span, session, room)?;
    }
    transaction.commit()
}

fn some_span(transaction: &Transaction<'_>, run: i64) -> rusqlite::Result<Option<(i64, i64)>> {
    let sql = "SELECT spans.id, spans.session FROM sessions
        JOIN spans ON spans.session = sessions.id WHERE sessions.run = ? LIMIT 1";
    let mut statement = transaction.prepare_cached(sql)?;
    let row = statement.query_row([run], |row| Ok((row.get(0)?, row.get(1)?)));
    row.optional()
}

/// Takes at most so many rows of a span; returns how many it took. The span's
/// own row goes last.
fn forget_span(
    transaction: &Transaction<'_>,
    span: i64,
    session: i64,
    most: usize,
) -> rusqlite::Result<usize> {
    let mut gone = 0;
    let sql = "SELECT id, line FROM events WHERE span = ? ORDER BY id LIMIT ?";
    let mut events = transaction.prepare_cached(sql)?;
    let mut delete = transaction.prepare_cached("DELETE FROM events WHERE span = ? AND id <= ?")?;
    let mut rows = events.query(params![span, most])?;
    let mut last = 0;
    while let Some(row) = rows.next()? {
        last = row.get(0)?;
        gone += 1;
        if let Ok(Parsed::Event(event)) = parse(row.get_ref(1)?.as_str()?.as_bytes()) {
            forget_words(transaction, last, &event)?;
            forget_tags(transaction, session, span, &event)?;
        }
    }
    drop(rows);
    delete.execute([span, last])?;
    if gone < most {
        forget_row(transaction, span)?;
        gone += 1;
    }
    Ok(gone)
}

/// The connection's other spans of that name are going too.
fn forget_row(transaction: &Transaction<'_>, span: i64) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM names WHERE (name, session) = (SELECT name, session FROM spans WHERE id = ?)",
        "DELETE FROM spans WHERE id = ?",
    ] {
        transaction.prepare_cached(sql)?.execute([span])?;
    }
    Ok(())
}

fn forget_words(
    transaction: &Transaction<'_>,
    event_id: i64,
    event: &Event<'_>,
) -> rusqlite::Result<()> {
    let mut words = Vec::new();
    columns::add_words(event, &mut words);
    if !words.is_empty() {
        transaction
            .prepare_cached("DELETE FROM words WHERE rowid = ?")?
            .execute([event_id])?;
    }
    Ok(())
}

fn forget_tags(
    transaction: &Transaction<'_>,
    session: i64,
    span: i64,
    event: &Event<'_>,
) -> rusqlite::Result<()> {
    let sql = "DELETE FROM tags WHERE key = ? AND value = ? AND session = ? AND span = ?";
    let mut statement = transaction.prepare_cached(sql)?;
    for (key, value) in columns::tags(event) {
        statement.execute(params![key, columns::tag_head(&value), session, span])?;
    }
    Ok(())
}

/// Executions without spans go with the first run that was heard of after them.
fn forget_spanless(transaction: &Transaction<'_>, run: i64) -> rusqlite::Result<()> {
    const OLD: &str = "SELECT id FROM executions
        WHERE ended < (SELECT heard FROM runs WHERE id = ?)
        AND NOT EXISTS (SELECT 1 FROM sessions WHERE producer = executions.producer)";
    for (table, number) in [("printed", "execution"), ("executions", "id")] {
        let sql = format!("DELETE FROM {table} WHERE {number} IN ({OLD})");
        transaction.prepare_cached(&sql)?.execute([run])?;
    }
    Ok(())
}

fn forget_rest(transaction: &Transaction<'_>, run: i64) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM printed WHERE execution IN (SELECT id FROM executions WHERE producer IN
            (SELECT producer FROM sessions WHERE run = ?))",
        "DELETE FROM executions WHERE producer IN (SELECT producer FROM sessions WHERE run = ?)",
        "DELETE FROM remarks WHERE session IN (SELECT id FROM sessions WHERE run = ?)",
        "DELETE FROM sessions WHERE run = ?",
        "DELETE FROM runs WHERE joined = ?",
        "DELETE FROM runs WHERE id = ?",
    ] {
        transaction.execute(sql, [run])?;
    }
    Ok(())
}

fn give_back(connection: &Connection) -> rusqlite::Result<()> {
    let sql = format!("PRAGMA incremental_vacuum({PAGES})");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    // A row a page, and only stepping through them gives the pages back.
    while rows.next()?.is_some() {}
    Ok(())
}
