//! The tables of spans, tags and words, made again from the events.

use std::collections::HashMap;

use hero_span_protocol::{Event, Parsed, parse};
use rusqlite::{Row, Transaction, params};

use super::{Store, columns, write};
use crate::Error;
use crate::tree::{SessionId, SpanRecord};

/// How often progress is told, in spans.
const STEP: u64 = 1_000;

/// What a rebuilt store has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Events that were read.
    pub events: u64,
    /// Spans that they tell of.
    pub spans: u64,
    /// Events that could not be read again, and were left out.
    pub unreadable: u64,
}

impl Store {
    /// Makes all that is made of events anew, in one transaction; `progress`
    /// is called now and then with what was done so far.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written. Then it is as it was.
    pub fn rebuild(&mut self, mut progress: impl FnMut(Rebuilt)) -> Result<Rebuilt, Error> {
        let mut next = self.numbers;
        let rebuilt = self
            .connection
            .transaction()
            .and_then(|transaction| {
                clear(&transaction)?;
                let rebuilt = fill(&transaction, &mut next, &mut progress)?;
                count(&transaction)?;
                transaction.commit()?;
                Ok(rebuilt)
            })
            .map_err(|e| Error::store(&self.path, "rebuild the store", e))?;
        Ok(rebuilt)
    }
}

fn clear(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "DELETE FROM spans; DELETE FROM tags; INSERT INTO words (words) VALUES ('delete-all');",
    )
}

/// One event with what was found of it when it came.
struct Found {
    id: i64,
    session: u64,
    span: u64,
    event: Option<Event<'static>>,
    flags: Vec<hero_span_protocol::Clause>,
}

fn found(row: &Row<'_>) -> rusqlite::Result<Found> {
    let event = match parse(row.get_ref(3)?.as_str()?.as_bytes()) {
        Ok(Parsed::Event(event)) => Some(event.into_owned()),
        Ok(Parsed::Skipped { .. }) | Err(_) => None,
    };
    Ok(Found {
        id: row.get(0)?,
        session: row.get(1)?,
        span: row.get(2)?,
        event,
        flags: columns::flags(row.get_ref(4)?.as_str_or_null()?),
    })
}

/// Goes through the events span by span.
fn fill(
    transaction: &Transaction<'_>,
    next: &mut write::Numbers,
    progress: &mut impl FnMut(Rebuilt),
) -> rusqlite::Result<Rebuilt> {
    let mut rebuilt = Rebuilt::default();
    let mut ordinals = HashMap::new();
    let mut statement = transaction.prepare(
        "SELECT id, session, span, line, flags FROM events INDEXED BY events_by_span ORDER BY span, id",
    )?;
    let mut rows = statement.query_map([], found)?.peekable();
    while let Some(first) = rows.next() {
        let mut events = vec![first?];
        let span = events[0].span;
        let same = |row: &rusqlite::Result<Found>| row.as_ref().is_ok_and(|row| row.span == span);
        while let Some(row) = rows.next_if(same) {
            events.push(row?);
        }
        rebuilt.events += events.len() as u64;
        rebuilt.unreadable += events.iter().filter(|found| found.event.is_none()).count() as u64;
        rebuilt.spans += u64::from(fill_span(transaction, next, &mut ordinals, events)?);
        if rebuilt.spans % STEP == 0 {
            progress(rebuilt);
        }
    }
    Ok(rebuilt)
}

fn fill_span(
    transaction: &Transaction<'_>,
    next: &mut write::Numbers,
    ordinals: &mut HashMap<u64, u32>,
    events: Vec<Found>,
) -> rusqlite::Result<bool> {
    let Some((session, span)) = events.first().map(|found| (found.session, found.span)) else {
        return Ok(false);
    };
    let ordinal = ordinals.entry(session).or_default();
    for found in &events {
        index(transaction, found)?;
    }
    let said = events
        .into_iter()
        .filter_map(|found| Some((found.event?, found.flags, 0)));
    let Some(mut record) = SpanRecord::fold(span, SessionId(session), *ordinal, said) else {
        return Ok(false);
    };
    *ordinal += 1;
    record.lost = lost_in(transaction, span)?;
    write::spans(transaction, next, &[record])?;
    Ok(true)
}

fn lost_in(transaction: &Transaction<'_>, span: u64) -> rusqlite::Result<u32> {
    let sql = "SELECT min(total(lost), 4294967295) FROM events WHERE lost_in = ?";
    let mut statement = transaction.prepare_cached(sql)?;
    statement.query_row([span], |row| Ok(row.get::<_, f64>(0)? as u32))
}

fn index(transaction: &Transaction<'_>, found: &Found) -> rusqlite::Result<()> {
    let Some(event) = &found.event else {
        return Ok(());
    };
    write::words(transaction, found.id, event)?;
    write::tags(transaction, found.session, found.span, event)
}

/// The counts of each run by its spans.
fn count(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let sql = "UPDATE runs SET spans = found.spans, failed = found.failed,
            cancelled = found.cancelled, open = found.open, unknown = found.unknown
        FROM (SELECT sessions.run AS run, count(*) AS spans,
                sum(state = 'failed') AS failed, sum(state = 'cancelled') AS cancelled,
                sum(state = 'open') AS open, sum(state = 'unknown') AS unknown
            FROM spans JOIN sessions ON sessions.id = spans.session GROUP BY sessions.run) AS found
        WHERE runs.id = found.run";
    transaction.execute(sql, params![]).map(|_| ())
}
