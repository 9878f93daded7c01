//! The real store, which fails for a while now and then, and of which it is
//! known what it said it had written.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::ffi;
use tokio::time::Instant;

use super::Planted;
use super::plan::Fault;
use crate::store::{Batch, Storage, Store};
use crate::{Error, Figures};

/// An event as a connection said it.
pub(super) type Row = (u64, String);

/// What is known of the file from outside.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Events that were said to be written, in this order.
    pub(super) committed: Vec<Row>,
    /// Those of a transaction that a kill cut off: all of them or none.
    pub(super) cut_off: Vec<Row>,
    /// Where to put what a kill in the midst of a transaction leaves.
    pub(super) crash_at: Option<PathBuf>,
    pub(super) has_crashed: bool,
    /// The most bytes that waited.
    pub(super) most_queued: u64,
    /// Whether the latest write failed.
    pub(super) is_failing: bool,
    /// Whether rows were refused for good.
    pub(super) has_refused: bool,
    /// A fault that no plan has.
    pub(super) fault: Option<Fault>,
}

impl Ledger {
    /// Whether there are rows that were never written: then the file tells
    /// less than what was heard.
    pub(super) fn is_spoiled(&self) -> bool {
        self.is_failing || self.has_refused
    }
}

pub(super) struct Watched {
    pub(super) store: Store,
    pub(super) ledger: Arc<Mutex<Ledger>>,
    pub(super) begun: Instant,
    pub(super) faults: Vec<(Range<u64>, Fault)>,
    pub(super) figures: Figures,
    pub(super) planted: Planted,
    pub(super) writes: u64,
}

impl Watched {
    /// Fails as it would now.
    fn stand(&self) -> Result<(), Error> {
        let ms = self.begun.elapsed().as_millis() as u64;
        let mut planned = self.faults.iter();
        let planned = planned.find(|(during, _)| during.contains(&ms));
        let queued = self.figures.snapshot().queue_bytes;
        let mut ledger = self.ledger.lock().expect("whole");
        ledger.most_queued = ledger.most_queued.max(queued);
        let forced = ledger.fault;
        drop(ledger);
        let fault = forced.or(planned.map(|(_, fault)| *fault));
        let stuck = self.planted == Planted::StuckStore && ms > 500;
        let (code, pages) = match fault.or(stuck.then_some(Fault::Busy)) {
            None => (None, None),
            Some(Fault::Full(pages)) => (None, Some(pages)),
            Some(Fault::Busy) => (Some(ffi::SQLITE_BUSY), None),
            Some(Fault::Refused) => (Some(ffi::SQLITE_CONSTRAINT), None),
        };
        self.store.limit_pages(pages);
        match code {
            None => Ok(()),
            Some(code) => {
                let is_final = code == ffi::SQLITE_CONSTRAINT;
                self.ledger.lock().expect("whole").has_refused |= is_final;
                let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
                Err(Error::store(self.store.path(), "write", error))
            }
        }
    }

    /// Writes, and leaves a copy of the file as a kill in the midst of it
    /// would have.
    fn write_and_crash(&mut self, batches: &[Batch], to: &Path) -> Result<(), Error> {
        let wal = beside(self.store.path(), "-wal");
        let length = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
        let before = length(&wal);
        self.store.write(batches)?;
        let after = length(&wal);
        // Otherwise the log began anew, and what is in it overlaps.
        if after > before && before > 0 {
            copy(self.store.path(), to);
            // Now and then all of it was written, and nobody was told.
            let is_whole = self.writes.is_multiple_of(4);
            let part = self.writes * 4_099 % (after - before);
            let cut = if is_whole { after } else { before + part };
            let log = std::fs::File::options()
                .write(true)
                .open(beside(to, "-wal"));
            log.and_then(|log| log.set_len(cut)).expect("cut");
            self.ledger.lock().expect("whole").has_crashed = true;
        }
        Ok(())
    }
}

/// The file and its log, as they stand: all that outlives a kill.
pub(super) fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).expect("copied");
    for end in ["-wal", ".lock"] {
        if beside(from, end).exists() {
            std::fs::copy(beside(from, end), beside(to, end)).expect("copied");
        }
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(end);
    path.into()
}

impl Storage for Watched {
    fn write(&mut self, batches: &[Batch]) -> Result<(), Error> {
        self.ledger.lock().expect("whole").is_failing = true;
        self.stand()?;
        self.writes += 1;
        let rows = batches.iter().flat_map(Batch::lines);
        let mut rows: Vec<_> = rows.map(|(id, line)| (id.0, line.to_owned())).collect();
        let mut ledger = self.ledger.lock().expect("whole");
        let (crash_at, was_killed) = (ledger.crash_at.take(), ledger.has_crashed);
        drop(ledger);
        match crash_at {
            Some(path) => self.write_and_crash(batches, &path)?,
            None => super::planted::write(self, batches)?,
        }
        let mut ledger = self.ledger.lock().expect("whole");
        if was_killed {
            // The copy was made before: to the file that counts, this is not.
        } else if ledger.has_crashed {
            ledger.cut_off.append(&mut rows);
        } else {
            ledger.committed.append(&mut rows);
        }
        ledger.is_failing = false;
        Ok(())
    }

    fn count_unstored(&mut self, counts: &[(u64, u64)]) -> Result<Vec<u64>, Error> {
        self.stand()?;
        if self.planted == Planted::ForgottenLoss {
            return Ok(counts.iter().map(|(session, _)| *session).collect());
        }
        self.store.count_unstored(counts)
    }

    fn tidy(&mut self) -> Result<bool, Error> {
        self.stand()?;
        self.store.tidy()
    }

    fn note(&mut self, now_ms: f64, figures: &str) -> Result<(), Error> {
        self.stand()?;
        self.store.note(now_ms, figures)
    }

    fn close(&mut self, now_ms: f64) -> Result<(), Error> {
        self.stand()?;
        self.store.close(now_ms)
    }
}

/// Times of a plan as those of the clock.
pub(super) fn times(begun: Instant, plan: &[Range<u64>]) -> Vec<(Instant, Instant)> {
    let at = |ms| begun + Duration::from_millis(ms);
    plan.iter()
        .map(|during| (at(during.start), at(during.end)))
        .collect()
}
