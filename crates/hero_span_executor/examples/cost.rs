//! What supervision costs a start: `true`, run directly and under supervision.
//!
//! ```sh
//! cargo run --release -p hero_span_executor --example cost
//! ```

use std::error::Error;
use std::time::{Duration, Instant};

use hero_span_executor::{Command, End, Supervised, supervisor_main};

const STARTS: usize = 20;
const PROGRAM: &str = "/bin/true";

fn main() -> Result<(), Box<dyn Error>> {
    supervisor_main();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure())
}

async fn measure() -> Result<(), Box<dyn Error>> {
    let (mut direct, mut started, mut supervised) = (Vec::new(), Vec::new(), Vec::new());
    // Turn about, so that a busy moment falls on all of them.
    for _ in 0..STARTS {
        direct.push(run_directly().await?);
        let (start, whole) = run_supervised().await?;
        started.push(start);
        supervised.push(whole);
    }
    let (direct, started, supervised) = (median(direct), median(started), median(supervised));
    let ratio = supervised.as_secs_f64() / direct.as_secs_f64();
    println!("{PROGRAM} from start to end, median of {STARTS}");
    println!("  directly    {direct:.2?}");
    println!("  supervised  {supervised:.2?}: {ratio:.1} times as long");
    println!("  of which    {started:.2?} until it had started");
    Ok(())
}

async fn run_directly() -> Result<Duration, Box<dyn Error>> {
    let began = Instant::now();
    tokio::process::Command::new(PROGRAM).status().await?;
    Ok(began.elapsed())
}

async fn run_supervised() -> Result<(Duration, Duration), Box<dyn Error>> {
    let began = Instant::now();
    let (run, _output) = Supervised::start(&Command::new(PROGRAM)).await?;
    let started = began.elapsed();
    let ending = run.wait_until(None, Duration::ZERO).await;
    match ending.end {
        End::Exited { code: 0 } => Ok((started, began.elapsed())),
        end => Err(format!("{PROGRAM}: {end}").into()),
    }
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all[all.len() / 2]
}
