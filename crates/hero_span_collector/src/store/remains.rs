//! What stays of batches whose events cannot be kept: how connections and
//! runs stand. Else a run that ended meanwhile would be told to be running
//! ever after.

use super::batch::{Batch, RunRow, SessionRow};
use super::gather::ROW_BYTES;

/// Connections, and runs, that are remembered: some 6 MiB in all.
const ROWS: usize = 4_000;

impl Batch {
    /// Takes over those rows of a later batch that are not about events or
    /// spans. Of each connection and each run the latest stays.
    pub(super) fn remember(&mut self, later: Batch) {
        for session in later.sessions {
            put(&mut self.sessions, session, |row: &SessionRow| {
                row.record.id.0
            });
        }
        for (stays, goes) in later.joins {
            self.runs.retain(|run| run.id != goes);
            self.joins.push((stays, goes));
        }
        for mut run in later.runs {
            let same = self.runs.binary_search_by_key(&run.id, |known| known.id);
            if let (Ok(at), None) = (same, &run.name) {
                // No name leaves the one before.
                run.name = self.runs[at].name.take();
            }
            put(&mut self.runs, run, |row: &RunRow| row.id.0);
        }
        shorten(&mut self.sessions);
        shorten(&mut self.joins);
        shorten(&mut self.runs);
        let rows = self.sessions.len() + self.joins.len() + self.runs.len();
        self.bytes = rows * ROW_BYTES;
    }
}

/// Puts a row among others, which are in the order of their numbers; it takes
/// the place of the one with its own.
fn put<T>(rows: &mut Vec<T>, row: T, number: impl Fn(&T) -> u64) {
    match rows.binary_search_by_key(&number(&row), &number) {
        Ok(at) => rows[at] = row,
        Err(at) => rows.insert(at, row),
    }
}

/// Lets go of the older half of too many.
fn shorten<T>(rows: &mut Vec<T>) {
    if rows.len() > ROWS {
        rows.drain(..rows.len() / 2);
    }
}
