//! What must hold of the file, whatever happened.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::clock;
use super::notes::{Notes, Told, outline};
use super::plan::{Client, Leaves};
use super::storage::{Ledger, Row};
use crate::store::{Reader, Writer};
use crate::tree::{Counts, Ending, RunId};
use crate::{Figures, Snapshot, Store};

/// How long it may take until all that is due is done, once nothing hinders
/// it.
pub(super) const DUE: Duration = Duration::from_secs(1);

/// What may wait to be stored: less than usual, so that it is too much more
/// often.
pub(super) const QUEUE_BYTES: usize = 16 << 20;

/// What may wait beyond what should: the batch that was too much, which is a
/// mebibyte of events and the rows of their spans.
const SLACK: u64 = 2 << 20;

type Found = Result<(), String>;

macro_rules! ensure {
    ($holds:expr, $($what:tt)*) => {
        if !$holds {
            return Err(format!($($what)*));
        }
    };
}

/// A collector's life, looked back upon.
pub(super) struct Lived<'a> {
    pub(super) path: &'a Path,
    /// What was in the file before.
    pub(super) before: &'a [Row],
    pub(super) ledger: &'a Ledger,
    pub(super) notes: &'a Notes,
    pub(super) accepted: &'a [usize],
    pub(super) clients: &'a [(Arc<Client>, Arc<AtomicUsize>)],
    pub(super) figures: &'a Snapshot,
    pub(super) first_session: u64,
    pub(super) is_killed: bool,
    /// Whether an event could not be kept, in this life or before.
    pub(super) has_lacked: bool,
}

/// A connection's row.
#[derive(Debug)]
struct SessionRow {
    counts: Counts,
    unstored: u64,
    ending: Option<String>,
}

