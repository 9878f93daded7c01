//! A collector in this process, and clients that write to its socket.

#![allow(dead_code, reason = "each program of tests uses some of it")]

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::os::unix::net::UnixStream;
use std::path::Path;

use hero_span_collector::store::Writer;
use hero_span_collector::tree::{RunId, State};
use hero_span_collector::{Collector, Forest, Listener, Sink, Store, Totals, Update};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// What a collector came to know.
pub(crate) struct Collected {
    pub(crate) totals: Totals,
    runs: Vec<String>,
}

impl Collected {
    /// The trees of all runs, as they were when each was over.
    pub(crate) fn outline(&self) -> String {
        self.runs.concat()
    }
}

/// Runs a collector while `clients` connect and write, then stops it; what
/// was written by then must have been read.
pub(crate) fn collected(clients: impl FnOnce(&(dyn Fn() -> UnixStream + Sync))) -> Collected {
    collected_by(Collector::default(), clients)
}

/// The same by that collector, which may have a store.
pub(crate) fn collected_by(
    collector: Collector,
    clients: impl FnOnce(&(dyn Fn() -> UnixStream + Sync)),
) -> Collected {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("s");
    let (stop, stopped) = oneshot::channel::<()>();
    let (bound, wait) = std::sync::mpsc::channel();
    let at = path.clone();
    let thread = std::thread::spawn(move || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = Listener::bind(&at).await.expect("bound");
            bound.send(()).expect("awaited");
            let mut notes = Notes::default();
            let stop = async { drop(stopped.await) };
            let totals = collector.run(listener, &mut notes, stop).await;
            let totals = totals.expect("a thread for the store");
            let runs = notes.0;
            Collected { totals, runs }
        })
    });
    wait.recv().expect("listening");
    clients(&|| UnixStream::connect(&path).expect("connected"));
    drop(stop);
    let collected = thread.join().expect("ended");
    assert!(!path.exists(), "the socket is gone");
    collected
}

/// A directory in memory, where there is one: nothing waits for a disk.
pub(crate) fn directory() -> TempDir {
    let memory = TempDir::new_in("/dev/shm");
    memory.or_else(|_| TempDir::new()).expect("a directory")
}

/// A new store there.
pub(crate) fn store(path: &Path) -> Store {
    let writer = Writer {
        pid: std::process::id(),
        version: "1.0.0",
        socket: None,
        now_ms: 0.0,
    };
    Store::open(path, writer).expect("a store")
}

/// Spans of which no outline is made.
const LARGE: usize = 10_000;

#[derive(Default)]
struct Notes(Vec<String>);

impl Sink for Notes {
    fn take(&mut self, forest: &Forest, update: &Update<'_>) -> ControlFlow<()> {
        if let Update::RunOver(run) = update {
            // Of a chain that is deep most of it would be white space.
            let is_large = forest.span_count() > LARGE;
            self.0.push(if is_large {
                "large\n".to_owned()
            } else {
                outline(forest, *run)
            });
        }
        ControlFlow::Continue(())
    }
}

fn outline(forest: &Forest, run: RunId) -> String {
    let mut text = "run\n".to_owned();
    let mut left: Vec<_> = forest
        .roots(run)
        .into_iter()
        .rev()
        .map(|key| (1, key))
        .collect();
    while let Some((depth, key)) = left.pop() {
        let span = forest.span(key);
        let state = match span.state() {
            State::Ended(status) => status.as_str(),
            State::Open if forest.is_left_open(key) => "open, gone",
            State::Open => "open",
            State::Unknown => "unknown",
        };
        let indent = "  ".repeat(depth);
        writeln!(text, "{indent}{} {state}", span.name()).expect("a string");
        let children = forest.children(key).into_iter().rev();
        left.extend(children.map(|child| (depth + 1, child)));
    }
    text
}

/// The line that starts a span, named by its number.
pub(crate) fn start(id: u64, parent: Option<u64>) -> Vec<u8> {
    let parent = parent.map_or("null".to_owned(), |parent| format!("\"{parent:016x}\""));
    format!(
        "{{\"type\":\"span_start\",\"span_id\":\"{id:016x}\",\"ts_ms\":{id},\"parent_span_id\":{parent},\"name\":\"{id}\",\"kind\":\"step\"}}\n"
    )
    .into_bytes()
}

/// The line that ends a span.
pub(crate) fn end(id: u64, status: &str) -> Vec<u8> {
    format!(
        "{{\"type\":\"span_end\",\"span_id\":\"{id:016x}\",\"ts_ms\":{},\"status\":\"{status}\"}}\n",
        id + 1000
    )
    .into_bytes()
}
