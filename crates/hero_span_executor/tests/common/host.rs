//! A program that embeds an executor.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hero_span_executor::{
    Builder, Ended, Executor, FlowInfo, Input, Request, RunEvent, Unloadable,
};
use serde_json::Value;
use tempfile::TempDir;

use super::HELPER;

/// A directory with the file of a flow, and an executor.
pub(crate) struct Host {
    pub(crate) directory: TempDir,
    pub(crate) executor: Executor,
}

impl Host {
    pub(crate) fn new(code: &str) -> Self {
        Self::with_limit(code, 8)
    }

    pub(crate) fn with_limit(code: &str, limit: usize) -> Self {
        Self::built(code, |builder| builder.limit(limit))
    }

    pub(crate) fn supervised_by(code: &str, program: &Path) -> Self {
        Self::built(code, |builder| builder.supervisor(program))
    }

    fn built(code: &str, more: impl FnOnce(Builder) -> Builder) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join("flow.py"), code).expect("written");
        let base = directory.path().join("base");
        fs::create_dir(&base).expect("made");
        let executor = Executor::builder(base)
            .store(Some(directory.path().join("store")))
            .places_in(directory.path())
            .supervisor(Path::new(HELPER));
        Self {
            executor: more(executor).build().expect("an executor"),
            directory,
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("flow.py")
    }

    pub(crate) fn request(&self) -> Request {
        Request::new(self.file()).timeout(Some(Duration::from_secs(60)))
    }

    /// Its end, what it printed, and how many events it told.
    pub(crate) async fn run(&self, request: Request) -> (Ended, String, usize) {
        let run = self.executor.start(request).await.expect("started");
        let mut events = run.events();
        let (mut printed, mut told) = (Vec::new(), 0);
        while let Some(event) = events.next().await {
            match event {
                RunEvent::Told { .. } => told += 1,
                RunEvent::Printed(piece) => printed.extend(piece.bytes),
                RunEvent::Ended(ended) => {
                    assert!(events.next().await.is_none(), "it comes last");
                    let printed = String::from_utf8_lossy(&printed).into_owned();
                    return (*ended, printed, told);
                }
                other => panic!("what is {other:?}?"),
            }
        }
        panic!("no end was told");
    }

    pub(crate) async fn flows(&self) -> Result<Vec<FlowInfo>, Unloadable> {
        let inspected = self.executor.inspect(self.request()).await;
        inspected.expect("looked at").flows
    }
}

pub(crate) fn input(values: Value) -> Input {
    Input {
        values: serde_json::from_value(values).expect("an object"),
        texts: Vec::new(),
    }
}