impl Lived<'_> {
    /// All that must hold; gives the events that are in the file.
    pub(super) fn check(&self) -> Result<Vec<Row>, String> {
        let reader = Reader::open(self.path).map_err(|e| e.to_string())?;
        let health = reader.health(true).map_err(|e| e.to_string())?;
        ensure!(health.faults.is_empty(), "{:?}", health.faults);
        let connection = looked_at(self.path)?;
        let rows = rows(&connection)?;
        self.committed(&rows)?;
        let most = QUEUE_BYTES as u64 + SLACK;
        let queued = self.ledger.most_queued;
        ensure!(queued <= most, "{queued} bytes waited");
        let sessions = sessions(&connection)?;
        let own = &rows[self.before.len()..];
        for (accepted, &client) in self.accepted.iter().enumerate() {
            let session = self.first_session + accepted as u64;
            let said = own.iter().filter(|(id, _)| *id == session);
            let lines: Vec<_> = said.map(|(_, line)| line.as_str()).collect();
            self.connection(session, client, &lines, sessions.get(&session))
                .map_err(|what| format!("connection {session}: {what}"))?;
        }
        consistent(&connection, self.has_lacked)?;
        if !self.is_killed {
            self.orderly(&reader, &connection, &sessions)?;
        }
        Ok(rows)
    }

    /// What has happened, that a few hundred seeds should all come upon.
    pub(super) fn seen(&self, rows: &[Row]) -> Vec<&'static str> {
        let (ledger, figures) = (self.ledger, self.figures);
        let ends = |ending| self.notes.closed.values().any(|(end, _)| *end == ending);
        let is_cut_off = !ledger.cut_off.is_empty();
        let all = self.before.len() + ledger.committed.len() + ledger.cut_off.len();
        [
            ("killed", self.is_killed),
            ("killed while it wrote", is_cut_off),
            ("told nobody what it wrote", is_cut_off && rows.len() == all),
            ("failed", figures.commit_failures > 0),
            ("let go", figures.unstored > 0 && !ledger.is_spoiled()),
            ("refused", ledger.has_refused),
            ("failed to the end", ledger.is_failing && !self.is_killed),
            ("had to wait", ledger.most_queued >= QUEUE_BYTES as u64),
            ("torn", figures.torn > 0),
            ("lost", figures.lost > 0),
            ("skipped", figures.skipped > 0),
            ("too long", figures.rejected.contains_key("limit.line")),
            ("idle", ends(Ending::Idle)),
            ("broken", ends(Ending::Broken)),
            ("stopped", ends(Ending::Stopped)),
        ]
        .into_iter()
        .filter_map(|(what, is)| is.then_some(what))
        .collect()
    }

    /// Whether the file tells less than was heard.
    fn lacks(&self) -> bool {
        self.figures.unstored > 0 || self.ledger.is_spoiled()
    }

    /// What was said to be committed is there, in this order, and nothing
    /// else but a transaction that a kill cut off at its very end.
    fn committed(&self, rows: &[Row]) -> Found {
        let kept = [self.before, &self.ledger.committed].concat();
        let cut_off = &self.ledger.cut_off;
        let whole = || rows.starts_with(&kept) && rows[kept.len()..] == cut_off[..];
        ensure!(
            rows == kept || whole(),
            "{} events in the file, {} committed, {} cut off; the first that differs: {:?}",
            rows.len(),
            kept.len(),
            cut_off.len(),
            rows.iter().zip(&kept).find(|(row, kept)| row != kept)
        );
        Ok(())
    }

    /// A connection against what its client said.
    fn connection(
        &self,
        session: u64,
        client: usize,
        lines: &[&str],
        row: Option<&SessionRow>,
    ) -> Found {
        let (client, written) = &self.clients[client];
        let written = written.load(Ordering::Relaxed);
        let expected = client.script.expected(written);
        let sent: Vec<_> = client
            .script
            .events()
            .take(expected.events as usize)
            .collect();
        is_part(lines, &sent)?;
        let closed = self.notes.closed.get(&session);
        if let Some((ending, counts)) = closed {
            accounts(client, *ending, *counts, expected)?;
        }
        let Some(row) = row else {
            let said = closed.map_or(0, |(_, counts)| counts.lines() + counts.torn);
            ensure!(
                lines.is_empty() && (said == 0 || self.is_killed || self.lacks()),
                "it has no row, and said {said} lines"
            );
            return Ok(());
        };
        if (self.lacks() && self.is_killed) || self.ledger.is_spoiled() {
            ensure!(lines.len() as u64 <= row.counts.events, "{row:?}");
            return Ok(());
        }
        ensure!(
            lines.len() as u64 + row.unstored == row.counts.events,
            "{} events are in the file: {row:?}",
            lines.len()
        );
        let mut begun = sent.iter().zip(lines);
        ensure!(
            row.unstored > 0 || begun.all(|(sent, line)| *sent == line.as_bytes()),
            "some are missing before others"
        );
        if let Some((_, counts)) = closed.filter(|_| !self.is_killed) {
            ensure!(row.counts == *counts, "{row:?} against {counts:?}");
            ensure!(row.ending.is_some(), "it has no end: {row:?}");
        }
        Ok(())
    }

    /// After a stop in order.
    fn orderly(
        &self,
        reader: &Reader,
        connection: &Connection,
        sessions: &BTreeMap<u64, SessionRow>,
    ) -> Found {
        let figures = self.figures;
        let stored = self.ledger.committed.len() as u64;
        ensure!(
            figures.stored == stored && figures.stored + figures.unstored == figures.events,
            "{stored} committed: {figures:?}"
        );
        ensure!(figures.queue_bytes == 0, "{figures:?}");
        ensure!(
            self.notes.closed.len() == self.accepted.len(),
            "{} of {} connections are over",
            self.notes.closed.len(),
            self.accepted.len()
        );
        if self.ledger.is_spoiled() {
            return Ok(());
        }
        let connected = "SELECT id FROM runs WHERE joined IS NULL AND connected > 0";
        broken(connection, &[("a run that is not over", connected)])?;
        let own = sessions.range(self.first_session..);
        let unstored: u64 = own.map(|(_, row)| row.unstored).sum();
        ensure!(unstored == figures.unstored, "{unstored} of {figures:?}");
        same_runs(reader, &self.notes.told, !self.lacks())
    }
}

/// They are among those that were sent, in their order.
fn is_part(lines: &[&str], sent: &[&[u8]]) -> Found {
    let mut left = sent.iter();
    for line in lines {
        ensure!(
            left.any(|sent| *sent == line.as_bytes()),
            "nobody sent this, or not now: {line}"
        );
    }
    Ok(())
}

/// What a collector counted against what was sent.
fn accounts(client: &Client, ending: Ending, counts: Counts, expected: Counts) -> Found {
    let is_whole = match client.leaves {
        Leaves::Breaks => ending == Ending::Broken,
        _ => ending == Ending::Closed,
    };
    if is_whole {
        ensure!(counts == expected, "found {counts:?}, sent {expected:?}");
        return Ok(());
    }
    ensure!(
        matches!(ending, Ending::Stopped | Ending::Idle),
        "it ended {ending:?}"
    );
    let torn = counts.torn;
    let mut steps = client.script.steps().map(|step| Counts { torn, ..step });
    ensure!(
        counts.lines() <= expected.lines() && steps.any(|step| step == counts),
        "{counts:?} are not the first lines of {expected:?}"
    );
    Ok(())
}

