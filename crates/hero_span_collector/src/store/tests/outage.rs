//! What is known afterwards of a time in which nothing could be stored.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use insta::assert_snapshot;
use rusqlite::ffi;
use tokio::time::sleep;

use super::script::Kept;
use crate::Error;
use crate::figures::Figures;
use crate::store::keeper::QUEUE_BYTES;
use crate::store::{Batch, Keeper, Storage, Store};

/// A store that fails while it is told to, with that code of SQLite.
struct Flaky {
    store: Store,
    code: Arc<Mutex<Option<i32>>>,
}

impl Flaky {
    /// What is refused for good are rows, which says nothing of others.
    fn stand(&self, is_rows: bool) -> Result<(), Error> {
        let code = *self.code.lock().expect("whole");
        let Some(code) = code.filter(|&code| is_rows || code != ffi::SQLITE_CONSTRAINT) else {
            return Ok(());
        };
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        Err(Error::store(self.store.path(), "write to the store", error))
    }
}

impl Storage for Flaky {
    fn write(&mut self, batches: &[Batch]) -> Result<(), Error> {
        self.stand(true)?;
        let mut lines = batches.iter().flat_map(Batch::lines);
        if lines.any(|(_, line)| line.contains("cannot be written")) {
            let code = ffi::Error::new(ffi::SQLITE_CONSTRAINT);
            let error = rusqlite::Error::SqliteFailure(code, None);
            return Err(Error::store(self.store.path(), "write to the store", error));
        }
        self.store.write(batches)
    }

    fn count_unstored(&mut self, counts: &[(u64, u64)]) -> Result<Vec<u64>, Error> {
        self.stand(false)?;
        self.store.count_unstored(counts)
    }

    fn tidy(&mut self) -> Result<bool, Error> {
        self.store.tidy()
    }

    fn note(&mut self, now_ms: f64, figures: &str) -> Result<(), Error> {
        self.stand(false)?;
        self.store.note(now_ms, figures)
    }

    fn close(&mut self, now_ms: f64) -> Result<(), Error> {
        self.stand(false)?;
        self.store.close(now_ms)
    }
}

/// Runs and connections as they are in the file once the keeper has ended.
const STANDING: &str = "SELECT runs.id, name, state, connected, spans, runs.events, sessions.id,
    ending, sessions.events, unstored, (SELECT count(*) FROM events WHERE session = sessions.id)
    FROM runs LEFT JOIN sessions ON run = runs.id WHERE joined IS NULL ORDER BY 1, 7";

/// Plays scripts, the second of which while the store fails with that code.
async fn played(code: i32, scripts: &[&str]) -> String {
    let codes = [None, Some(code), None];
    played_within(None, scripts.iter().copied().zip(codes)).await
}

/// The same, each script while the store fails with a code or works, and may
/// have so many bytes.
async fn played_within<'s>(
    max: Option<u64>,
    scripts: impl IntoIterator<Item = (&'s str, Option<i32>)>,
) -> String {
    let mut kept = Kept::new();
    let store = kept.store.take().expect("open").with_max_bytes(max);
    let failing = Arc::<Mutex<Option<i32>>>::default();
    let flaky = Flaky {
        store,
        code: Arc::clone(&failing),
    };
    let (_, none) = crate::store::queue(QUEUE_BYTES, Figures::default());
    let batches = std::mem::replace(&mut kept.batches, none);
    let keeper = Keeper::new(flaky, batches, Figures::default(), || 9_000.0);
    let keeper = tokio::spawn(keeper.run());
    for (script, code) in scripts {
        *failing.lock().expect("whole") = code;
        for line in script
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            match line {
                "- tick" => kept.tick(),
                line => kept.step(line),
            }
        }
        kept.settle();
        sleep(Duration::from_secs(1)).await;
    }
    let path = kept.path().to_owned();
    let directory = kept.end();
    drop(keeper.await.expect("ended"));
    let rows = super::script::rows(&path, STANDING);
    drop(directory);
    rows
}

