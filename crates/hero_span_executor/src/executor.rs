//! Runs flows: so many at once, each in a place of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::inspect::{self, Inspected};
use crate::run::Run;
use crate::{Error, Request, stage};

/// Runs flows.
///
/// Needs a tokio runtime with I/O and time. Clones run flows in the same
/// places.
#[derive(Clone, Debug)]
pub struct Executor {
    pub(crate) shared: Arc<Shared>,
}

/// What all runs share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The directory of the staged SDK.
    pub(crate) sdk: PathBuf,
    pub(crate) collector: Option<PathBuf>,
    pub(crate) store: Option<PathBuf>,
    pub(crate) supervisor: Option<PathBuf>,
    pub(crate) stopped_by_signal: bool,
    /// Where runs have their directories.
    pub(crate) places_in: Option<PathBuf>,
    places: Arc<Semaphore>,
}

/// An executor that is to be.
#[derive(Clone, Debug)]
pub struct Builder {
    base: PathBuf,
    collector: Option<PathBuf>,
    store: Option<PathBuf>,
    supervisor: Option<PathBuf>,
    stopped_by_signal: bool,
    places_in: Option<PathBuf>,
    limit: usize,
}

impl Executor {
    /// An executor that stages the SDK under that directory: usually
    /// `~/.hero`.
    pub fn builder(base: impl Into<PathBuf>) -> Builder {
        Builder {
            base: base.into(),
            collector: None,
            store: None,
            supervisor: None,
            stopped_by_signal: false,
            places_in: None,
            limit: Semaphore::MAX_PERMITS,
        }
    }

    /// Starts a run, once there is a place for it.
    ///
    /// A flow that cannot be run is no error here: the run is over soon, and
    /// says why.
    ///
    /// # Errors
    ///
    /// When the file's or the directory's path makes no sense, a variable may
    /// not be set, the run's name is taken, or the system refuses what a run
    /// needs.
    pub async fn start(&self, request: Request) -> Result<Run, Error> {
        let place = self.place().await;
        Run::start(self, request, place).await
    }

    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        // Nobody closes it.
        Arc::clone(&self.shared.places).acquire_owned().await.ok()
    }

    /// What flows the request's file has: its module is loaded, and nothing of
    /// it is run. The request's timeout bounds that.
    ///
    /// # Errors
    ///
    /// As [`Self::start`].
    pub async fn inspect(&self, request: Request) -> Result<Inspected, Error> {
        let place = self.place().await;
        inspect::inspect(self, request, place).await
    }
}

impl Builder {
    /// Has what flows say sent on to the collector that listens there. Without
    /// this, only who waits for a run hears it.
    #[must_use]
    pub fn collector(mut self, socket: Option<PathBuf>) -> Self {
        self.collector = socket;
        self
    }

    /// Has runs written down in this store: what was asked, what they printed
    /// and how they ended. It should be the one of the collector.
    #[must_use]
    pub fn store(mut self, path: Option<PathBuf>) -> Self {
        self.store = path;
        self
    }

    /// How many run at once (no bound); the others wait for their turn.
    #[must_use]
    pub fn limit(mut self, runs: usize) -> Self {
        self.limit = runs.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// The program that supervises: one that calls
    /// [`supervisor_main`](crate::supervisor_main). Without this, the program
    /// that runs now.
    #[must_use]
    pub fn supervisor(mut self, program: &Path) -> Self {
        self.supervisor = Some(program.to_owned());
        self
    }

    /// Where each run has a directory of its own while it runs, for its
    /// sockets: the path must be short. Without this, in `XDG_RUNTIME_DIR` or
    /// where temporary files are.
    #[must_use]
    pub fn places_in(mut self, directory: &Path) -> Self {
        self.places_in = Some(directory.to_owned());
        self
    }

    /// Has it written down that this process ends its one run when it gets a
    /// SIGTERM, so that others may send one.
    #[must_use]
    pub fn stopped_by_signal(mut self) -> Self {
        self.stopped_by_signal = true;
        self
    }

    /// Stages the SDK.
    ///
    /// # Errors
    ///
    /// As [`stage`].
    pub fn build(self) -> Result<Executor, Error> {
        let staged = stage(&self.base)?;
        let shared = Shared {
            sdk: staged.directory,
            collector: self.collector,
            store: self.store,
            supervisor: self.supervisor,
            stopped_by_signal: self.stopped_by_signal,
            places_in: self.places_in,
            places: Arc::new(Semaphore::new(self.limit)),
        };
        Ok(Executor {
            shared: Arc::new(shared),
        })
    }
}
