//! Which runs are meant: the newest whose span fits all that is asked of one.
//!
//! Each question has an index that leads from it to connections. The one with
//! the fewest answers leads; the others are put to what it finds.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use hero_span_protocol::{Parsed, parse};

use super::columns;
use super::lead::{Hint, Hints, Lead};
use super::names::{Names, completed, distinct};
use super::read::{RUN_COLUMNS, Reader, RunLine};
use crate::Error;

/// What is asked of a run; nothing is asked where nothing is said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// How the run stands: `running` or the word of a
    /// [`RunState`](super::RunState).
    pub state: Option<String>,
    /// It was heard of at this time or later, in milliseconds since the Unix
    /// epoch.
    pub since_ms: Option<f64>,
    /// It had begun by this time.
    pub until_ms: Option<f64>,
    /// What is asked of one of its spans.
    pub span: SpanFilter,
}

/// What is asked of a span, all of it of the same one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpanFilter {
    /// Its name; `*` stands for anything.
    pub name: Option<String>,
    /// How it stands: `ok`, `failed`, `cancelled`, `open` or `unknown`.
    pub state: Option<String>,
    /// Its tags: the last value that was set. A string stands without quotes,
    /// anything else as compact JSON.
    pub tags: Vec<(String, Option<String>)>,
    /// Words in its logs, error, input or result, as FTS5 takes them.
    pub text: Option<String>,
}

impl SpanFilter {
    fn asks_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl RunLine {
    /// Whether its producers are connected.
    pub fn is_running(&self) -> bool {
        self.state == "running"
    }
}

impl Reader {
    /// The newest runs that fit, at most so many, the newest first. Where
    /// something is asked of a span, those count as the newest that have the
    /// newest connection with such a span.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or the words make no sense to FTS5.
    pub fn runs(&self, filter: &Filter, most: usize) -> Result<Vec<RunLine>, Error> {
        if let Some(text) = &filter.span.text {
            check_words(&self.connection, text)
                .map_err(|e| Error::bad_words(&self.path, text, e))?;
        }
        let found = if filter.span.asks_nothing() {
            self.newest(filter, most)
        } else {
            self.search(filter, most)
        };
        found.map_err(|e| self.fault(e))
    }

    /// The run of that number, or the one that it became part of; `None` when
    /// it is not there any more.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn numbered_run(&self, number: u64) -> Result<Option<RunLine>, Error> {
        let sql = format!(
            "SELECT {RUN_COLUMNS} FROM runs WHERE doomed = 0
             AND id = (SELECT coalesce(joined, id) FROM runs WHERE id = ?)"
        );
        let read = || {
            let mut statement = self.connection.prepare_cached(&sql)?;
            let found = statement.query_row([number], |row| self.run_line(row));
            found.optional()
        };
        read().map_err(|e| self.fault(e))
    }

    fn newest(&self, filter: &Filter, most: usize) -> rusqlite::Result<Vec<RunLine>> {
        let (condition, values) = self.run_condition(filter);
        let sql = format!(
            "SELECT {RUN_COLUMNS} FROM runs WHERE {condition} ORDER BY id DESC LIMIT {most}"
        );
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map(params_from_iter(values), |row| self.run_line(row))?;
        rows.collect()
    }

    /// What is asked of the run itself, as SQL.
    fn run_condition(&self, filter: &Filter) -> (String, Vec<Value>) {
        let mut condition = "joined IS NULL AND doomed = 0".to_owned();
        let mut values = Vec::new();
        match filter.state.as_deref() {
            Some("running") if self.is_written => condition += " AND connected > 0",
            Some("running") => condition += " AND 0",
            Some(state) => {
                condition += " AND state = ?";
                values.push(Value::from(state.to_owned()));
                if self.is_written {
                    condition += " AND connected = 0";
                }
            }
            None => {}
        }
        for (at, test) in [
            (filter.since_ms, " AND heard >= ?"),
            (filter.until_ms, " AND began <= ?"),
        ] {
            if let Some(at) = at {
                condition += test;
                values.push(Value::from(at));
            }
        }
        (condition, values)
    }

    fn search(&self, filter: &Filter, most: usize) -> rusqlite::Result<Vec<RunLine>> {
        let Some(question) = Question::of(&self.connection, &filter.span)? else {
            return Ok(Vec::new());
        };
        let lead = question.lead(&self.connection)?;
        let (condition, values) = self.run_condition(filter);
        let sql = format!(
            "SELECT {RUN_COLUMNS} FROM runs
             WHERE id = (SELECT run FROM sessions WHERE id = ?) AND {condition}"
        );
        let mut statement = self.connection.prepare(&sql)?;
        let mut found: Vec<RunLine> = Vec::new();
        let mut hints = Hints::new(&lead);
        while found.len() < most {
            let Some(hint) = hints.next(&self.connection)? else {
                break;
            };
            let session = std::iter::once(Value::from(hint.session));
            let asked = session.chain(values.iter().cloned());
            let run = statement
                .query_row(params_from_iter(asked), |row| self.run_line(row))
                .optional()?;
            let Some(run) = run.filter(|run| found.iter().all(|known| known.run != run.run)) else {
                continue;
            };
            if question.fits(&self.connection, &lead, &hint)? {
                found.push(run);
            }
        }
        found.sort_by_key(|run| std::cmp::Reverse(run.run));
        Ok(found)
    }

