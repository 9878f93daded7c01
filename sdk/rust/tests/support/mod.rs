//! A collector on a real socket, and what it heard.
//!
//! The SDK connects once in a process, so each test runs in a process of its own: the test starts
//! this program again for itself alone, as a flow with a collector, and then looks at the lines.

#![allow(dead_code, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::env;
use std::io::Read;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

#[path = "../../conformance/json.rs"]
mod json;

pub(crate) use json::Json;

const SOCKET: &str = "HERO_FLOW_SPAN_SOCK";
const PARENT: &str = "HERO_FLOW_PARENT_SPAN";
const IS_FLOW: &str = "HERO_TRACING_TEST_IS_FLOW";

/// One test: what the flow's process does, and what its collector must have heard.
pub(crate) struct Case<'c> {
    pub(crate) has_collector: bool,
    pub(crate) parent: Option<&'c str>,
}

/// What came of a flow.
pub(crate) struct Heard {
    /// The events in the order of their lines, over all connections.
    pub(crate) events: Vec<Json>,
    pub(crate) connections: usize,
    pub(crate) output: Output,
}

/// Runs a flow with a collector; nothing in the flow's own process.
pub(crate) fn collected(test: &str, flow: impl FnOnce()) -> Option<Heard> {
    let case = Case {
        has_collector: true,
        parent: None,
    };
    case.run(test, flow)
}

impl Case<'_> {
    pub(crate) fn run(&self, test: &str, flow: impl FnOnce()) -> Option<Heard> {
        if env::var_os(IS_FLOW).is_some() {
            flow();
            return None;
        }
        let collector = Collector::new();
        let mut program = Command::new(env::current_exe().unwrap());
        program.args(["--exact", test, "--nocapture", "--test-threads=1"]);
        program
            .env(IS_FLOW, "1")
            .env_remove(SOCKET)
            .env_remove(PARENT);
        if self.has_collector {
            program.env(SOCKET, &collector.path);
        }
        if let Some(parent) = self.parent {
            program.env(PARENT, parent);
        }
        let output = program.output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let heard = collector.end();
        assert!(
            output.status.success(),
            "{told}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            told.contains("1 passed"),
            "no test is called {test}: {told}"
        );
        Some(Heard {
            events: heard.iter().flat_map(|lines| events_of(lines)).collect(),
            connections: heard.len(),
            output,
        })
    }
}

fn events_of(lines: &str) -> Vec<Json> {
    assert!(
        lines.is_empty() || lines.ends_with('\n'),
        "a torn line: {lines}"
    );
    lines
        .lines()
        .map(|line| Json::parse(line).unwrap())
        .collect()
}

/// Takes all that comes, on as many connections as there are.
struct Collector {
    path: PathBuf,
    streams: mpsc::Receiver<thread::JoinHandle<String>>,
}

impl Collector {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("hero-test-{}-{number}", std::process::id()));
        let listener = UnixListener::bind(&path).unwrap();
        let (sender, streams) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let reader = thread::spawn(move || {
                    let mut lines = String::new();
                    stream.read_to_string(&mut lines).unwrap();
                    lines
                });
                if sender.send(reader).is_err() {
                    break;
                }
            }
        });
        Self { path, streams }
    }

    /// What each connection said, after their ends.
    fn end(self) -> Vec<String> {
        // A last connection of our own: those before it have been accepted.
        drop(std::os::unix::net::UnixStream::connect(&self.path).unwrap());
        let mut heard = Vec::new();
        loop {
            let reader = self.streams.recv_timeout(Duration::from_secs(10)).unwrap();
            let lines = reader.join().unwrap();
            if lines.is_empty() {
                break;
            }
            heard.push(lines);
        }
        std::fs::remove_file(&self.path).unwrap();
        heard
    }
}

impl Heard {
    pub(crate) fn of_type(&self, kind: &str) -> Vec<&Json> {
        let events = self.events.iter();
        events
            .filter(|event| event.get_str("type") == Some(kind))
            .collect()
    }

    /// The name of the span that an event belongs to, or hangs under.
    pub(crate) fn name_of(&self, id: &str) -> Option<&str> {
        let starts = self.of_type("span_start").into_iter();
        let mut named = starts.filter(|start| start.get_str("span_id") == Some(id));
        named.next()?.get_str("name")
    }

    /// Each span's parent by their names; an id that is no span's stands for itself.
    pub(crate) fn tree(&self) -> BTreeMap<&str, Option<&str>> {
        let starts = self.of_type("span_start").into_iter();
        let entry = |start| {
            let parent = Json::get_str(start, "parent_span_id");
            let parent = parent.map(|id| self.name_of(id).unwrap_or(id));
            (start.get_str("name").unwrap(), parent)
        };
        starts.map(entry).collect()
    }

    pub(crate) fn start(&self, name: &str) -> &Json {
        let starts = self.of_type("span_start").into_iter();
        let mut named = starts.filter(|start| start.get_str("name") == Some(name));
        named
            .next()
            .unwrap_or_else(|| panic!("no span {name} in {:?}", self.events))
    }

    pub(crate) fn end(&self, name: &str) -> &Json {
        let id = self.start(name).get_str("span_id");
        let ends = self.of_type("span_end").into_iter();
        let mut own = ends.filter(|end| end.get_str("span_id") == id);
        own.next()
            .unwrap_or_else(|| panic!("no end of {name} in {:?}", self.events))
    }

    /// What happened, in order, such as `tag rows = 3`.
    pub(crate) fn story(&self) -> Vec<String> {
        let word = |event: &Json| {
            let text = |key| event.get_str(key).unwrap_or_default().to_owned();
            match text("type").as_str() {
                "span_start" => format!("start {}", text("name")),
                "span_tag" => format!("tag {} = {}", text("key"), event.get("value").unwrap()),
                "span_log" => format!("log {} {}", text("level"), text("message")),
                _ => format!("end {}", text("status")),
            }
        };
        self.events.iter().map(word).collect()
    }
}

/// A member as JSON text, to be compared.
pub(crate) fn member(event: &Json, key: &str) -> String {
    event
        .get(key)
        .map_or_else(|| "nothing".into(), ToString::to_string)
}
