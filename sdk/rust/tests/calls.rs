//! Calls of clients, functions with a span around them, and how spans end, on a real socket.

#![allow(clippy::unwrap_used)]

mod support;

use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use hero_tracing::{
    Cancelled, Exit, Failed, call, current, instrument, instrument_as, rpc, span, step,
};
use support::{collected, member};

/// Something that is no value, but can be shown.
#[derive(Debug)]
struct Query(&'static str);

/// Something that cannot even be shown.
struct Secret;

trait Database {
    async fn ask(&self, query: Query, limit: usize) -> Result<Vec<u64>, Failed>;
    async fn close(&mut self);
    fn login(&mut self, secret: Secret) -> Option<Secret>;
}

hero_tracing::instrument! {
    impl Database {
        async fn ask(&self, query: Query, limit: usize) -> Result<Vec<u64>, Failed>;
        async fn close(&mut self);
        fn login(&mut self, secret: Secret) -> Option<Secret>;
    }
}

struct Memory;

impl Database for Memory {
    async fn ask(&self, query: Query, limit: usize) -> Result<Vec<u64>, Failed> {
        span("within").scope(|_| ());
        match query.0 {
            "" => Err(Failed::new("no query")),
            query => Ok(vec![query.len() as u64; limit]),
        }
    }

    async fn close(&mut self) {}

    fn login(&mut self, secret: Secret) -> Option<Secret> {
        Some(secret)
    }
}

fn ready<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(given) => given,
        Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn methods_are_recorded_with_what_can_be_shown() {
    let heard = collected("methods_are_recorded_with_what_can_be_shown", || {
        let mut database = instrument(Memory);
        ready(async {
            assert_eq!(database.ask(Query("four"), 2).await, Ok(vec![4, 4]));
            database.close().await;
        });
        assert!(database.login(Secret).is_some());
        let other = instrument_as("Other", Memory);
        assert!(ready(other.ask(Query(""), 1)).is_err());
    });
    let Some(heard) = heard else { return };
    let (ask, close) = ("rpc:Memory.ask", "rpc:Memory.close");
    assert_eq!(
        member(heard.start(ask), "params"),
        r#"{"args":["Query(\"four\")",2]}"#
    );
    assert_eq!(member(heard.end(ask), "result"), "[4,4]");
    assert_eq!(heard.tree()["within"], Some("rpc:Other.ask"));
    assert_eq!(member(heard.start(close), "params"), "nothing");
    let login = "rpc:Memory.login";
    assert_eq!(
        member(heard.start(login), "params"),
        r#"{"args":["<Secret>"]}"#
    );
    assert_eq!(member(heard.end(login), "result"), r#""<Option>""#);
    let found = ["status", "error"].map(|key| member(heard.end("rpc:Other.ask"), key));
    assert_eq!(found, [r#""failed""#, r#""no query""#]);
}

#[test]
fn one_call_is_recorded_where_it_is_written() {
    let heard = collected("one_call_is_recorded_where_it_is_written", || {
        let mut turns = 0;
        let mut turn = || {
            turns += 1;
            turns
        };
        let memory = Memory;
        let given = ready(async { call!(memory.ask(Query("four"), turn())).await });
        drop(given);
        assert_eq!(turn(), 2);
        let given = rpc("Queue", "take")
            .arg("mail")
            .named("wait", 1.5)
            .run(|call| {
                call.tag("late", true);
                Ok::<_, Failed>(["letter"])
            });
        assert_eq!(given, Ok(["letter"]));
        let given = ready(rpc("Queue", "put").run_async(async |_| Ok::<_, Failed>(7)));
        assert_eq!(given, Ok(7));
    });
    let Some(heard) = heard else { return };
    let ask = heard.start("rpc:Memory.ask");
    assert_eq!(member(ask, "params"), r#"{"args":["Query(\"four\")",1]}"#);
    let take = heard.start("rpc:Queue.take");
    assert_eq!(
        member(take, "params"),
        r#"{"args":["mail"],"kwargs":{"wait":1.5}}"#
    );
    assert_eq!(
        member(heard.end("rpc:Queue.take"), "result"),
        r#"["letter"]"#
    );
    assert_eq!(member(heard.end("rpc:Queue.put"), "result"), "7");
}

#[test]
fn each_call_of_a_function_with_a_span_around_it_is_one() {
    let heard = collected(
        "each_call_of_a_function_with_a_span_around_it_is_one",
        || {
            let parse = step("parse").tag("base", 10).around(str::parse::<u8>);
            let given: Vec<bool> = ["1", "x"]
                .into_iter()
                .map(|text| parse(text).is_ok())
                .collect();
            assert_eq!(given, [true, false]);
            let double = step("double").around_async(async |number: u8| {
                current().tag("number", number);
                Ok::<_, Failed>(number * 2)
            });
            assert_eq!(
                ready(async { (double(1).await, double(2).await) }),
                (Ok(2), Ok(4))
            );
        },
    );
    let Some(heard) = heard else { return };
    let story = [
        "start parse",
        "end ok",
        "start parse",
        "end failed",
        "start double",
        "tag number = 1",
        "end ok",
        "start double",
        "tag number = 2",
        "end ok",
    ];
    assert_eq!(heard.story(), story);
    assert_eq!(member(heard.start("parse"), "tags"), r#"{"base":10}"#);
}

#[test]
fn what_leaves_a_span_says_how_it_ended() {
    let heard = collected("what_leaves_a_span_says_how_it_ended", || {
        let _ = step("cancelled").run(|_| Err::<(), _>(Cancelled));
        let _ = step("exit 0").run(|_| Err::<(), _>(Exit(0)));
        let _ = step("exit 3").run(|_| Err::<(), _>(Exit(3)));
        let _ = step("boxed").run(|_| Err::<(), Box<dyn Error>>("no rows".into()));
        let _ = step("text").run(|_| Err::<(), _>("no rows"));
        let guard = step("guard").enter();
        guard.fail(&Failed::new("said so")).result(1).result(2);
        guard.end();
        let _ = std::panic::catch_unwind(|| {
            step("thrown").scope(|_| std::panic::resume_unwind(Box::new(Failed::new("why"))))
        });
    });
    let Some(heard) = heard else { return };
    let check = |name, status: &str, error: &str| {
        let found = ["status", "error"].map(|key| member(heard.end(name), key));
        assert_eq!(found, [status, error], "{name}");
    };
    check("cancelled", r#""cancelled""#, "nothing");
    check("exit 0", r#""ok""#, "nothing");
    check("exit 3", r#""failed""#, r#""3""#);
    check("boxed", r#""failed""#, r#""Error: no rows""#);
    check("text", r#""failed""#, r#""no rows""#);
    check("guard", r#""failed""#, r#""said so""#);
    check("thrown", r#""failed""#, r#""why""#);
    assert_eq!(member(heard.end("guard"), "result"), "2");
}
