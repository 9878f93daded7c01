//! Runs that grow faster than they are looked at, one after another.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use common::{Mark, start};
use hero_span_executor::Signal;
use tokio::sync::Mutex;
use tokio::time::Instant;

const NONE: [u32; 0] = [];

/// They take every processor, and those who sweep get their share of it.
const MOST: Duration = Duration::from_secs(8);

static TURN: Mutex<()> = Mutex::const_new(());

/// A run of this is let grow for a while, and then killed.
async fn bomb(code: &str) {
    let _turn = TURN.lock().await;
    let mark = Mark::new();
    let (run, mut output) = start(&mark.python(code)).await;
    output.next().await.expect("a piece");
    tokio::time::sleep(Duration::from_millis(300)).await;
    run.stopper().stop(Signal::Kill);
    let began = Instant::now();
    let ending = run.wait_until(None, Duration::ZERO).await;
    let took = began.elapsed();
    assert_eq!(mark.left(), NONE);
    println!("swept {:?} in {took:?}", ending.swept);
    assert_eq!(ending.swept.map(|swept| swept.left), Some(0));
    assert!(took < MOST, "{took:?}");
}

/// `BOMB=200` makes them larger.
fn processes() -> String {
    std::env::var("BOMB").unwrap_or_else(|_| "40".to_owned())
}

/// Processes that wait for each other, and then fork and end, over and over:
/// none lives for long, and there are always as many. They give up by themselves,
/// should nobody catch them.
const FLEEING: &str = "
import os, time
wait, begin = os.pipe()
over = time.monotonic() + 20
for _ in range(PROCESSES):
    if os.fork() == 0:
        os.close(begin)
        os.read(wait, 1)
        FIRST
        while time.monotonic() < over and os.fork() == 0:
            EACH
        os._exit(0)
os.close(begin)
print('begun', flush=True)
time.sleep(60)
";

fn fleeing(first: &str) -> String {
    FLEEING
        .replace("PROCESSES", &processes())
        .replace("FIRST", first)
}

#[tokio::test]
async fn forks_that_flee_are_caught() {
    let code = fleeing("os.setsid()");
    bomb(&code.replace("EACH", "pass")).await;
}

#[tokio::test]
async fn forks_that_flee_from_their_group_are_caught() {
    let code = fleeing("pass");
    bomb(&code.replace("EACH", "os.setsid()")).await;
}

/// Eight chains, each of which grows by a process that forks the next.
#[tokio::test]
async fn chains_that_grow_are_caught() {
    bomb(
        "
import os, time
over = time.monotonic() + 20
for _ in range(8):
    if os.fork() == 0:
        os.setsid()
        while time.monotonic() < over and os.fork() == 0:
            pass
        time.sleep(60)
print('begun', flush=True)
time.sleep(60)
",
    )
    .await;
}
