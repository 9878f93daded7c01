//! The sixteen: what every SDK of this contract must do, on a real socket.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::thread;

use hero_tracing::{Failed, Instrumented, Level, Value, current, span, step};
use support::{Case, collected, member};

/// A client with something public, something that is not recorded, and a plain field.
struct Client {
    region: &'static str,
}

trait Store {
    fn fetch(&self, key: &str, limit: usize) -> Vec<String>;
}

impl Store for Client {
    fn fetch(&self, key: &str, limit: usize) -> Vec<String> {
        vec![key.to_owned(); limit]
    }
}

impl Client {
    fn connect(&self) -> &'static str {
        "connected"
    }
}

hero_tracing::instrument! {
    impl Store {
        fn fetch(&self, key: &str, limit: usize) -> Vec<String>;
    }
}

fn client() -> Instrumented<Client> {
    hero_tracing::instrument(Client { region: "north" })
}

fn expected<'e>(tree: &[(&'e str, Option<&'e str>)]) -> BTreeMap<&'e str, Option<&'e str>> {
    tree.iter().copied().collect()
}

mod standalone_mode {
    use super::*;

    const ALONE: Case<'static> = Case {
        has_collector: false,
        parent: None,
    };

    /// Without a socket steps, spans and instrument do nothing and say nothing.
    #[test]
    fn calls_are_silent_no_ops() {
        let heard = ALONE.run("standalone_mode::calls_are_silent_no_ops", || {
            let rows = step("load").tag("day", 1).scope(|load| {
                load.tag("rows", 2).log("loaded").result(3);
                span("part").scope(|_| client().fetch("a", 2).len())
            });
            assert_eq!(rows, 2);
        });
        let Some(heard) = heard else { return };
        assert_eq!((heard.connections, heard.output.stderr.len()), (0, 0));
        let told = String::from_utf8(heard.output.stdout).unwrap();
        let lines: Vec<&str> = told.lines().filter(|line| !line.is_empty()).collect();
        let is_of_the_harness = |line: &&str| line.contains("test") || line.contains("running");
        assert!(lines.iter().all(is_of_the_harness), "{told}");
    }

    /// A handle of no span stands in for any, and takes all its calls.
    #[test]
    fn the_null_span_takes_every_call() {
        ALONE.run("standalone_mode::the_null_span_takes_every_call", || {
            let null = current();
            assert_eq!(null.id(), None);
            let entered = step("load").enter();
            assert_eq!(entered.id(), None);
            let chain = entered
                .tag("key", 1)
                .log("text")
                .result(Value::NULL)
                .fail(&"no");
            assert_eq!(
                chain.log_with(Level::Warn, "text", [("field", 1)]).id(),
                None
            );
            assert_eq!(format!("{null:?}"), "Span(none)");
        });
    }

    /// A flow is a plain function: what it gives and how it fails is what its caller gets.
    #[test]
    fn a_flow_is_a_plain_function() {
        ALONE.run("standalone_mode::a_flow_is_a_plain_function", || {
            fn nightly(day: &str, limit: usize) -> Result<String, Failed> {
                step("load").run(|_| match limit {
                    0 => Err(Failed::new("no rows")),
                    limit => Ok(day.repeat(limit)),
                })
            }
            assert_eq!(nightly("x", 2).unwrap(), "xx");
            assert_eq!(nightly("x", 0), Err(Failed::new("no rows")));
            assert_eq!(hero_tracing::child_env().count(), 0);
        });
    }
}

mod span_emission {
    use super::*;

