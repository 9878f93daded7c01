//! Flows run by an executor in a program that embeds it.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use common::host::{Host, input};
use hero_span_collector::store::Reader;
use hero_span_collector::{Forest, Sink, Update};
use hero_span_executor::{Outcome, RunEvent, RunName, Signal, Unloadable};
use serde_json::json;
use tokio::time::sleep;

const SOON: Duration = Duration::from_secs(10);

const NIGHTLY: &str = r#"
from hero_tracing import flow

@flow(description="Loads a day.")
def nightly(day: str, size: int = 3):
    print("loading", day)
    with flow.step("load", day=day):
        return {"rows": size}
"#;

#[tokio::test]
async fn a_flow_returns_what_it_returns() {
    let host = Host::new(NIGHTLY);
    let request = host.request().input(input(json!({"day": "monday"})));
    let (ended, printed, told) = host.run(request).await;
    let result = json!({"rows": 3});
    assert_eq!(ended.outcome, Outcome::Ok { result, cut: false });
    assert_eq!((printed.as_str(), told), ("loading monday\n", 4));
    assert_eq!(ended.flow.as_deref(), Some("nightly"));
    assert_eq!((ended.open, ended.unrecorded), (None, None));
}

#[tokio::test]
async fn a_result_that_only_python_can_hold_is_no_failure() {
    for result in [
        "10 ** 400",
        "functools.reduce(lambda deep, _: [deep], range(200), 1)",
    ] {
        let code = format!(
            "import functools\nfrom hero_tracing import flow\n@flow\ndef odd():\n    return {result}\n"
        );
        let host = Host::new(&code);
        let (ended, ..) = host.run(host.request()).await;
        let Outcome::Ok { cut, .. } = ended.outcome else {
            panic!("{result}: {ended}");
        };
        assert!(cut, "{result}");
    }
}

#[tokio::test]
async fn inputs_are_checked_before_anything_starts() {
    let host = Host::new(NIGHTLY);
    let (ended, printed, told) = host
        .run(host.request().input(input(json!({"day": 1}))))
        .await;
    assert_eq!(
        ended.to_string(),
        r#"not started: input "day": expected a string, found 1"#
    );
    assert_eq!((printed.as_str(), told), ("", 0));
}

#[tokio::test]
async fn a_file_is_looked_at_and_nothing_of_it_is_run() {
    let host = Host::new(NIGHTLY);
    let flows = host.flows().await.expect("loaded");
    let flow = &flows[0];
    assert_eq!((flow.name.as_str(), flow.line), ("nightly", 4));
    assert_eq!(flow.description, "Loads a day.");
    assert_eq!(flow.schema()["required"], json!(["day"]));
}

#[tokio::test]
async fn a_file_that_does_not_load_is_told() {
    let host = Host::new("raise ValueError('no')");
    let Err(Unloadable::Broken(raised)) = host.flows().await else {
        panic!("it cannot be loaded");
    };
    assert_eq!(raised.error_type, "ValueError");
    let host = Host::new("import time; time.sleep(60)");
    let request = host.request().timeout(Some(Duration::from_millis(500)));
    let inspected = host.executor.inspect(request).await.expect("looked at");
    assert!(matches!(inspected.flows, Err(Unloadable::Ended(_))));
}

const WAITING: &str = r#"
import time
from hero_tracing import flow

@flow
def waiting():
    with flow.step("outer"):
        with flow.step("inner"):
            print("here")
            time.sleep(60)
"#;

