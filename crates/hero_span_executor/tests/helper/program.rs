//! What the tests start: a supervisor, an executor that may be killed, and a
//! process that stages.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use hero_span_executor::{Command, Supervised, stage, supervisor_main};

fn main() {
    supervisor_main();
    let mut arguments = std::env::args_os().skip(1);
    let role = arguments.next().expect("a role");
    match role.to_str() {
        Some("run") => run(arguments.collect()),
        Some("stage") => stage_at(arguments.next()),
        Some("stage-for-ever") => stage_for_ever(arguments.next()),
        _ => panic!("no role: {role:?}"),
    }
}

/// Runs a program under this program, with all of the environment, for an hour.
#[tokio::main(flavor = "current_thread")]
async fn run(mut words: Vec<OsString>) {
    let command = Command::new(words.remove(0))
        .arguments(words)
        .environment(std::env::vars_os().collect());
    let (run, mut output) = Supervised::start(&command).await.expect("started");
    tokio::spawn(async move { while output.next().await.is_some() {} });
    let ending = run.wait_until(None, Duration::ZERO).await;
    println!("{}", ending.end);
}

fn stage_at(base: Option<OsString>) {
    let base = base.expect("a base");
    match stage(Path::new(&base)) {
        Ok(staged) => println!("{}", if staged.written { "written" } else { "there" }),
        Err(error) => {
            println!("{error}");
            std::process::exit(1);
        }
    }
}

/// Puts the file there and takes it away, until it is killed.
fn stage_for_ever(base: Option<OsString>) {
    let base = base.expect("a base");
    loop {
        let staged = stage(Path::new(&base)).expect("staged");
        let _ = std::fs::remove_file(staged.directory.join("hero_tracing.py"));
    }
}
