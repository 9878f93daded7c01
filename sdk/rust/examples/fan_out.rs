//! Tasks side by side on all threads of tokio, one of them given up: `cargo run --example fan_out`.

use std::time::Duration;

use hero_tracing::{Failed, current, run_flow_async, step, value, wrap_async};
use tokio::time::{sleep, timeout};

/// Fetches a page, which takes as long as its number says.
async fn fetch(page: u64) -> Result<u64, Failed> {
    let fetch = step("fetch").tag("page", page);
    fetch
        .run_async(async |fetch| {
            sleep(Duration::from_millis(10 * page)).await;
            fetch.log(format_args!("page {page} is there"));
            if page == 3 {
                return Err(Failed::new("page 3 is empty"));
            }
            Ok(page * 100)
        })
        .await
}

async fn fan_out(pages: u64) -> Result<u64, Failed> {
    // A task that is spawned knows nothing of where it was spawned: it takes the span along.
    let spawn = |page| tokio::spawn(wrap_async(timeout(Duration::from_millis(45), fetch(page))));
    let tasks: Vec<_> = (1..=pages).map(spawn).collect();
    let mut bytes = 0;
    for task in tasks {
        match task.await {
            Ok(Ok(Ok(fetched))) => bytes += fetched,
            Ok(Ok(Err(failure))) => println!("{failure}"),
            Ok(Err(late)) => println!("given up: {late}"), // its span is cancelled
            Err(error) => return Err(Failed::new(error.to_string())),
        }
    }
    current().tag("bytes", bytes);
    Ok(bytes)
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let pages = 5;
    let bytes = run_flow_async("fan out", value!({ "pages": pages }), fan_out(pages)).await?;
    println!("{bytes} bytes");
    Ok(())
}