    /// Names of spans that begin like this, at most so many, in order.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn span_names(&self, beginning: &str, most: usize) -> Result<Vec<String>, Error> {
        completed(&self.connection, beginning, most).map_err(|e| self.fault(e))
    }

    /// Keys of tags that begin like this, at most so many, in order.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn tag_keys(&self, beginning: &str, most: usize) -> Result<Vec<String>, Error> {
        let next = "SELECT min(key) FROM tags WHERE key > ?1";
        let first = "SELECT min(key) FROM tags WHERE key >= ?1";
        let found = distinct(
            &self.connection,
            first,
            next,
            beginning,
            |key| (key.starts_with(beginning), true),
            most,
        );
        Ok(found.map_err(|e| self.fault(e))?.list)
    }
}

/// Asks FTS5 whether it understands the words.
fn check_words(connection: &Connection, text: &str) -> rusqlite::Result<()> {
    let sql = "SELECT rowid FROM words WHERE words MATCH ? LIMIT 1";
    let found = connection.query_row(sql, [text], |_| Ok(()));
    found.optional().map(|_| ())
}

/// What is asked of a span, with the names that a pattern means.
struct Question<'f> {
    filter: &'f SpanFilter,
    names: Option<Names>,
}

impl<'f> Question<'f> {
    /// `None` when no span can fit.
    fn of(connection: &Connection, filter: &'f SpanFilter) -> rusqlite::Result<Option<Self>> {
        let names = filter.name.as_deref();
        let names = names.map(|name| Names::of(connection, name)).transpose()?;
        let none = names.as_ref().is_some_and(Names::is_none);
        Ok((!none).then_some(Self { filter, names }))
    }

    fn leads(&self) -> Vec<Lead<'_>> {
        let filter = self.filter;
        let mut leads = Vec::new();
        let names = self.names.as_ref().and_then(Names::list);
        leads.extend(names.map(Lead::Names));
        let tags = filter.tags.iter();
        leads.extend(tags.map(|(key, value)| Lead::Tag(key, value.as_deref())));
        leads.extend(filter.text.as_deref().map(Lead::Text));
        leads.extend(filter.state.as_deref().map(Lead::State));
        leads
    }

    /// The question with the fewest answers.
    fn lead(&self, connection: &Connection) -> rusqlite::Result<Lead<'_>> {
        let mut best = None;
        for lead in self.leads() {
            let answers = lead.count(connection)?;
            if best.as_ref().is_none_or(|(fewest, _)| answers < *fewest) {
                best = Some((answers, lead));
            }
        }
        let best = best.filter(|(answers, _)| *answers < usize::MAX);
        Ok(best.map_or(Lead::All, |(_, lead)| lead))
    }

    /// Whether the span, or one of the connection, fits all that is asked.
    fn fits(
        &self,
        connection: &Connection,
        lead: &Lead<'_>,
        hint: &Hint,
    ) -> rusqlite::Result<bool> {
        let (place, mut values) = lead.spans(hint);
        let (condition, asked) = self.condition();
        values.extend(asked);
        let sql = format!("SELECT id FROM spans {place}{condition}");
        self.any(connection, &sql, values)
    }

    fn any(
        &self,
        connection: &Connection,
        sql: &str,
        values: Vec<Value>,
    ) -> rusqlite::Result<bool> {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let span = row.get(0)?;
            if self.has_tags(connection, span)? && self.says(connection, span)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What a span's own row answers, and where its tags lie.
    fn condition(&self) -> (String, Vec<Value>) {
        let mut condition = String::new();
        let mut values = Vec::new();
        if let Some(names) = &self.names {
            names.ask(&mut condition, &mut values);
        }
        if let Some(state) = &self.filter.state {
            condition += " AND state = ?";
            values.push(Value::from(state.clone()));
        }
        for (key, value) in &self.filter.tags {
            // Of a tag without a value only the events can tell soon.
            let Some(value) = value else { continue };
            condition += " AND EXISTS (SELECT 1 FROM tags WHERE key = ? AND value = ?
                AND tags.session = spans.session AND span = spans.id)";
            values.push(Value::from(key.clone()));
            values.push(Value::from(columns::tag_head(value).to_owned()));
        }
        (condition, values)
    }

    /// Whether the tags' last values are those, in full.
    fn has_tags(&self, connection: &Connection, span: i64) -> rusqlite::Result<bool> {
        if self.filter.tags.is_empty() {
            return Ok(true);
        }
        let sql = "SELECT line FROM events WHERE span = ? AND type IN ('start', 'tag') ORDER BY id";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([span])?;
        let mut last = std::collections::HashMap::new();
        while let Some(row) = rows.next()? {
            if let Ok(Parsed::Event(event)) = parse(row.get_ref(0)?.as_str()?.as_bytes()) {
                let tags = columns::tags(&event);
                let tags = tags.into_iter();
                last.extend(tags.map(|(key, value)| (key.to_owned(), value.into_owned())));
            }
        }
        let is = |(key, value): &(String, Option<String>)| match last.get(key) {
            Some(last) => value.as_ref().is_none_or(|value| value == last),
            None => false,
        };
        Ok(self.filter.tags.iter().all(is))
    }

    /// Whether an event of the span has the words.
    fn says(&self, connection: &Connection, span: i64) -> rusqlite::Result<bool> {
        let Some(text) = &self.filter.text else {
            return Ok(true);
        };
        let events = "SELECT id FROM events WHERE span = ?";
        let mut events = connection.prepare_cached(events)?;
        let mut word =
            connection.prepare_cached("SELECT 1 FROM words WHERE words MATCH ? AND rowid = ?")?;
        let mut rows = events.query([span])?;
        while let Some(row) = rows.next()? {
            if word.exists(params![text, row.get::<_, i64>(0)?])? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
