//! What to run, and how.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::output::Bounds;
use crate::supervisor::OWN;
use crate::words::Launch;

/// A program to run under supervision. Its standard input is empty.
#[derive(Clone, Debug)]
pub struct Command {
    pub(super) launch: Launch,
    pub(super) supervisor: PathBuf,
    pub(super) bounds: Bounds,
}

impl Command {
    /// `program` is a path, or a name that is looked for in the `PATH` of the
    /// run's environment. A relative path starts at the run's directory.
    pub fn new(program: impl Into<OsString>) -> Self {
        let launch = Launch {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            directory: None,
        };
        let (supervisor, bounds) = (OWN.into(), Bounds::default());
        Self {
            launch,
            supervisor,
            bounds,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn arguments(mut self, more: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.launch
            .arguments
            .extend(more.into_iter().map(Into::into));
        self
    }

    /// Sets the whole environment, as [`environment`](crate::environment()) makes
    /// it; without this it is empty.
    #[must_use]
    pub fn environment(mut self, all: Vec<(OsString, OsString)>) -> Self {
        self.launch.environment = all;
        self
    }

    /// Where the program starts; without this, where the executor is.
    #[must_use]
    pub fn directory(mut self, path: &Path) -> Self {
        self.launch.directory = Some(path.into());
        self
    }

    /// The program that supervises: one that calls
    /// [`supervisor_main`](crate::supervisor_main). Without this, the program
    /// that runs now.
    #[must_use]
    pub fn supervisor(mut self, program: &Path) -> Self {
        program.clone_into(&mut self.supervisor);
        self
    }

    /// How many bytes of output wait at most for who reads them (1 MiB); what
    /// comes while there is no room is lost, and counted.
    #[must_use]
    pub fn most_waiting(mut self, bytes: usize) -> Self {
        self.bounds.waiting = bytes;
        self
    }

    /// Has the run wait for room for what it prints, as it would for who reads a
    /// pipe, so that nothing is lost for want of it. It waits no longer once it
    /// has to end, nor when its [`Output`](super::Output) is dropped.
    #[must_use]
    pub fn holds_up(mut self) -> Self {
        self.bounds.holds_up = true;
        self
    }

    /// How many bytes of output are handed on at most in the whole run (no
    /// bound); what comes after that is lost, and counted.
    #[must_use]
    pub fn most_output(mut self, bytes: u64) -> Self {
        self.bounds.output = bytes;
        self
    }
}
