//! Connections that speak, from a few words a line, and a store that keeps it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::figures::Figures;
use crate::hub::Hub;
use crate::message::{Message, Said};
use crate::reader::Reader as Lines;
use crate::session::Reading;
use crate::store::keeper::{Batches, QUEUE_BYTES};
use crate::store::{Gather, Reader, Storage, Store, Writer, queue};
use crate::tree::{Ending, Forest, SessionId};

/// Ticks after which every run that is over is told to be.
const SETTLED: usize = 8;

/// A store with what was heard by one hub.
pub(super) struct Kept {
    pub(super) store: Option<Store>,
    pub(super) batches: Batches,
    path: PathBuf,
    directory: TempDir,
    hub: Hub,
    gather: Gather,
    lines: BTreeMap<u64, Lines>,
    at: u64,
}

/// A directory in memory, where there is one: nothing waits for a disk.
pub(super) fn directory() -> TempDir {
    let memory = TempDir::new_in("/dev/shm");
    memory.or_else(|_| TempDir::new()).expect("a directory")
}

pub(super) fn writer() -> Writer<'static> {
    Writer {
        pid: std::process::id(),
        version: "1.0.0",
        socket: Some("/s".as_ref()),
        now_ms: 1_000.0,
    }
}

/// A store in which a script was kept, and nobody writes any more.
pub(super) fn kept(script: &str) -> Kept {
    let mut kept = Kept::new();
    kept.play(script);
    kept.store = None;
    kept
}

impl Kept {
    pub(super) fn new() -> Self {
        let directory = directory();
        let path = directory.path().join("store");
        Self::at(path, directory)
    }

    fn at(path: PathBuf, directory: TempDir) -> Self {
        let store = Store::open(&path, writer()).expect("a store");
        let numbers = store.numbers();
        let figures = Figures::default();
        let (queue, batches) = queue(QUEUE_BYTES, figures.clone());
        let forest = Forest::with_first_numbers(numbers.run, numbers.span);
        Self {
            store: Some(store),
            batches,
            path,
            directory,
            hub: Hub::new(forest, figures),
            gather: Gather::new(queue, || 5_000.0),
            lines: BTreeMap::new(),
            at: 0,
        }
    }

    /// The next collector, over the same file.
    pub(super) fn again(self) -> Self {
        drop(self.store);
        Self::at(self.path, self.directory)
    }

    /// Nothing comes any more; the file is there as long as what this gives.
    pub(super) fn end(self) -> TempDir {
        self.directory
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn reader(&self) -> Reader {
        Reader::open(&self.path).expect("a store")
    }

    /// Plays a script, waits until all is settled, and stores it.
    ///
    /// `1 start a {"name":"load"}` is said by connection 1 about span `a`:
    /// what stands in braces is added to the event, and `@b` in it is the id
    /// of span `b`. `1 says ...` is a line as it stands; `1 close` ends the
    /// connection.
    pub(super) fn play(&mut self, script: &str) {
        for line in script
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            self.step(line);
        }
        self.settle();
        self.keep();
    }

    /// Says one line of a script, and stores nothing.
    pub(super) fn step(&mut self, line: &str) {
        let (session, rest) = line.split_once(' ').expect("who speaks");
        let session = session.parse().expect("a number");
        if let Entry::Vacant(place) = self.lines.entry(session) {
            place.insert(Lines::default());
            self.take(session, Said::Opened);
        }
        if rest == "close" {
            let lines = self.lines.remove(&session).expect("open");
            return self.take(session, lines.close(Ending::Closed));
        }
        self.at += 1;
        let text = event(rest, self.at);
        let mut said = Vec::new();
        let lines = self.lines.get_mut(&session).expect("open");
        lines.push(text.as_bytes(), &mut said);
        said.into_iter().for_each(|said| self.take(session, said));
    }

    fn take(&mut self, session: u64, said: Said) {
        let message = Message::Session(SessionId(session), said);
        let _ = self.hub.take(message, &mut self.gather);
    }

    pub(super) fn settle(&mut self) {
        (0..SETTLED).for_each(|_| self.tick());
    }

    pub(super) fn tick(&mut self) {
        let _ = self.hub.tick(&mut self.gather);
    }

    /// Writes what was gathered.
    pub(super) fn keep(&mut self) {
        let mut batches = Vec::new();
        while let Some(batch) = self.batches.next() {
            batches.push(batch);
        }
        let store = self.store.as_mut().expect("open");
        store.write(&batches).expect("written");
    }

    /// What is found in the file, a row a line.
    pub(super) fn rows(&self, sql: &str) -> String {
        rows(self.path(), sql)
    }
}

pub(super) fn rows(path: &Path, sql: &str) -> String {
    let connection = rusqlite::Connection::open(path).expect("a file");
    let mut statement = connection.prepare(sql).expect("SQL");
    let columns = statement.column_count();
    let mut found = statement.query([]).expect("rows");
    let mut text = String::new();
    while let Some(row) = found.next().expect("a row") {
        let value = |at| match row.get_ref(at).expect("a column") {
            rusqlite::types::ValueRef::Null => "-".to_owned(),
            rusqlite::types::ValueRef::Integer(number) => number.to_string(),
            rusqlite::types::ValueRef::Real(number) => number.to_string(),
            rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            rusqlite::types::ValueRef::Blob(_) => "blob".to_owned(),
        };
        let values: Vec<_> = (0..columns).map(value).collect();
        text += &values.join(" ");
        text.push('\n');
    }
    text
}

/// The id of a span that is called by a word.
pub(super) fn id(word: &str) -> String {
    let number = word.bytes().fold(0_u64, |number, byte| {
        number.wrapping_mul(131) + u64::from(byte)
    });
    format!("{number:016x}")
}

fn event(words: &str, at: u64) -> String {
    let (verb, rest) = words.split_once(' ').expect("what it says");
    if verb == "says" {
        return format!("{rest}\n");
    }
    let (span, more) = rest.split_once(' ').unwrap_or((rest, "{}"));
    let more = more
        .strip_prefix('{')
        .and_then(|more| more.strip_suffix('}'));
    let more = named(more.expect("braces"));
    let default = match verb {
        "start" if !more.contains("\"name\":") => format!(r#","name":"{span}""#),
        "end" if !more.contains("\"status\":") => r#","status":"ok""#.to_owned(),
        "tag" if !more.contains("\"key\":") => r#","key":"k","value":1"#.to_owned(),
        "log" if !more.contains("\"message\":") => r#","message":"said""#.to_owned(),
        _ => String::new(),
    };
    let comma = if more.is_empty() { "" } else { "," };
    let id = id(span);
    format!(r#"{{"type":"span_{verb}","span_id":"{id}","ts_ms":{at}{default}{comma}{more}}}"#)
        + "\n"
}

/// Ids in the place of `@word`.
fn named(text: &str) -> String {
    let mut parts = text.split('@');
    let mut named = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|c: char| !c.is_alphanumeric())
            .unwrap_or(part.len());
        named += &format!("\"{}\"{}", id(&part[..end]), &part[end..]);
    }
    named
}