/// So much that it is not kept for later.
fn much(session: u64, span: &str) -> String {
    let text = "x".repeat(16_000);
    let line = format!(r#"{session} log {span} {{"message":"{text}"}}"#);
    vec![line; 700].join("\n")
}

#[tokio::test(start_paused = true)]
async fn runs_that_ended_meanwhile_are_over() {
    let before = r#"1 start a
        2 start b
        3 start c {"parent_span_id":@d}"#;
    let during = [
        r#"1 end a {"status":"failed"}
           1 close
           3 start e
           2 start d {"parent_span_id":@b}
           3 close"#,
        &much(2, "b"),
        "4 start f\n4 close",
        &much(2, "d"),
        "2 close",
    ];
    let rows = played(ffi::SQLITE_FULL, &[before, &during.join("\n"), ""]).await;
    assert_snapshot!(rows, @r"
    1 a failed 0 1 2 1 closed 2 1 1
    2 b open 0 4 1404 2 closed 1402 897 505
    2 b open 0 4 1404 3 closed 2 1 1
    4 f open 0 1 1 4 closed 1 1 0
    ");
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_good_is_counted_when_nothing_comes_after_it() {
    let (before, during) = ("1 start a\n1 start b", "1 log a\n1 log a");
    let rows = played(ffi::SQLITE_CONSTRAINT, &[before, during, ""]).await;
    assert_snapshot!(rows, @"1 a open 1 2 2 1 - 2 2 2");
    let rows = played(ffi::SQLITE_CONSTRAINT, &[before, during]).await;
    assert_snapshot!(rows, @"1 a open 1 2 2 1 - 2 2 2");
}

#[tokio::test(start_paused = true)]
async fn one_load_that_cannot_be_written_costs_no_other() {
    let script = r#"1 start a
        - tick
        2 start b
        2 log b {"message":"cannot be written"}
        - tick
        1 end a
        1 close
        2 end b
        2 close"#;
    let rows = played_within(None, [(script, None)]).await;
    assert_snapshot!(rows, @"
    1 a ok 0 1 2 1 closed 2 0 2
    2 b ok 0 1 3 2 closed 3 2 1
    ");
}

#[test]
fn nobody_waits_for_a_keeper_that_is_gone() {
    let figures = Figures::default();
    let (mut queue, batches) = crate::store::queue(QUEUE_BYTES, figures.clone());
    let batch = |bytes| Batch {
        bytes,
        ..Batch::default()
    };
    queue.push(batch(QUEUE_BYTES + 1));
    assert!(queue.is_full());
    drop(batches);
    assert!(!queue.is_full());
    queue.push(batch(QUEUE_BYTES + 1));
    assert!(!queue.is_full());
    assert_eq!(figures.snapshot().queue_bytes, 0);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_too_large_makes_room_once_it_is_over() {
    let text = "x".repeat(8_000);
    let line = format!(r#"1 log a {{"message":"{text}"}}"#);
    let large = vec![line; 200].join("\n");
    let scripts = [
        "1 start a",
        &large,
        // Nothing can be pruned: what comes waits, and is let go in the end.
        "2 start b\n2 end b",
        "1 end a",
        &large,
        &large,
        "1 close\n2 close",
        "",
        "",
        "3 start c\n3 end c\n3 close",
        "",
    ];
    let rows = played_within(Some(400_000), scripts.map(|script| (script, None))).await;
    assert_snapshot!(rows, @r"
    2 b ok 0 1 2 2 closed 2 0 2
    3 c ok 0 1 2 3 closed 2 0 2
    ");
}

/// A load of events goes before the next tick; who is killed then leaves a
/// file that agrees with itself.
#[test]
fn what_is_written_between_two_ticks_is_counted() {
    let mut kept = Kept::new();
    kept.play("1 start a");
    for line in much(1, "a").lines().take(200) {
        kept.step(line);
    }
    kept.step("1 start b");
    kept.keep();
    let kept = kept.again();
    let (counted, found) = (
        "SELECT runs.events, sessions.events, runs.spans FROM runs, sessions",
        "SELECT count(*), count(*), (SELECT count(*) FROM spans) FROM events",
    );
    assert!(!kept.rows(found).starts_with("1 "), "nothing was written");
    assert_eq!(kept.rows(counted), kept.rows(found));
}