/// Once nothing happens any more.
pub(super) fn is_quiet(figures: &Figures, notes: &Mutex<Notes>) -> Found {
    let figures = figures.snapshot();
    ensure!(
        figures.queue_bytes == 0 && figures.stored + figures.unstored == figures.events,
        "not all is stored: {figures:?}"
    );
    let notes = notes.lock().expect("whole");
    let untold = notes.untold.iter();
    let untold: Vec<_> = untold.filter(|(_, since)| since.elapsed() >= DUE).collect();
    ensure!(untold.is_empty(), "runs are over, untold: {untold:?}");
    Ok(())
}

/// Opened so that looking changes nothing: the next collector finds the log as
/// it was left.
fn looked_at(path: &Path) -> Result<Connection, String> {
    let opened = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    opened.map_err(|e| e.to_string())
}

fn rows(connection: &Connection) -> Result<Vec<Row>, String> {
    let read = || {
        let mut statement = connection.prepare("SELECT session, line FROM events ORDER BY id")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(|e| e.to_string())
}

fn sessions(connection: &Connection) -> Result<BTreeMap<u64, SessionRow>, String> {
    let sql = "SELECT id, events, skipped, rejected, torn, lost, unstored, ending FROM sessions";
    let read = || {
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let counts = Counts {
                events: row.get(1)?,
                skipped: row.get(2)?,
                rejected: row.get(3)?,
                torn: row.get(4)?,
                lost: row.get(5)?,
            };
            let (unstored, ending) = (row.get(6)?, row.get(7)?);
            Ok((
                row.get(0)?,
                SessionRow {
                    counts,
                    unstored,
                    ending,
                },
            ))
        })?;
        rows.collect::<rusqlite::Result<BTreeMap<_, _>>>()
    };
    read().map_err(|e| e.to_string())
}

/// The tables say the same. Where events could not be kept, what is made of
/// them lacks too.
fn consistent(connection: &Connection, lacks: bool) -> Found {
    broken(connection, &STRUCTURE)?;
    if lacks {
        Ok(())
    } else {
        broken(connection, &CONTENT)
    }
}

/// What it is called where it finds a row.
type Law = (&'static str, &'static str);

const STRUCTURE: [Law; 2] = [
    (
        "a connection of a run that is none",
        "SELECT id FROM sessions WHERE run NOT IN (SELECT id FROM runs WHERE joined IS NULL)",
    ),
    (
        "a run that is part of one that is none",
        "SELECT id FROM runs WHERE joined NOT IN (SELECT id FROM runs WHERE joined IS NULL)",
    ),
];

const CONTENT: [Law; 5] = [
        (
            "an end that nobody sent",
            "SELECT id FROM spans WHERE ended IS NOT NULL AND NOT EXISTS
             (SELECT 1 FROM events WHERE span = spans.id AND type = 'end'
                  AND line LIKE '%\"type\":\"span_end\"%')",
        ),
        (
            "an end that was heard and is not there",
            "SELECT span FROM events WHERE type = 'end'
             AND span NOT IN (SELECT id FROM spans WHERE ended IS NOT NULL)",
        ),
        (
            "a run that counts otherwise than its spans",
            "SELECT id FROM runs WHERE joined IS NULL AND (spans, failed, cancelled, open, unknown)
             IS NOT (SELECT count(*), count(*) FILTER (WHERE state = 'failed'),
                 count(*) FILTER (WHERE state = 'cancelled'), count(*) FILTER (WHERE state = 'open'),
                 count(*) FILTER (WHERE state = 'unknown')
                 FROM sessions JOIN spans ON spans.session = sessions.id
                 WHERE sessions.run = runs.id)",
        ),
        (
            "a run that counts otherwise than its connections",
            "SELECT id FROM runs WHERE joined IS NULL AND
             (processes, events, skipped, rejected, torn, lost) IS NOT
             (SELECT count(*), total(events), total(skipped), total(rejected), total(torn),
                 total(lost) FROM sessions WHERE sessions.run = runs.id)",
        ),
        (
            "remarks that do not make what was counted",
            "SELECT id FROM sessions WHERE
             (SELECT count(*) FROM remarks WHERE session = sessions.id) < 100 AND
             (skipped, rejected, torn) IS NOT
             (SELECT total(lines) FILTER (WHERE what = 'skipped'),
                 total(lines) FILTER (WHERE what = 'rejected'),
                 total(lines) FILTER (WHERE what = 'torn')
                 FROM remarks WHERE session = sessions.id)",
        ),
];

