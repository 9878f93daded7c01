//! Nothing that a run started outlives it.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use common::{
    HELPER, Mark, STUBBORN, STUBBORN_PROCESSES, kill, lives, parent, signal, start, within,
};
use hero_span_executor::{End, Signal, Swept};
use rustix::process::Signal as System;
use tokio::time::Instant;

const SOON: Duration = Duration::from_secs(20);
const NONE: [u32; 0] = [];

#[tokio::test]
async fn what_a_flow_leaves_behind_is_killed_when_it_ends() {
    let mark = Mark::new();
    let code = "
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
os.wait()
";
    let (ending, ..) = common::run(&mark.python(code)).await;
    assert_eq!(ending.end, End::Exited { code: 0 });
    assert_eq!(ending.swept, Some(Swept { killed: 1, left: 0 }));
    assert_eq!(mark.left(), NONE);
}

#[tokio::test]
async fn orphans_are_waited_for_while_the_run_goes_on() {
    let mark = Mark::new();
    let code = r#"
import os, time
for _ in range(50):
    if os.fork() == 0:
        if os.fork() == 0:
            open(os.path.join(os.environ["MARK"], str(os.getpid())), "w").close()
        os._exit(0)
    os.wait()
print("all", flush=True)
time.sleep(60)
"#;
    let (run, mut output) = start(&mark.python(code)).await;
    output.next().await.expect("a piece");
    let flow = run.pid().expect("a pid");
    within(SOON, "none is left but the flow", || mark.left() == [flow]);
    run.stopper().stop(Signal::Kill);
    let ending = run.wait_until(None, Duration::ZERO).await;
    assert_eq!(ending.swept, Some(Swept::default()));
}

#[test]
fn a_run_dies_with_its_executor() {
    let mark = Mark::new();
    let mut executor = std::process::Command::new(HELPER)
        .args(["run", "python3", "-c", STUBBORN])
        .env("MARK", mark.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("an executor");
    within(SOON, "all are there", || mark.noted() == STUBBORN_PROCESSES);
    executor.kill().expect("killed");
    executor.wait().expect("waited");
    let second = Duration::from_secs(1);
    let took = within(second, "all are gone", || mark.left().is_empty());
    println!("gone {took:?} after the executor");
}

/// It prints nothing, so that no closed pipe ends it.
#[tokio::test]
async fn a_flow_dies_with_its_supervisor() {
    let (run, _output) = start(&common::command("sleep", &["60"])).await;
    let flow = run.pid().expect("a pid");
    let supervisor = parent(flow).expect("a supervisor");
    kill(supervisor);
    let ending = run.wait_until(None, Duration::ZERO).await;
    assert_eq!((ending.end, ending.swept), (End::SupervisorLost, None));
    let second = Duration::from_secs(1);
    let took = within(second, "the flow is gone", || !lives(flow));
    println!("gone {took:?} after it was told of its supervisor");
    assert_eq!(parent(supervisor), None, "a zombie");
}

#[tokio::test]
async fn a_supervisor_holds_none_of_the_output() {
    let (run, _output) = start(&common::command("sleep", &["60"])).await;
    let supervisor = parent(run.pid().expect("a pid")).expect("a supervisor");
    for number in [1, 2] {
        let held = fs::read_link(format!("/proc/{supervisor}/fd/{number}"));
        assert_eq!(held.expect("a descriptor"), Path::new("/dev/null"));
    }
}

#[tokio::test]
async fn a_supervisor_that_was_stopped_hears_orders() {
    let (run, _output) = start(&common::command("sleep", &["60"])).await;
    let flow = run.pid().expect("a pid");
    signal(parent(flow).expect("a supervisor"), System::STOP);
    let grace = Duration::from_secs(5);
    let ending = run.wait_until(Some(Instant::now()), grace).await;
    assert!(
        matches!(ending.end, End::OutOfTime { by, .. } if by == Signal::Terminate),
        "{ending:?}"
    );
}

#[tokio::test]
async fn a_supervisor_heeds_no_signal_but_sigkill() {
    let mark = Mark::new();
    let (run, _output) = start(&mark.python(STUBBORN)).await;
    within(SOON, "all are there", || mark.noted() == STUBBORN_PROCESSES);
    let supervisor = parent(run.pid().expect("a pid")).expect("a supervisor");
    signal(supervisor, System::TERM);
    signal(supervisor, System::INT);
    run.stopper().stop(Signal::Kill);
    let ending = run.wait_until(None, Duration::ZERO).await;
    assert_eq!(ending.end, End::Cancelled { by: Signal::Kill });
    assert_eq!(mark.left(), NONE);
}
