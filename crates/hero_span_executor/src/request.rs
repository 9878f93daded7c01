//! What an executor is asked to run.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::RunName;
use crate::flow::Input;

/// How long a flow may take to end after it was told to.
const GRACE: Duration = Duration::from_secs(2);

/// A flow to run, and how.
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) name: Option<RunName>,
    pub(crate) file: PathBuf,
    pub(crate) flow: Option<String>,
    pub(crate) input: Input,
    pub(crate) timeout: Option<Duration>,
    pub(crate) grace: Duration,
    pub(crate) python: PathBuf,
    pub(crate) inherit: Vec<OsString>,
    pub(crate) set: Vec<(OsString, OsString)>,
    pub(crate) directory: Option<PathBuf>,
    pub(crate) parent: Option<String>,
    pub(crate) most_output: u64,
    pub(crate) holds_up: bool,
}

impl Request {
    /// The one flow of that file.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self {
            name: None,
            file: file.into(),
            flow: None,
            input: Input::default(),
            timeout: None,
            grace: GRACE,
            python: "python3".into(),
            inherit: Vec::new(),
            set: Vec::new(),
            directory: None,
            parent: None,
            most_output: u64::MAX,
            holds_up: false,
        }
    }

    /// Which of the file's flows: its name, or that of the global that holds
    /// it.
    #[must_use]
    pub fn flow(mut self, name: Option<String>) -> Self {
        self.flow = name;
        self
    }

    /// What the run is called; without this, after its flow or file.
    #[must_use]
    pub fn name(mut self, name: Option<RunName>) -> Self {
        self.name = name;
        self
    }

    /// What the flow is given.
    #[must_use]
    pub fn input(mut self, input: Input) -> Self {
        self.input = input;
        self
    }

    /// How long it may take from its start; without this, as long as it likes.
    #[must_use]
    pub fn timeout(mut self, timeout: Option<Duration>) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long it may take to end after it was told to (2 s), before every
    /// process of it is killed.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// The interpreter: a path, or a name that is looked for in the flow's
    /// `PATH` (`python3`).
    #[must_use]
    pub fn python(mut self, python: impl Into<PathBuf>) -> Self {
        self.python = python.into();
        self
    }

    /// Names to inherit beside those that [`environment`](crate::environment())
    /// lets through, and names and values to set.
    #[must_use]
    pub fn environment(mut self, inherit: Vec<OsString>, set: Vec<(OsString, OsString)>) -> Self {
        (self.inherit, self.set) = (inherit, set);
        self
    }

    /// Where it starts; without this, where the executor is.
    #[must_use]
    pub fn directory(mut self, path: Option<PathBuf>) -> Self {
        self.directory = path;
        self
    }

    /// The id of the span that its root hangs under (`env.parent`).
    #[must_use]
    pub fn parent(mut self, span: Option<String>) -> Self {
        self.parent = span;
        self
    }

    /// How many bytes of what it prints are handed on at most (no bound).
    #[must_use]
    pub fn most_output(mut self, bytes: u64) -> Self {
        self.most_output = bytes;
        self
    }

    /// Has it wait for who reads what it prints, as it would for who reads a
    /// pipe: nothing is lost then. It waits for nobody once it has to end, nor
    /// when nobody reads. Without this, what finds no room is lost, and counted.
    #[must_use]
    pub fn holds_up(mut self) -> Self {
        self.holds_up = true;
        self
    }

    /// When it is to be over, from now on; never, if no clock goes so far.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        Instant::now().checked_add(self.timeout?)
    }

    /// All of it but the values of variables, which may be secret: to be asked
    /// again.
    pub(crate) fn to_json(&self, file: &Path, directory: &Path) -> Value {
        let text = |text: &OsString| text.to_string_lossy().into_owned();
        let inherited: Vec<_> = self.inherit.iter().map(text).collect();
        let set: Vec<_> = self.set.iter().map(|(name, _)| text(name)).collect();
        json!({
            "file": file.to_string_lossy(),
            "flow": self.flow,
            "input": self.input,
            "timeout_ms": self.timeout.map(|timeout| timeout.as_secs_f64() * 1e3),
            "grace_ms": self.grace.as_secs_f64() * 1e3,
            "python": self.python.to_string_lossy(),
            "inherit": inherited,
            "set": set,
            "directory": directory.to_string_lossy(),
        })
    }
}
