//! Which question leads to the runs that are looked for, and where it leads.

use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::columns;

/// How far answers are counted to find out which question has the fewest.
const COUNTED: usize = 1_000;

/// Events with words that are found together: finding one costs as much.
const SAID: usize = 100;

/// Which of the questions leads.
pub(super) enum Lead<'q> {
    /// None: every connection is looked at.
    All,
    Names(&'q [String]),
    State(&'q str),
    Tag(&'q str, Option<&'q str>),
    Text(&'q str),
}

/// Where to look.
pub(super) struct Hint {
    pub(super) session: i64,
    /// The span, where the question leads to one.
    span: Option<i64>,
    /// Where to go on: below this number of what the question leads to.
    below: i64,
}

/// Where a question leads, the latest place first.
pub(super) struct Hints<'l> {
    lead: &'l Lead<'l>,
    below: i64,
    /// Those that were found together, the latest last.
    found: Vec<Hint>,
}

impl<'l> Hints<'l> {
    pub(super) fn new(lead: &'l Lead<'l>) -> Self {
        Self {
            lead,
            below: i64::MAX,
            found: Vec::new(),
        }
    }

    pub(super) fn next(&mut self, connection: &Connection) -> rusqlite::Result<Option<Hint>> {
        if self.found.is_empty() {
            self.found = self.lead.before(connection, self.below)?;
            self.found.reverse();
        }
        let hint = self.found.pop();
        self.below = hint.as_ref().map_or(self.below, |hint| hint.below);
        Ok(hint)
    }
}

impl Lead<'_> {
    /// How many answers there are, counted up to a few.
    pub(super) fn count(&self, connection: &Connection) -> rusqlite::Result<usize> {
        let count = |from: &str, values: &[&dyn rusqlite::ToSql]| {
            let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {from} LIMIT {COUNTED})");
            connection.query_row(&sql, values, |row| row.get::<_, usize>(0))
        };
        match self {
            Self::All => Ok(usize::MAX),
            Self::Names(names) => {
                let mut sum = 0;
                for name in *names {
                    sum += count("spans WHERE name = ?", &[name])?;
                }
                Ok(sum)
            }
            // Most spans are ok: their index would be as large as the table.
            Self::State("ok") => Ok(usize::MAX),
            Self::State(state) => count("spans WHERE state = ? AND state <> 'ok'", &[state]),
            Self::Tag(key, Some(value)) => count(
                "tags WHERE key = ? AND value = ?",
                &[key, &columns::tag_head(value)],
            ),
            // Its index leads to values first: of many, to connections late.
            Self::Tag(key, None) => {
                let answers = count("tags WHERE key = ?", &[key])?;
                Ok(if answers < COUNTED {
                    answers
                } else {
                    usize::MAX
                })
            }
            Self::Text(text) => count("words WHERE words MATCH ?", &[text]),
        }
    }

    /// The spans at that place, by the index that leads there, as the head of a
    /// condition on them.
    pub(super) fn spans(&self, hint: &Hint) -> (String, Vec<Value>) {
        let session = Value::from(hint.session);
        if let Some(span) = hint.span {
            return ("WHERE id = ?".to_owned(), vec![span.into()]);
        }
        match self {
            Self::Names(names) => {
                let marks = vec!["?"; names.len()].join(", ");
                let condition = format!(
                    "INDEXED BY spans_by_name WHERE name IN ({marks}) AND session = ?
                     AND id >= (SELECT min(id) FROM spans WHERE session = ?)
                     AND id <= (SELECT max(id) FROM spans WHERE session = ?)"
                );
                let mut values: Vec<_> = names.iter().cloned().map(Value::from).collect();
                values.extend([session.clone(), session.clone(), session]);
                (condition, values)
            }
            Self::State(state) => {
                let condition = "INDEXED BY spans_by_state
                    WHERE state = ? AND state <> 'ok' AND session = ?";
                (
                    condition.to_owned(),
                    vec![(*state).to_owned().into(), session],
                )
            }
            Self::Tag(key, Some(value)) => {
                let condition = "WHERE id IN
                    (SELECT span FROM tags WHERE key = ? AND value = ? AND session = ?)";
                let value = columns::tag_head(value).to_owned();
                let values = vec![(*key).to_owned().into(), value.into(), session];
                (condition.to_owned(), values)
            }
            Self::All | Self::Tag(_, None) | Self::Text(_) => {
                ("WHERE session = ?".to_owned(), vec![session])
            }
        }
    }

    /// The latest places below that number to which this leads: the latest
    /// connection, or some events.
    fn before(&self, connection: &Connection, below: i64) -> rusqlite::Result<Vec<Hint>> {
        let latest = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_row(values, |row| row.get::<_, Option<i64>>(0))
        };
        let session = match self {
            Self::Names(names) => {
                let sql = "SELECT max(session) FROM names WHERE name = ? AND session < ?";
                let mut best = None;
                for name in *names {
                    best = best.max(latest(sql, &[name, &below])?);
                }
                best
            }
            Self::All => latest("SELECT max(id) FROM sessions WHERE id < ?", &[&below])?,
            Self::State(state) => latest(
                "SELECT max(session) FROM spans WHERE state = ? AND state <> 'ok' AND session < ?",
                &[state, &below],
            )?,
            Self::Tag(key, Some(value)) => latest(
                "SELECT max(session) FROM tags WHERE key = ? AND value = ? AND session < ?",
                &[key, &columns::tag_head(value), &below],
            )?,
            Self::Tag(key, None) => latest(
                "SELECT max(session) FROM tags WHERE key = ? AND session < ?",
                &[key, &below],
            )?,
            Self::Text(text) => return said_before(connection, text, below),
        };
        let hint = session.map(|session| Hint {
            session,
            span: None,
            below: session,
        });
        Ok(hint.into_iter().collect())
    }
}

/// The latest events with the words, among those below that number.
fn said_before(connection: &Connection, text: &str, below: i64) -> rusqlite::Result<Vec<Hint>> {
    let sql = "SELECT events.id, events.session, events.span
        FROM words JOIN events ON events.id = words.rowid
        WHERE words MATCH ?1 AND words.rowid < ?2 ORDER BY words.rowid DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let hints = statement.query_map(params![text, below, SAID], |row| {
        Ok(Hint {
            below: row.get(0)?,
            session: row.get(1)?,
            span: Some(row.get(2)?),
        })
    })?;
    hints.collect()
}
