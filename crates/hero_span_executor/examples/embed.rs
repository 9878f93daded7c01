//! A host that runs the flows of a file, two at a time, and says what they do.
//!
//! ```sh
//! cargo run -p hero_span_executor --example embed -- sdk/python/example_flow.py
//! ```

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use hero_span_executor::{Executor, Outcome, Request, RunEvent, supervisor_main};

const RUNS: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    // First of all: the supervisors of the runs are this program, started again.
    supervisor_main();
    let file = std::env::args_os().nth(1).ok_or("usage: embed FILE")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(host(file.into()))
}

async fn host(file: PathBuf) -> Result<(), Box<dyn Error>> {
    let base = tempfile::tempdir()?;
    let executor = Executor::builder(base.path()).limit(2).build()?;
    let runs = (0..RUNS).map(|_| tokio::spawn(watch(executor.clone(), file.clone())));
    for run in runs.collect::<Vec<_>>() {
        run.await??;
    }
    Ok(())
}

/// Runs it, and says what it does.
async fn watch(executor: Executor, file: PathBuf) -> Result<(), hero_span_executor::Error> {
    let request = Request::new(file).timeout(Some(Duration::from_secs(60)));
    let run = executor.start(request).await?;
    let name = run.name().clone();
    let mut events = run.events();
    let mut spans = 0;
    while let Some(event) = events.next().await {
        match event {
            RunEvent::Told { .. } => spans += 1,
            RunEvent::Printed(piece) => {
                print!("{name}: {}", String::from_utf8_lossy(&piece.bytes));
            }
            RunEvent::Ended(ended) => match &ended.outcome {
                Outcome::Ok { result, .. } => println!("{name}: {result} after {spans} events"),
                _ => println!("{name}: {ended}"),
            },
            _ => {}
        }
    }
    Ok(())
}