fn broken(connection: &Connection, laws: &[Law]) -> Found {
    for (what, sql) in laws {
        let mut statement = connection.prepare(sql).map_err(|e| e.to_string())?;
        let ids = statement.query_map([], |row| row.get::<_, i64>(0));
        let ids: Result<Vec<_>, _> = ids.map_err(|e| e.to_string())?.collect();
        let ids = ids.map_err(|e| e.to_string())?;
        ensure!(ids.is_empty(), "{what}: {ids:?}");
    }
    Ok(())
}

/// Runs are in the file as they were when they were told to be over; so are
/// their trees, where all events could be kept.
fn same_runs(reader: &Reader, told: &BTreeMap<u64, Told>, trees: bool) -> Found {
    for (&id, told) in told {
        let run = reader.find(&id.to_string()).map_err(|e| e.to_string())?;
        let tally = told.tally;
        let expected = (
            (tally.spans, tally.failed, tally.cancelled, tally.open),
            (told.counts.events, told.counts.rejected, told.counts.lost),
            (told.processes, told.began, told.heard, 0),
        );
        let found = (
            (run.spans, run.failed, run.cancelled, run.open),
            (run.events, run.rejected, run.lost),
            (run.processes, run.began_ms, run.heard_ms, run.connected),
        );
        ensure!(
            found == expected,
            "run {id}: {found:?}, expected {expected:?}"
        );
        if !trees {
            continue;
        }
        let forest = reader.forest(id).map_err(|e| e.to_string())?;
        let read = outline(&forest, RunId(id));
        ensure!(
            read == told.outline,
            "run {id} as read:\n{read}as it was:\n{}",
            told.outline
        );
    }
    Ok(())
}

/// What is made of events is the same when it is made again. Where events
/// could not be kept it is not: then there are spans of which less is known.
pub(super) fn rebuilds(path: &Path, told: &BTreeMap<u64, Told>, has_lacked: bool) -> Found {
    let before = derived(path)?;
    let writer = Writer {
        pid: 1,
        version: "1",
        socket: None,
        now_ms: clock::now_ms(),
    };
    let mut store = Store::open(path, writer).map_err(|e| e.to_string())?;
    let rebuilt = store.rebuild(|_| {}).map_err(|e| e.to_string())?;
    ensure!(rebuilt.unreadable == 0, "{rebuilt:?}");
    drop(store);
    let reader = Reader::open(path).map_err(|e| e.to_string())?;
    if has_lacked {
        return Ok(());
    }
    same_runs(&reader, told, true)?;
    let after = derived(path)?;
    let differs = before
        .iter()
        .find(|(row, count)| after.get(*row) != Some(*count));
    let other = after
        .iter()
        .find(|(row, count)| before.get(*row) != Some(*count));
    ensure!(
        differs.is_none() && other.is_none(),
        "rebuilt it is otherwise:\n{differs:?}\nis now\n{other:?}"
    );
    Ok(())
}

/// All that is made of events, row by row.
fn derived(path: &Path) -> Result<HashMap<String, u64>, String> {
    let connection = looked_at(path)?;
    let read = || {
        let mut rows = HashMap::new();
        for sql in [
            "SELECT * FROM spans",
            "SELECT * FROM names",
            "SELECT * FROM tags",
            "SELECT rowid FROM words WHERE words MATCH 'word1'",
            "SELECT rowid FROM words WHERE words MATCH 'typeerror OR uber'",
            "SELECT id, state, spans, failed, cancelled, open, unknown FROM runs",
        ] {
            let mut statement = connection.prepare(sql)?;
            let columns = statement.column_count();
            let mut found = statement.query([])?;
            while let Some(row) = found.next()? {
                let values = (0..columns).map(|at| Ok(format!("{:?}", row.get_ref(at)?)));
                let values: rusqlite::Result<Vec<_>> = values.collect();
                let row = format!("{sql}: {}", values?.join(" "));
                *rows.entry(row).or_default() += 1;
            }
        }
        Ok::<_, rusqlite::Error>(rows)
    };
    read().map_err(|e| e.to_string())
}

/// For a planted bug: the latest event is gone.
pub(super) fn lose_latest(path: &Path) {
    let connection = Connection::open(path).expect("opened");
    let sql = "DELETE FROM events WHERE id = (SELECT max(id) FROM events)";
    connection.execute(sql, []).expect("deleted");
}
