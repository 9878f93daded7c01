//! The tables of spans, tags and words, made again from the events.

use std::collections::HashMap;

use hero_span_protocol::{Parsed, parse};
use rusqlite::{Row, Transaction, params};

use super::batch::SpanRow;
use super::rows::Rows;
use super::texts::Texts;
use super::{Store, columns, write};
use crate::Error;
use crate::tree::{Folding, SessionId};

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
        // It gives no new numbers.
        let mut numbers = self.numbers;
        let rebuilt = self.connection.transaction().and_then(|transaction| {
            clear(&transaction)?;
            let rebuilt = fill(&transaction, &mut numbers, &mut progress)?;
            count(&transaction)?;
            transaction.commit()?;
            Ok(rebuilt)
        });
        rebuilt.map_err(|e| Error::store(&self.path, "rebuild the store", e))
    }
}

fn clear(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "DELETE FROM spans; DELETE FROM names; DELETE FROM tags;
        INSERT INTO words (words) VALUES ('delete-all');",
    )
}

/// Goes through the events span by span.
fn fill(
    transaction: &Transaction<'_>,
    numbers: &mut write::Numbers,
    progress: &mut impl FnMut(Rebuilt),
) -> rusqlite::Result<Rebuilt> {
    let mut filling = Filling {
        transaction,
        rows: Rows::prepare(transaction)?,
        numbers,
        rebuilt: Rebuilt::default(),
        ordinals: HashMap::new(),
    };
    let mut statement = transaction.prepare(
        "SELECT span, session, id, line, flags FROM events INDEXED BY events_by_span ORDER BY span, id",
    )?;
    let mut rows = statement.query([])?;
    let mut span = None;
    while let Some(row) = rows.next()? {
        let number = row.get(0)?;
        let current = match span.take() {
            Some((current, folding)) if current == number => Some(folding),
            Some((_, folding)) => {
                filling.put(&folding, progress)?;
                None
            }
            None => None,
        };
        let session = row.get(1)?;
        let mut folding = current.unwrap_or_else(|| filling.begin(number, session));
        filling.event(row, number, session, &mut folding)?;
        span = Some((number, folding));
    }
    if let Some((_, folding)) = span {
        filling.put(&folding, progress)?;
    }
    progress(filling.rebuilt);
    Ok(filling.rebuilt)
}

struct Filling<'a, 't> {
    transaction: &'a Transaction<'t>,
    rows: Rows<'a>,
    numbers: &'a mut write::Numbers,
    rebuilt: Rebuilt,
    /// What each connection's next span comes after.
    ordinals: HashMap<u64, u32>,
}

impl Filling<'_, '_> {
    fn begin(&self, span: u64, session: u64) -> Folding {
        let ordinal = self.ordinals.get(&session).copied().unwrap_or_default();
        Folding::new(span, SessionId(session), ordinal)
    }

    fn event(
        &mut self,
        row: &Row<'_>,
        span: u64,
        session: u64,
        folding: &mut Folding,
    ) -> rusqlite::Result<()> {
        self.rebuilt.events += 1;
        let Ok(Parsed::Event(event)) = parse(row.get_ref(3)?.as_str()?.as_bytes()) else {
            self.rebuilt.unreadable += 1;
            return Ok(());
        };
        let mut words = Vec::new();
        columns::add_words(&event, &mut words);
        self.rows.word(row.get(2)?, &words)?;
        for (key, value) in columns::tags(&event) {
            let value = columns::tag_head(&value);
            self.rows
                .tag(key.as_bytes(), value.as_bytes(), session, span)?;
        }
        let flags = columns::flags(row.get_ref(4)?.as_str_or_null()?);
        folding.hear(&event, &flags, 0);
        Ok(())
    }

    fn put(
        &mut self,
        folding: &Folding,
        progress: &mut impl FnMut(Rebuilt),
    ) -> rusqlite::Result<()> {
        let Some(span) = folding.span() else {
            return Ok(());
        };
        let mut texts = Texts::default();
        let mut row = SpanRow::of(span, true, &mut texts);
        *self.ordinals.entry(row.session.0).or_default() += 1;
        row.lost = lost_in(self.transaction, row.number)?;
        self.rows.span(&row, true, &texts)?;
        self.rows.name(&row, &texts)?;
        self.numbers.span = self.numbers.span.max(row.number + 1);
        self.rebuilt.spans += 1;
        if self.rebuilt.spans.is_multiple_of(STEP) {
            progress(self.rebuilt);
        }
        Ok(())
    }
}

fn lost_in(transaction: &Transaction<'_>, span: u64) -> rusqlite::Result<u32> {
    let sql = "SELECT min(total(lost), 4294967295) FROM events WHERE lost_in = ?";
    let mut statement = transaction.prepare_cached(sql)?;
    statement.query_row([span], |row| Ok(row.get::<_, f64>(0)? as u32))
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
