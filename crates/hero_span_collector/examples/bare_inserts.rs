//! What it costs to insert the rows that a collector stored, with nothing around it: the floor
//! of a collector that keeps what it hears.
//!
//! ```sh
//! cargo run --release -p hero_span_collector --example bare_inserts -- --store FILE --rounds 3
//! ```
//!
//! Prints `{"rows":N,"events":N,"cpu_ns":…}` a round. The rows are read into memory before.
//! Each round inserts them into a fresh file beside the store: of the same schema with all
//! indexes, with the same settings, by prepared statements, in transactions of as many events as
//! the collector's had on average (`--batch EVENTS` sets another number). Rows go in the order
//! in which they came, each once: what a collector writes again when a span goes on is not
//! counted here.

mod common;

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

use common::{Arguments, cpu_ns};
use hero_span_protocol::{Event, Parsed, limits, parse};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Statement, params, params_from_iter};

/// Bytes of an event's text whose words can be searched for, as in the store.
const WORDS_BYTES: usize = 1_024;

type Row = Vec<Value>;
type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let arguments = Arguments::given();
    let store = Path::new(arguments.need("--store")?);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(store, flags)?;
    let rows = Rows::read(&source)?;
    let batch = match arguments.number("--batch", 0)? {
        0 => batch(&source)?,
        batch => batch,
    };
    let beside = store.parent().unwrap_or(Path::new("."));
    eprintln!("{batch} events a transaction");
    for _ in 0..arguments.number("--rounds", 3)? {
        let directory = tempfile::tempdir_in(beside)?;
        let target = fresh(&source, &directory.path().join("bare.db"))?;
        let begun = cpu_ns();
        let inserted = rows.insert(&target, batch)?;
        let cpu_ns = cpu_ns() - begun;
        let events = rows.events.len();
        println!(r#"{{"rows":{inserted},"events":{events},"cpu_ns":{cpu_ns}}}"#);
    }
    Ok(())
}

/// How many events the collectors' transactions had on average.
fn batch(source: &Connection) -> Result<usize, Failure> {
    let sql = "SELECT total(figures ->> 'stored') / total(figures ->> 'commits') FROM collectors";
    let batch: Option<f64> = source.query_row(sql, [], |row| row.get(0))?;
    let batch = batch.ok_or("no collector wrote to it")?;
    Ok((batch as usize).max(1))
}

/// A file of the same schema, with the settings of a store.
fn fresh(source: &Connection, path: &Path) -> Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let target = Connection::open_with_flags(path, flags)?;
    for pragma in ["page_size", "auto_vacuum"] {
        let value: i64 = source.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0))?;
        target.pragma_update(None, pragma, value)?;
    }
    target.pragma_update(None, "journal_mode", "WAL")?;
    target.pragma_update(None, "synchronous", "FULL")?;
    target.pragma_update(None, "temp_store", "MEMORY")?;
    target.pragma_update(None, "cache_size", -32_768)?;
    target.pragma_update(None, "wal_autocheckpoint", 4_096)?;
    target.pragma_update(None, "journal_size_limit", 64 << 20)?;
    // What a virtual table is made of, it makes itself.
    let sql = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'words\\_%' ESCAPE '\\'
        AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid";
    let mut statement = source.prepare(sql)?;
    let mut made = statement.query([])?;
    while let Some(row) = made.next()? {
        target.execute_batch(row.get_ref(0)?.as_str()?)?;
    }
    Ok(target)
}

/// What a collector stored, in memory.
struct Rows {
    events: Vec<StoredEvent>,
    /// Connections, runs and remarks: a few for all events.
    others: Vec<(&'static str, Vec<Row>)>,
}

/// An event, and the rows that came with it.
struct StoredEvent {
    row: Row,
    words: Option<String>,
    /// The span that was first heard of with it.
    span: Option<Row>,
    /// The name that was new with it, and its connection.
    name: Option<Row>,
    tags: Vec<Row>,
}

impl Rows {
    fn read(source: &Connection) -> Result<Self, Failure> {
        let mut spans = by_number(table(source, "spans")?, 0);
        let mut tags: HashMap<i64, Vec<Row>> = HashMap::new();
        for row in table(source, "tags")? {
            tags.entry(number(&row, 3)).or_default().push(row);
        }
        let mut names: HashMap<(String, i64), Row> = HashMap::new();
        for row in table(source, "names")? {
            names.insert((text(&row, 0).to_owned(), number(&row, 1)), row);
        }
        let mut events = Vec::new();
        for row in table(source, "events")? {
            let span = spans.remove(&number(&row, 2));
            let name = span.as_ref().and_then(|span| {
                let its = (text(span, 5).to_owned(), number(span, 1));
                names.remove(&its)
            });
            events.push(StoredEvent {
                words: words(text(&row, 4)),
                tags: tags.remove(&number(&row, 2)).unwrap_or_default(),
                span,
                name,
                row,
            });
        }
        let others = ["sessions", "runs", "remarks"].map(|name| Ok((name, table(source, name)?)));
        let others: Result<_, Failure> = others.into_iter().collect();
        Ok(Self {
            events,
            others: others?,
        })
    }

