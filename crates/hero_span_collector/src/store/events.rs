//! A store's events, read: of all runs, of one, or of one span.
//!
//! Whoever takes events may take as long as they like, as a person before a
//! pager does: they are read page by page, and nothing in the file is held
//! meanwhile, so that it does not grow for it.

use hero_span_protocol::{Clause, Event, Parsed, parse};
use rusqlite::{OptionalExtension, Row, params};

use super::{Reader, columns};
use crate::Error;
use crate::tree::{RunId, SessionId};

/// Events that are read at once.
const PAGE: usize = 1_000;

/// An event as it was stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Its number among all events.
    pub id: u64,
    /// The connection it came over.
    pub session: SessionId,
    /// The span it was about.
    pub span: u64,
    /// What that span is called; empty while its start was not seen.
    pub name: String,
    /// The run it belongs to.
    pub run: RunId,
    /// The line it came on, without its LF.
    pub line: String,
    /// The clauses that it broke.
    pub flags: Vec<Clause>,
    /// How many events were lost just before it.
    pub lost: u64,
}

impl Stored {
    /// The event itself.
    pub fn event(&self) -> Option<Event<'_>> {
        match parse(self.line.as_bytes()) {
            Ok(Parsed::Event(event)) => Some(event),
            Ok(Parsed::Skipped { .. }) | Err(_) => None,
        }
    }
}

/// Events in the columns of a [`Stored`].
const EVENTS: &str = "SELECT events.id, events.session, events.span, sessions.run, events.line,
        events.flags, events.lost, (SELECT name FROM spans WHERE spans.id = events.span)
    FROM events JOIN sessions ON sessions.id = events.session WHERE";

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        id: row.get(0)?,
        session: SessionId(row.get(1)?),
        span: row.get(2)?,
        run: RunId(row.get(3)?),
        line: row.get(4)?,
        flags: columns::flags(row.get_ref(5)?.as_str_or_null()?),
        lost: row.get::<_, Option<u64>>(6)?.unwrap_or(0),
        name: row.get::<_, Option<String>>(7)?.unwrap_or_default(),
    })
}

impl Reader {
    /// Hands on the events of a run in the order they came, until `each` has
    /// enough.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or what `each` says.
    pub fn events<E: From<Error>>(
        &self,
        run: u64,
        mut each: impl FnMut(Stored) -> Result<(), E>,
    ) -> Result<(), E> {
        let ids = self.event_ids(run).map_err(|e| self.fault(e))?;
        for ids in ids.chunks(PAGE) {
            let page = self.page(ids).map_err(|e| self.fault(e))?;
            page.into_iter().try_for_each(&mut each)?;
        }
        Ok(())
    }

    fn event_ids(&self, run: u64) -> rusqlite::Result<Vec<u64>> {
        let sql = "SELECT events.id FROM sessions JOIN spans ON spans.session = sessions.id
            JOIN events ON events.span = spans.id WHERE sessions.run = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let ids = statement.query_map([run], |row| row.get(0))?;
        let mut ids = ids.collect::<rusqlite::Result<Vec<u64>>>()?;
        ids.sort_unstable();
        Ok(ids)
    }

    /// The events of those numbers, less any that were pruned meanwhile.
    fn page(&self, ids: &[u64]) -> rusqlite::Result<Vec<Stored>> {
        let moment = self.connection.unchecked_transaction()?;
        let mut page = Vec::with_capacity(ids.len());
        let mut statement = moment.prepare_cached(&format!("{EVENTS} events.id = ?"))?;
        for id in ids {
            page.extend(statement.query_row([id], stored).optional()?);
        }
        drop(statement);
        moment.finish()?;
        Ok(page)
    }

    /// Hands on the events of one span in the order they came.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or what `each` says.
    pub fn events_of<E: From<Error>>(
        &self,
        span: u64,
        each: impl FnMut(&Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.hand_on(span, true, each)
    }

    /// The same without its logs, of which there may be any number.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or what `each` says.
    pub fn facts_of<E: From<Error>>(
        &self,
        span: u64,
        each: impl FnMut(&Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.hand_on(span, false, each)
    }

    fn hand_on<E: From<Error>>(
        &self,
        span: u64,
        logs: bool,
        mut each: impl FnMut(&Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut after = 0;
        loop {
            let page = self.lines_of(span, after, logs);
            let page = page.map_err(|e| self.fault(e))?;
            for (id, line) in &page {
                after = *id;
                if let Ok(Parsed::Event(event)) = parse(line.as_bytes()) {
                    each(&event)?;
                }
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    fn lines_of(&self, span: u64, after: u64, logs: bool) -> rusqlite::Result<Vec<(u64, String)>> {
        let sql = "SELECT id, line FROM events WHERE span = ? AND id > ?
            AND (? OR type <> 'log') ORDER BY id LIMIT ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![span, after, logs, PAGE], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        rows.collect()
    }

    /// The events that came after that number, at most so many, of all runs or
    /// of one or the one that it became part of; and the number after which to
    /// go on.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn events_after(
        &self,
        id: u64,
        most: usize,
        run: Option<u64>,
    ) -> Result<(Vec<Stored>, u64), Error> {
        let read = || {
            let latest = self.latest()?;
            let events = self.events_between(id, latest, most, run)?;
            let until = if events.len() < most {
                latest.max(id)
            } else {
                events.last().map_or(id, |last| last.id)
            };
            Ok((events, until))
        };
        read().map_err(|e| self.fault(e))
    }

    fn events_between(
        &self,
        after: u64,
        until: u64,
        most: usize,
        run: Option<u64>,
    ) -> rusqlite::Result<Vec<Stored>> {
        let sql = format!(
            "{EVENTS} events.id > ? AND events.id <= ? AND (?3 IS NULL OR
                sessions.run = (SELECT coalesce(joined, id) FROM runs WHERE id = ?3))
             ORDER BY events.id LIMIT ?"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![after, until, run, most], stored)?;
        rows.collect()
    }

    /// The number of a run's first event; 0 for none.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn first_event(&self, run: u64) -> Result<u64, Error> {
        let sql = "SELECT coalesce(min(events.id), 0) FROM events WHERE span IN (
            SELECT min(spans.id) FROM sessions JOIN spans ON spans.session = sessions.id
            WHERE sessions.run = ? GROUP BY sessions.id)";
        self.connection
            .query_row(sql, [run], |row| row.get(0))
            .map_err(|e| self.fault(e))
    }

    /// The number of the latest event; 0 for none.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn latest_event(&self) -> Result<u64, Error> {
        self.latest().map_err(|e| self.fault(e))
    }

    pub(super) fn latest(&self) -> rusqlite::Result<u64> {
        let sql = "SELECT coalesce(max(id), 0) FROM events";
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.query_row([], |row| row.get(0))
    }

    /// The event that ended a span of that number: its first end. `None` while
    /// none was stored.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn end_of(&self, span: u64) -> Result<Option<Stored>, Error> {
        let sql = format!("{EVENTS} events.span = ? AND type = 'end' ORDER BY events.id LIMIT 1");
        let read = || {
            let mut statement = self.connection.prepare_cached(&sql)?;
            statement.query_row([span], stored).optional()
        };
        read().map_err(|e| self.fault(e))
    }
}
