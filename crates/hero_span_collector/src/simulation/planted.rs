//! Bugs that are put in on purpose, to see that they are found.

use rusqlite::{Connection, ffi};

use super::storage::Watched;
use crate::Error;
use crate::store::{Batch, Storage};

/// One thing that goes wrong. All of it does so around the product's code, not
/// in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Planted {
    Nothing,
    /// A batch is said to be written, and is not.
    SkippedBatch,
    /// A batch is written, and said not to be: so it is written again.
    RepeatedBatch,
    /// Half of the batches are written before the rest fails.
    HalfBatch,
    /// Events that could not be kept are not counted.
    ForgottenLoss,
    /// The latest event is gone after a restart.
    LostOnRestart,
    /// Numbers begin at 1 again after a restart.
    NumbersAgain,
    /// A span that is open is made to end.
    InventedEnd,
    /// A run counts one span too many.
    WrongTally,
    /// A bad line disappears.
    SwallowedLine,
    /// What is known of a bad line is not kept.
    ForgottenRemark,
    /// A tag is not found any more.
    LostTag,
    /// An event is in the file that nobody sent.
    MadeUpEvent,
    /// A span hangs under another parent than it did.
    WrongParent,
    /// Nothing can be stored for ever.
    StuckStore,
    /// It is not told that a run is over.
    ForgottenRunOver,
    /// The collector takes too long to stop.
    SlowStop,
}

impl Planted {
    pub(super) const ALL: [Self; 16] = [
        Self::SkippedBatch,
        Self::RepeatedBatch,
        Self::HalfBatch,
        Self::ForgottenLoss,
        Self::LostOnRestart,
        Self::NumbersAgain,
        Self::InventedEnd,
        Self::WrongTally,
        Self::SwallowedLine,
        Self::ForgottenRemark,
        Self::LostTag,
        Self::MadeUpEvent,
        Self::WrongParent,
        Self::StuckStore,
        Self::ForgottenRunOver,
        Self::SlowStop,
    ];

    /// What another program might do to the file after a write.
    fn sql(self) -> Option<&'static str> {
        match self {
            Self::InventedEnd => Some(
                "UPDATE spans SET ended = last, state = 'ok'
                 WHERE id = (SELECT min(id) FROM spans WHERE state = 'open')",
            ),
            Self::WrongTally => {
                Some("UPDATE runs SET open = open + 1 WHERE id = (SELECT min(id) FROM runs)")
            }
            Self::ForgottenRemark => {
                Some("DELETE FROM remarks WHERE id = (SELECT max(id) FROM remarks)")
            }
            Self::LostTag => Some("DELETE FROM tags WHERE span = (SELECT max(span) FROM tags)"),
            Self::MadeUpEvent => Some(
                "INSERT INTO events (session, span, type, line)
                 SELECT session, span, type, line || ' ' FROM events ORDER BY id DESC LIMIT 1",
            ),
            Self::WrongParent => Some(
                "UPDATE spans SET parent_id = NULL
                 WHERE id = (SELECT max(id) FROM spans WHERE parent_id IS NOT NULL)",
            ),
            _ => None,
        }
    }
}

/// Writes as a broken store would, every third time.
pub(super) fn write(watched: &mut Watched, batches: &[Batch]) -> Result<(), Error> {
    let is_due = watched.writes.is_multiple_of(3);
    match watched.planted {
        Planted::SkippedBatch if is_due => watched.store.write(&batches[1..]),
        Planted::RepeatedBatch if is_due => {
            watched.store.write(batches)?;
            busy(watched)
        }
        Planted::HalfBatch if batches.len() > 1 => {
            watched.store.write(&batches[..batches.len() / 2])?;
            busy(watched)
        }
        planted => {
            watched.store.write(batches)?;
            if let Some(sql) = planted.sql() {
                let other = Connection::open(watched.store.path()).expect("opened");
                // Nothing happens where there is no room for it.
                let _ = other.execute(sql, []);
            }
            Ok(())
        }
    }
}

fn busy(watched: &Watched) -> Result<(), Error> {
    let code = ffi::Error::new(ffi::SQLITE_BUSY);
    let error = rusqlite::Error::SqliteFailure(code, None);
    Err(Error::store(watched.store.path(), "write", error))
}