    /// Inserts all of them; how many that were.
    fn insert(&self, target: &Connection, batch: usize) -> Result<usize, Failure> {
        let mut rows = 0;
        let transaction = target.unchecked_transaction()?;
        for (table, others) in self.others.iter().filter(|(_, rows)| !rows.is_empty()) {
            let mut into = insertion(target, table, others[0].len())?;
            rows += each(&mut into, others)?;
        }
        transaction.commit()?;
        let mut into = Into {
            events: insertion(target, "events", 8)?,
            spans: insertion(target, "spans", 18)?,
            names: insertion(target, "names", 2)?,
            tags: insertion(target, "tags", 4)?,
            words: target.prepare("INSERT INTO words (rowid, text) VALUES (?, ?)")?,
        };
        for events in self.events.chunks(batch) {
            let transaction = target.unchecked_transaction()?;
            for event in events {
                rows += into.event(event)?;
            }
            for event in events {
                rows += each(&mut into.spans, event.span.as_slice())?;
                rows += each(&mut into.names, event.name.as_slice())?;
            }
            transaction.commit()?;
        }
        Ok(rows)
    }
}

/// Statements that are prepared once.
struct Into<'c> {
    events: Statement<'c>,
    spans: Statement<'c>,
    names: Statement<'c>,
    tags: Statement<'c>,
    words: Statement<'c>,
}

impl Into<'_> {
    fn event(&mut self, event: &StoredEvent) -> rusqlite::Result<usize> {
        self.events.execute(params_from_iter(&event.row))?;
        let mut rows = 1 + each(&mut self.tags, &event.tags)?;
        if let Some(text) = &event.words {
            self.words.execute(params![event.row[0], text])?;
            rows += 1;
        }
        Ok(rows)
    }
}

fn insertion<'c>(
    target: &'c Connection,
    table: &str,
    columns: usize,
) -> rusqlite::Result<Statement<'c>> {
    let marks = vec!["?"; columns].join(", ");
    target.prepare(&format!("INSERT INTO {table} VALUES ({marks})"))
}

fn each(into: &mut Statement<'_>, rows: &[Row]) -> rusqlite::Result<usize> {
    for row in rows {
        into.execute(params_from_iter(row))?;
    }
    Ok(rows.len())
}

/// All rows of a table, in its order.
fn table(source: &Connection, name: &str) -> rusqlite::Result<Vec<Row>> {
    let mut statement = source.prepare(&format!("SELECT * FROM {name}"))?;
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|at| row.get(at)).collect())?;
    rows.collect()
}

fn by_number(rows: Vec<Row>, column: usize) -> HashMap<i64, Row> {
    let rows = rows.into_iter();
    rows.map(|row| (number(&row, column), row)).collect()
}

fn number(row: &Row, column: usize) -> i64 {
    match row.get(column) {
        Some(Value::Integer(number)) => *number,
        _ => 0,
    }
}

fn text(row: &Row, column: usize) -> &str {
    match row.get(column) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

/// What is searched for by its words: the index has no text of its own to be read back.
fn words(line: &str) -> Option<String> {
    let Ok(Parsed::Event(event)) = parse(line.as_bytes()) else {
        return None;
    };
    let mut text = String::new();
    let mut add = |part: &str| {
        if !part.is_empty() && text.len() < WORDS_BYTES {
            text.push_str(limits::cut(part, WORDS_BYTES - text.len()));
            text.push('\n');
        }
    };
    match &event {
        Event::Start(start) => start.params.iter().for_each(|params| add(params.as_str())),
        Event::Tag(_) => {}
        Event::Log(log) => {
            add(&log.message);
            for (key, value) in log.fields.iter() {
                add(key);
                add(value.as_str());
            }
        }
        Event::End(end) => {
            add(end.error_type.as_deref().unwrap_or_default());
            add(end.error.as_deref().unwrap_or_default());
            end.result.iter().for_each(|result| add(result.as_str()));
        }
    }
    (!text.is_empty()).then_some(text)
}