#[tokio::test]
async fn a_run_is_cancelled_from_elsewhere_and_says_where_it_was() {
    let host = Host::new(WAITING);
    let run = host.executor.start(host.request()).await.expect("started");
    let stopper = run.stopper();
    let mut events = run.events();
    while let Some(event) = events.next().await {
        match event {
            RunEvent::Printed(_) => stopper.stop(Signal::Terminate),
            RunEvent::Ended(ended) => {
                let by = Signal::Terminate;
                assert_eq!(ended.outcome, Outcome::Cancelled { by });
                let open = ended.open.expect("a span was open");
                assert_eq!(open.names, ["outer", "inner"]);
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_run_that_is_dropped_leaves_nothing() {
    let host = Host::new(WAITING);
    let run = host.executor.start(host.request()).await.expect("started");
    let pid = run.pid().expect("a process");
    let mut events = run.events();
    while !matches!(events.next().await, Some(RunEvent::Printed(_))) {}
    drop(events);
    // The runtime drops the task.
    sleep(Duration::from_millis(10)).await;
    common::within(SOON, "the flow is gone", || {
        !Path::new(&format!("/proc/{pid}")).exists()
    });
}

/// As long as it likes, in effect.
#[tokio::test]
async fn a_deadline_that_no_clock_reaches_is_none() {
    let host = Host::new(NIGHTLY);
    let forever = || host.request().timeout(Some(Duration::MAX));
    let request = forever().input(input(json!({"day": "monday"})));
    let (ended, ..) = host.run(request).await;
    assert!(matches!(ended.outcome, Outcome::Ok { .. }), "{ended}");
    let inspected = host.executor.inspect(forever()).await.expect("looked at");
    assert!(inspected.flows.is_ok());
}

/// How a run is written down to have ended: the word, and the sentence.
fn written(host: &Host, name: &str) -> (String, Option<String>) {
    let reader = Reader::open(&host.directory.path().join("store")).expect("a store");
    let found = reader.execution(name).expect("readable").expect("there");
    assert_eq!(found.ended_ms.is_some(), found.told.is_some());
    (found.state, found.told)
}

#[tokio::test]
async fn a_run_that_is_dropped_has_an_end() {
    let host = Host::new(WAITING);
    for (name, is_waited_for) in [("early", false), ("late", true)] {
        let name: RunName = name.parse().expect("a name");
        let request = host.request().name(Some(name.clone()));
        let run = host.executor.start(request).await.expect("started");
        if is_waited_for {
            let mut events = run.events();
            while !matches!(events.next().await, Some(RunEvent::Printed(_))) {}
            drop(events);
            sleep(Duration::from_millis(10)).await;
        } else {
            drop(run);
        }
        // The runtime drops what is left of it.
        let begun = std::time::Instant::now();
        while written(&host, name.as_str()).1.is_none() && begun.elapsed() < SOON {
            sleep(Duration::from_millis(10)).await;
        }
        let told = Some("cancelled: nobody waited for it".to_owned());
        assert_eq!(
            written(&host, name.as_str()),
            ("cancelled".to_owned(), told)
        );
    }
}

#[tokio::test]
async fn a_run_that_cannot_start_has_an_end() {
    let host = Host::supervised_by(NIGHTLY, Path::new("/no/where"));
    let name: RunName = "it".parse().expect("a name");
    let request = host.request().name(Some(name));
    let refused = host
        .executor
        .start(request)
        .await
        .expect_err("no supervisor");
    let told = format!("not started: {refused}");
    assert_eq!(written(&host, "it"), ("not_started".to_owned(), Some(told)));
}

#[tokio::test]
async fn what_was_lost_last_is_told() {
    let host = Host::new(
        "import sys
from hero_tracing import flow
@flow
def nightly():
    sys.stdout.write('x' * 3000)
    sys.stdout.flush()
",
    );
    let request = host.request().most_output(2000);
    let run = host.executor.start(request).await.expect("started");
    let name = run.name().as_str().to_owned();
    let mut events = run.events();
    let mut lost = 0;
    while let Some(event) = events.next().await {
        if let RunEvent::Printed(piece) = event {
            lost += piece.lost;
        }
    }
    assert_eq!(lost, 3000, "to who listens");
    let reader = Reader::open(&host.directory.path().join("store")).expect("a store");
    let execution = reader.execution(&name).expect("readable").expect("there");
    let printed = reader.printed(&execution).expect("readable");
    let lost: u64 = printed.iter().map(|part| part.lost).sum();
    assert_eq!(lost, 3000, "in the record");
}

#[tokio::test]
async fn a_run_that_is_held_up_loses_nothing_and_ends_in_time() {
    let code = "
import os, time
from hero_tracing import flow
@flow
def nightly(rest: float):
    for _ in range(40 * 16):
        os.write(1, b'x' * 65536)
    time.sleep(rest)
";
    let host = Host::new(code);
    let rest = |seconds: f64| {
        host.request()
            .holds_up()
            .input(input(json!({"rest": seconds})))
    };
    let mut run = host.executor.start(rest(0.0)).await.expect("started");
    let mut prints = run.prints().expect("not taken");
    let reading = tokio::spawn(async move {
        sleep(Duration::from_millis(500)).await;
        let mut read = 0;
        while let Some(piece) = prints.next().await {
            assert_eq!(piece.lost, 0);
            read += piece.bytes.len();
        }
        read
    });
    let ended = run.wait(&mut Forgetful).await;
    assert!(matches!(ended.outcome, Outcome::Ok { .. }), "{ended}");
    assert_eq!(reading.await.expect("read"), 40 << 20);
    assert_eq!(ended.output.stdout.lost, 0);
    // Nobody reads this one; and nobody even could.
    for takes in [true, false] {
        let request = rest(60.0).timeout(Some(Duration::from_secs(1)));
        let mut run = host.executor.start(request).await.expect("started");
        let prints = takes.then(|| run.prints());
        let ended = run.wait(&mut Forgetful).await;
        assert!(
            matches!(ended.outcome, Outcome::OutOfTime { .. }),
            "{ended}"
        );
        assert!(ended.took < Duration::from_secs(4), "{ended}");
        let is_held = ended.output.stdout.read < 30 << 20;
        assert_eq!(is_held, takes, "{} bytes", ended.output.stdout.read);
        drop(prints);
    }
}

struct Forgetful;

impl Sink for Forgetful {
    fn take(&mut self, _: &Forest, _: &Update<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

#[tokio::test]
async fn an_attribute_is_looked_for_before_a_flows_name() {
    let code = "
from hero_tracing import flow
@flow(name='two')
def one():
    return 1
@flow
def two_():
    return 2
@flow(name='three')
def two():
    return 3
@flow(name='twice')
def a():
    return 4
@flow(name='twice')
def b():
    return 5
";
    let host = Host::new(code);
    for (asked, expected) in [("two", 3), ("one", 1), ("three", 3), ("two_", 2), ("b", 5)] {
        let request = host.request().flow(Some(asked.to_owned()));
        let (ended, ..) = host.run(request).await;
        let result = json!(expected);
        assert_eq!(ended.outcome, Outcome::Ok { result, cut: false }, "{asked}");
    }
    let twice = host.request().flow(Some("twice".to_owned()));
    let (ended, ..) = host.run(twice).await;
    assert!(matches!(ended.outcome, Outcome::Refused(_)), "{ended}");
}
