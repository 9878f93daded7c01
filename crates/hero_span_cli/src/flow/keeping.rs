//! Where what a flow says is kept: by the collector that listens already, or by
//! one that is started in the background and ends when nobody needs it any
//! more.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hero_span_collector::store::{Executions, Reader};
use hero_span_protocol::env;
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep};

use crate::error::Error;
use crate::{home, listening, stored};

/// How long a collector that was started stays when nobody is connected: the
/// next run finds it.
const LINGERS: &str = "10s";

/// How long it may take to listen.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long it may take until the last of a run is in the store.
const SETTLES: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(5);

/// Where a run is kept.
#[derive(Debug)]
pub(super) struct Keeping {
    /// Where what it says is sent on to.
    pub(super) socket: Option<PathBuf>,
    /// Where it is written down.
    pub(super) store: Option<PathBuf>,
}

impl Keeping {
    /// What is asked for: `none` keeps nothing, and nothing means the usual
    /// store.
    pub(super) async fn find(asked: Option<&Path>) -> Result<Self, Error> {
        if asked == Some(Path::new("none")) {
            return Ok(Self {
                socket: inherited().await,
                store: None,
            });
        }
        let store = match asked {
            Some(path) => std::path::absolute(path).map_err(|e| Error::directory(path, e))?,
            None => stored::default_path()?,
        };
        // Made now where there is none, or refused with a reason.
        Executions::open(&store)?;
        let socket = match inherited().await {
            Some(socket) => socket,
            None => collector(&store, asked.is_none()).await?,
        };
        Ok(Self {
            socket: Some(socket),
            store: Some(store),
        })
    }

    /// Waits until the store has all that came of a run; returns the run's
    /// number.
    pub(super) async fn settled(&self, name: &str) -> Option<u64> {
        let reader = Reader::open(self.store.as_deref()?).ok()?;
        let until = Instant::now() + SETTLES;
        loop {
            let run = reader.execution(name).ok()?.and_then(|found| found.run);
            let connections = run.map(|run| reader.connections(run)).transpose().ok()?;
            let is_over = connections.is_some_and(|all| all.iter().all(|one| one.ending.is_some()));
            if is_over || Instant::now() > until {
                return run;
            }
            sleep(PAUSE).await;
        }
    }
}

/// The collector that the environment names: this is run from inside a flow, or
/// in a shell that was told of one.
async fn inherited() -> Option<PathBuf> {
    let socket = PathBuf::from(home::set(env::SOCKET)?);
    (socket.is_absolute() && is_heard(&socket).await).then_some(socket)
}

/// The socket of the collector that writes to that store: of one that does
/// already, or that is started.
async fn collector(store: &Path, is_usual: bool) -> Result<PathBuf, Error> {
    let until = Instant::now() + PATIENCE;
    let mut started: Option<Child> = None;
    loop {
        if let Some(socket) = collecting(store).await {
            return Ok(socket);
        }
        // One that ended found another that was quicker, or is about to end.
        let has_ended = |child: &mut Child| child.try_wait().is_ok_and(|status| status.is_some());
        if started.as_mut().is_none_or(has_ended) {
            started = Some(start(store, is_usual).await?);
        }
        if Instant::now() > until {
            return Err(Error::no_collector(store));
        }
        sleep(PAUSE).await;
    }
}

/// The collector that writes to that store.
async fn collecting(store: &Path) -> Option<PathBuf> {
    let collector = Reader::open(store).ok()?.collector().ok()??;
    let socket = PathBuf::from(collector.socket);
    (collector.is_alive && is_heard(&socket).await).then_some(socket)
}

async fn is_heard(socket: &Path) -> bool {
    UnixStream::connect(socket).await.is_ok()
}

/// Starts a collector in the background, away from this terminal's Ctrl-C.
async fn start(store: &Path, is_usual: bool) -> Result<Child, Error> {
    let usual = is_usual.then(|| listening::resolve(None)).transpose()?;
    let socket = match usual {
        // Whoever listens there writes elsewhere, or not yet.
        Some(socket) if !is_heard(&socket).await => socket,
        _ => beside(store),
    };
    let program = std::env::current_exe().map_err(|e| Error::system("find hero-span", e))?;
    let started = Command::new(program)
        .args([
            "collect",
            "--view",
            "none",
            "--until-idle",
            LINGERS,
            "--store",
        ])
        .arg(store)
        .arg("--listen")
        .arg(&socket)
        .env_remove("LISTEN_FDS")
        .env_remove("NOTIFY_SOCKET")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
    started.map_err(|e| Error::system("start a collector", e))
}

/// A socket beside a store of its own.
fn beside(store: &Path) -> PathBuf {
    let mut path = store.as_os_str().to_owned();
    path.push(".sock");
    PathBuf::from(path)
}