    /// A step is a start with its tags and an end, numbered, from a named producer.
    #[test]
    fn single_step() {
        let heard = collected("span_emission::single_step", || {
            let id = step("load")
                .tag("day", "monday")
                .scope(hero_tracing::Span::id);
            assert_eq!(id.unwrap().to_string().len(), 16);
        });
        let Some(heard) = heard else { return };
        let [start, end] = heard.events.as_slice() else {
            panic!("{:?}", heard.events)
        };
        let found = ["type", "name", "kind", "tags", "parent_span_id", "seq"];
        let found = found.map(|key| member(start, key));
        let wanted = [
            r#""span_start""#,
            r#""load""#,
            r#""step""#,
            r#"{"day":"monday"}"#,
            "null",
            "0",
        ];
        assert_eq!(found, wanted);
        let found = ["type", "status", "seq"].map(|key| member(end, key));
        assert_eq!(found, [r#""span_end""#, r#""ok""#, "1"]);
        assert_eq!(member(start, "span_id"), member(end, "span_id"));
        let producer = start.get("producer").unwrap();
        let found = ["sdk", "version", "protocol"].map(|key| member(producer, key));
        assert_eq!(found, [r#""rust""#, r#""1.0.0""#, "1"]);
        assert_eq!(end.get("producer"), None);
    }

    /// A step inside another hangs under it, and the outer one is current again after.
    #[test]
    fn nested_steps() {
        let heard = collected("span_emission::nested_steps", || {
            step("outer").scope(|outer| {
                step("first").scope(|first| assert_eq!(current().id(), first.id()));
                assert_eq!(current().id(), outer.id());
                let second = span("second").enter();
                assert_eq!(current().id(), second.id());
            });
            assert_eq!(current().id(), None);
        });
        let Some(heard) = heard else { return };
        let tree = [
            ("outer", None),
            ("first", Some("outer")),
            ("second", Some("outer")),
        ];
        assert_eq!(heard.tree(), expected(&tree));
        assert_eq!(member(heard.start("second"), "kind"), r#""span""#);
    }

    /// Failed fails each span that it leaves with the reason and nothing else.
    #[test]
    fn failed_gives_a_clean_reason() {
        let heard = collected("span_emission::failed_gives_a_clean_reason", || {
            let given: Result<(), Failed> =
                step("outer").run(|_| step("inner").run(|_| Err(Failed::new("no rows"))));
            assert_eq!(given.unwrap_err().reason(), "no rows");
        });
        let Some(heard) = heard else { return };
        for name in ["outer", "inner"] {
            let found = ["status", "error", "error_type"].map(|key| member(heard.end(name), key));
            assert_eq!(found, [r#""failed""#, r#""no rows""#, r#""Failed""#]);
        }
    }

    /// Any other error fails the span with its type, text and causes, and goes on unchanged; a
    /// panic does with its message and place.
    #[test]
    fn another_error_gives_the_whole_report() {
        let heard = collected(
            "span_emission::another_error_gives_the_whole_report",
            || {
                let parsed = step("load").run(|_| "x".parse::<i32>());
                assert_eq!(parsed, "x".parse::<i32>());
                let noted =
                    std::panic::catch_unwind(|| step("noted").scope(|_| panic!("a bad day")));
                assert!(noted.is_err());
                std::panic::set_hook(Box::new(|_| {}));
                let guarded = std::panic::catch_unwind(|| {
                    let _guard = step("guarded").enter();
                    step("panics")
                        .scope(|_| panic!("bad day {}", thread::current().name().map_or(0, |_| 7)))
                });
                let payload = guarded.unwrap_err();
                assert_eq!(payload.downcast_ref::<String>().unwrap(), "bad day 7");
            },
        );
        let Some(heard) = heard else { return };
        let found =
            |name| ["status", "error", "error_type"].map(|key| member(heard.end(name), key));
        let error = r#""ParseIntError: invalid digit found in string""#;
        assert_eq!(found("load"), [r#""failed""#, error, r#""ParseIntError""#]);
        let [_, noted, _] = found("noted");
        assert!(
            noted.starts_with("\"panicked at ") && noted.contains("contract.rs:"),
            "{noted}"
        );
        assert!(noted.contains("a bad day"), "{noted}");
        // The program's own hook replaced the one that notes where a panic began.
        assert_eq!(
            found("panics"),
            [r#""failed""#, r#""panicked:\u000abad day 7""#, r#""panic""#]
        );
        assert_eq!(
            found("guarded"),
            [r#""failed""#, r#""panicked""#, r#""panic""#]
        );
    }

    /// Tags and logs go out between start and end, and nothing does after it.
    #[test]
    fn tag_and_log_events() {
        let heard = collected("span_emission::tag_and_log_events", || {
            let load = step("load").scope(|load| {
                load.tag("rows", 3)
                    .tag("none", Value::NULL)
                    .tag("list", [1]);
                load.log_with(Level::Warn, format_args!("said {}", 1), [("why", "so")]);
                load.clone()
            });
            load.tag("late", 1).log("late");
        });
        let Some(heard) = heard else { return };
        let story = [
            "start load",
            "tag rows = 3",
            "tag none = null",
            "tag list = [1]",
            "log warn said 1",
            "end ok",
        ];
        assert_eq!(heard.story(), story);
        assert_eq!(
            member(heard.of_type("span_log")[0], "fields"),
            r#"{"why":"so"}"#
        );
    }

    /// HERO_FLOW_PARENT_SPAN is the parent of every root.
    #[test]
    fn the_environment_names_the_roots_parent() {
        let case = Case {
            has_collector: true,
            parent: Some("00000000deadbeef"),
        };
        let heard = case.run(
            "span_emission::the_environment_names_the_roots_parent",
            || {
                step("one").scope(|_| step("inner").scope(|_| ()));
                step("two").scope(|_| ());
                let variables: BTreeMap<_, _> = hero_tracing::child_env().collect();
                assert_eq!(variables["HERO_FLOW_PARENT_SPAN"], "00000000deadbeef");
            },
        );
        let Some(heard) = heard else { return };
        let parent = Some("00000000deadbeef");
        let tree = [("one", parent), ("inner", Some("one")), ("two", parent)];
        assert_eq!(heard.tree(), expected(&tree));
    }
}

mod instrument {
    use super::*;

    /// A method of an instrumented trait is a span of kind rpc with what it was given and gave.
    #[test]
    fn public_method() {
        let heard = collected("instrument::public_method", || {
            assert_eq!(client().fetch("a", 2), ["a", "a"]);
        });
        let Some(heard) = heard else { return };
        let (start, end) = (
            heard.start("rpc:Client.fetch"),
            heard.end("rpc:Client.fetch"),
        );
        assert_eq!(member(start, "kind"), r#""rpc""#);
        assert_eq!(member(start, "params"), r#"{"args":["a",2]}"#);
        assert_eq!(member(end, "status"), r#""ok""#);
        assert_eq!(member(end, "result"), r#"["a","a"]"#);
    }

    /// Methods of no instrumented trait and plain fields pass through without a span.
    #[test]
    fn private_passthrough() {
        let heard = collected("instrument::private_passthrough", || {
            step("only").scope(|_| ());
            let mut client = client();
            assert_eq!((client.connect(), client.region), ("connected", "north"));
            client.region = "south";
            let client: Client = client.into_inner();
            assert_eq!(client.region, "south");
        });
        let Some(heard) = heard else { return };
        assert_eq!(heard.story(), ["start only", "end ok"]);
    }

    /// A call hangs under the step it is made in, also one that is wrapped by itself.
    #[test]
    fn nesting_under_the_current_step() {
        let heard = collected("instrument::nesting_under_the_current_step", || {
            step("load").scope(|_| {
                client().fetch("a", 1);
                let plain = Client { region: "north" };
                assert_eq!(hero_tracing::call!(plain.connect()), "connected");
            });
        });
        let Some(heard) = heard else { return };
        let (fetch, connect) = ("rpc:Client.fetch", "rpc:Client.connect");
        let tree = [
            ("load", None),
            (fetch, Some("load")),
            (connect, Some("load")),
        ];
        assert_eq!(heard.tree(), expected(&tree));
        assert_eq!(member(heard.end(connect), "result"), r#""connected""#);
    }
}

mod bootstrap_run {
    use super::*;
    use hero_tracing::{run_flow, value};

    /// The root span is the flow: its name, its input, its result.
    #[test]
    fn happy() {
        let heard = collected("bootstrap_run::happy", || {
            let input = value!({ "day": "monday" });
            let given = run_flow("nightly run", input, || {
                step("load").run(|_| Ok::<_, Failed>(BTreeMap::from([("day", "monday")])))
            });
            assert_eq!(given.unwrap()["day"], "monday");
        });
        let Some(heard) = heard else { return };
        let (root, end) = (heard.start("nightly run"), heard.end("nightly run"));
        assert_eq!(member(root, "kind"), r#""flow""#);
        assert_eq!(member(root, "params"), r#"{"day":"monday"}"#);
        let tree = [("nightly run", None), ("load", Some("nightly run"))];
        assert_eq!(heard.tree(), expected(&tree));
        assert_eq!(member(end, "status"), r#""ok""#);
        assert_eq!(member(end, "result"), r#"{"day":"monday"}"#);
    }

    /// An error fails the root and reaches the caller as it is.
    #[test]
    fn failed() {
        let heard = collected("bootstrap_run::failed", || {
            let given: Result<(), Box<dyn std::error::Error>> =
                run_flow("nightly", (), || Err(Box::from(std::fmt::Error)));
            assert!(given.unwrap_err().is::<std::fmt::Error>());
        });
        let Some(heard) = heard else { return };
        let found = ["status", "error_type"].map(|key| member(heard.end("nightly"), key));
        assert_eq!(found, [r#""failed""#, r#""Error""#]);
    }
}

mod concurrency {
    use std::future::{self, Future};
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;
    use hero_tracing::wrap_async;

    /// A new thread starts without a current span, also while the main one has one.
    #[test]
    fn each_thread_gets_its_own_root() {
        let heard = collected("concurrency::each_thread_gets_its_own_root", || {
            step("main").scope(|_| {
                thread::scope(|threads| {
                    for number in 0..8 {
                        threads.spawn(move || {
                            step(format!("thread {number}"))
                                .scope(|_| span(format!("inner {number}")).scope(|_| ()));
                        });
                    }
                });
            });
        });
        let Some(heard) = heard else { return };
        let names: Vec<[String; 2]> = (0..8)
            .map(|number| [format!("thread {number}"), format!("inner {number}")])
            .collect();
        let mut tree = expected(&[("main", None)]);
        for [thread, inner] in &names {
            tree.extend([
                (thread.as_str(), None),
                (inner.as_str(), Some(thread.as_str())),
            ]);
        }
        assert_eq!(heard.tree(), tree);
    }

    /// Gives the others their turn.
    async fn pause() {
        let mut had_it = false;
        future::poll_fn(|_| {
            if std::mem::replace(&mut had_it, true) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    async fn work(number: usize) {
        let task = step(format!("task {number}"));
        task.scope_async(async |task| {
            for _ in 0..3 {
                task.log_with(Level::Info, "x".repeat(4000), [("number", number)]);
                pause().await;
                assert_eq!(current().id(), task.id());
            }
        })
        .await;
    }

    /// Polls all of them in turns, each turn on a thread of its own.
    fn run_in_turns(mut tasks: Vec<Pin<Box<dyn Future<Output = ()> + Send>>>) {
        while !tasks.is_empty() {
            tasks = thread::spawn(move || {
                let mut cx = Context::from_waker(Waker::noop());
                tasks.retain_mut(|task| task.as_mut().poll(&mut cx).is_pending());
                assert_eq!(current().id(), None);
                tasks
            })
            .join()
            .unwrap();
        }
    }

    /// Tasks hang under the step that made them, on whatever thread they run; long lines of many
    /// stay whole; a task that is dropped is cancelled.
    #[test]
    fn tasks_inherit_their_parent_and_lines_never_mix() {
        let heard = collected(
            "concurrency::tasks_inherit_their_parent_and_lines_never_mix",
            || {
                step("main").scope(|main| {
                    let mut tasks: Vec<Pin<Box<dyn Future<Output = ()> + Send>>> = Vec::new();
                    for number in 0..50 {
                        tasks.push(Box::pin(wrap_async(work(number))));
                    }
                    run_in_turns(tasks);
                    let mut dropped =
                        Box::pin(span("dropped").scope_async(async |_| pause().await));
                    let mut cx = Context::from_waker(Waker::noop());
                    assert!(pin!(&mut dropped).poll(&mut cx).is_pending());
                    assert_eq!(current().id(), main.id());
                });
            },
        );
        let Some(heard) = heard else { return };
        let names: Vec<String> = (0..50).map(|number| format!("task {number}")).collect();
        let mut tree = expected(&[("main", None), ("dropped", Some("main"))]);
        tree.extend(names.iter().map(|name| (name.as_str(), Some("main"))));
        assert_eq!(heard.tree(), tree);
        assert_eq!(member(heard.end("dropped"), "status"), r#""cancelled""#);
        let logs = heard.of_type("span_log");
        for log in &logs {
            let number = log.get("fields").unwrap().get_usize("number").unwrap();
            let name = heard.name_of(log.get_str("span_id").unwrap());
            assert_eq!(name, Some(names[number].as_str()));
        }
        assert_eq!(logs.len(), 150);
    }
}
