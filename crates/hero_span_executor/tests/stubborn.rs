//! Runs that end for nobody. The test is alone in its process, in which it counts
//! descriptors and children.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use common::{Mark, STUBBORN, STUBBORN_PROCESSES, start};
use hero_span_executor::{End, Signal, Swept};
use tokio::sync::Semaphore;
use tokio::time::Instant;

const AT_ONCE: usize = 4;
const NONE: [u32; 0] = [];

/// `RUNS=1000` runs a thousand.
fn runs() -> u32 {
    let runs = std::env::var("RUNS").ok();
    runs.map_or(100, |runs| runs.parse().expect("a number of runs"))
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("descriptors").count()
}

/// The children of this process, dead ones too.
fn children() -> String {
    let tasks = fs::read_dir("/proc/self/task").expect("threads").flatten();
    let list = |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).ok();
    tasks.filter_map(list).collect()
}

#[tokio::test]
async fn they_are_over_at_their_deadline() {
    stubborn_run().await;
    let before = descriptors();
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..runs() {
        let places = places.clone();
        all.spawn(async move {
            let _place = places.acquire().await;
            stubborn_run().await
        });
    }
    let late = all.join_all().await;
    println!("latest {:?} after its deadline", late.iter().max());
    assert_eq!(descriptors(), before);
    assert_eq!(children(), "");
}

/// Gives how long after the deadline everything was gone.
async fn stubborn_run() -> Duration {
    let mark = Mark::new();
    let (run, output) = start(&mark.python(STUBBORN)).await;
    let reading = tokio::spawn(common::text(output));
    while mark.noted() < STUBBORN_PROCESSES {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let deadline = Instant::now() + Duration::from_millis(100);
    let grace = Duration::from_millis(100);
    let ending = run.wait_until(Some(deadline), grace).await;
    assert_eq!(mark.left(), NONE);
    let late = deadline.elapsed();
    assert!(late < Duration::from_secs(3), "{late:?}");
    let end = &ending.end;
    assert!(
        matches!(
            end,
            End::OutOfTime {
                by: Signal::Kill,
                ..
            }
        ),
        "{end}"
    );
    assert_eq!(ending.swept, Some(Swept { killed: 4, left: 0 }));
    assert_ne!(reading.await.expect("read").0, "");
    late
}
