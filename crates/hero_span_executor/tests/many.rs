//! Many runs at once; alone in their process, whose descriptors are counted.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use common::host::{Host, input};
use hero_span_executor::Outcome;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::sleep;

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("there").count()
}

/// 200 with `RUNS=200`.
#[tokio::test]
async fn many_runs_take_turns_and_leave_nothing_behind() {
    let runs = std::env::var("RUNS").map_or(40, |runs| runs.parse().expect("a number"));
    let host = Host::with_limit(
        r#"
import os, time
from hero_tracing import flow

@flow
def turn(number: int, place: str):
    mark = os.path.join(place, str(number))
    open(mark, "w").close()
    with flow.step("look"):
        time.sleep(0.02)
        together = len(os.listdir(place))
    os.unlink(mark)
    if number % 5 == 0:
        raise flow.Failed("its turn")
    return together
"#,
        8,
    );
    // What is made once is there before it is counted.
    host.run(host.request()).await;
    let place = host.directory.path().join("place");
    fs::create_dir(&place).expect("made");
    let entries = |host: &Host| fs::read_dir(host.directory.path()).expect("there").count();
    let before = (descriptors(), entries(&host));
    let host = Arc::new(host);
    let mut all = JoinSet::new();
    for number in 0..runs {
        let values = json!({"number": number, "place": place});
        let (host, request) = (host.clone(), host.request().input(input(values)));
        all.spawn(async move { (number, host.run(request).await) });
    }
    while let Some(run) = all.join_next().await {
        let (number, (ended, _, told)) = run.expect("it ran");
        assert_eq!((told, &ended.unrecorded), (4, &None), "{ended}");
        match &ended.outcome {
            Outcome::Failed { reason } if number % 5 == 0 => assert_eq!(reason, "its turn"),
            Outcome::Ok { result, .. } => assert!(result.as_u64().expect("a number") <= 8),
            other => panic!("run {number}: {other}"),
        }
    }
    // What the runtime still has to drop.
    sleep(Duration::from_millis(50)).await;
    assert_eq!((descriptors(), entries(&host)), before);
}
