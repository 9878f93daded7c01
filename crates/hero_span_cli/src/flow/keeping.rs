//! Where what a flow says is kept: by the collector that listens already, or by
//! one that is started in the background and ends when nobody needs it any
//! more.

use std::collections::HashSet;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hero_span_collector::store::Reader;
use hero_span_collector::tree::SessionRecord;
use hero_span_protocol::{SpanId, env};
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep};

use crate::error::Error;
use crate::{home, listening, stored};

/// How long a collector that was started stays when nobody is connected: the
/// next run finds it.
const LINGERS: &str = "10s";

/// How long it may take to listen. One that ends is not waited for, so this is
/// for a disk that takes its time to make a store.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long it may take until the last of a run is in the store.
const SETTLES: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(2);

/// How long a socket's path can be.
const SOCKET_BYTES: usize = 107;

/// Where a run is kept.
#[derive(Debug)]
pub(super) struct Keeping {
    /// Where what it says is sent on to.
    pub(super) socket: Option<PathBuf>,
    /// Where it is written down.
    pub(super) store: Option<PathBuf>,
    /// A connection for as long as the run goes on: a collector that nobody is
    /// connected to may end before the flow says its first word.
    held: Option<UnixStream>,
    started: Option<Started>,
}

/// A collector that was started.
#[derive(Debug)]
struct Started {
    child: Child,
    /// Until it listens: others who want one meanwhile wait for this one.
    _turn: Option<File>,
}

/// Whether a store's path means that nothing is kept.
pub(super) fn is_none(path: &Path) -> bool {
    path == Path::new("none")
}

impl Keeping {
    /// What is asked for: `none` keeps nothing, and nothing means the usual
    /// store.
    pub(super) async fn find(asked: Option<&Path>) -> Result<Self, Error> {
        if asked.is_some_and(is_none) {
            return Ok(Self::found(None, inherited().await));
        }
        let store = match asked {
            Some(path) => std::path::absolute(path).map_err(|e| Error::directory(path, e))?,
            None => stored::default_path()?,
        };
        if let Some(found) = inherited().await {
            return Ok(Self::found(Some(store), Some(found)));
        }
        if let Some(found) = collecting(&store).await {
            return Ok(Self::found(Some(store), Some(found)));
        }
        let turn = turn(&store).await;
        if let Some(found) = collecting(&store).await {
            return Ok(Self::found(Some(store), Some(found)));
        }
        let (socket, child) = start(&store, asked.is_none()).await?;
        Ok(Self {
            socket: Some(socket),
            store: Some(store),
            held: None,
            started: Some(Started { child, _turn: turn }),
        })
    }

    fn found(store: Option<PathBuf>, found: Option<(PathBuf, UnixStream)>) -> Self {
        let (socket, held) = found.unzip();
        Self {
            socket,
            store,
            held,
            started: None,
        }
    }

    /// Waits until a collector that was started writes to the store.
    pub(super) async fn ready(&mut self) -> Result<(), Error> {
        let all = (self.started.take(), &self.socket, &self.store);
        let (Some(mut started), Some(socket), Some(store)) = all else {
            return Ok(());
        };
        let until = Instant::now() + PATIENCE;
        loop {
            let has_ended = started
                .child
                .try_wait()
                .is_ok_and(|status| status.is_some());
            let found = collecting(store).await;
            if let Some((_, held)) = found.filter(|(found, _)| found == socket) {
                self.held = Some(held);
                return Ok(());
            }
            // Another may have been quicker, and listens in its place.
            if (has_ended && !is_heard(socket).await) || Instant::now() > until {
                return Err(Error::no_collector(socket));
            }
            sleep(PAUSE).await;
        }
    }

    /// Waits until the store has all that came of a run from those producers;
    /// returns the run's number.
    pub(super) async fn settled(&self, name: &str, heard: &HashSet<SpanId>) -> Option<u64> {
        if heard.is_empty() {
            return None;
        }
        let reader = Reader::open(self.store.as_deref()?).ok()?;
        let until = Instant::now() + SETTLES;
        loop {
            let is_written = reader.collector().ok()?.is_some_and(|found| found.is_alive);
            let run = reader.execution(name).ok()?.and_then(|found| found.run);
            let all = run.map(|run| reader.connections(run)).transpose().ok()?;
            // The flow that this is run from is in the same run, and goes on.
            let own = |one: &&SessionRecord| {
                let producer = one.producer.as_ref();
                producer.is_some_and(|producer| heard.contains(&producer.id))
            };
            let mut all = all.iter().flatten().filter(own).peekable();
            let is_over = all.peek().is_some() && all.all(|one| one.ending.is_some());
            if is_over || !is_written || Instant::now() > until {
                return run;
            }
            sleep(PAUSE).await;
        }
    }
}

/// The collector that the environment names: this is run from inside a flow, or
/// in a shell that was told of one.
async fn inherited() -> Option<(PathBuf, UnixStream)> {
    let socket = PathBuf::from(home::set(env::SOCKET)?);
    let socket = Some(socket).filter(|socket| socket.is_absolute())?;
    let held = UnixStream::connect(&socket).await.ok()?;
    Some((socket, held))
}

/// The collector that writes to that store.
async fn collecting(store: &Path) -> Option<(PathBuf, UnixStream)> {
    let collector = Reader::open(store).ok()?.collector().ok()??;
    let socket = PathBuf::from(collector.socket);
    let held = UnixStream::connect(&socket).await.ok()?;
    collector.is_alive.then_some((socket, held))
}

async fn is_heard(socket: &Path) -> bool {
    UnixStream::connect(socket).await.is_ok()
}

/// The right to start a collector for that store: of several runs that begin at
/// once, one does. Somebody who holds it for ever is not waited for.
async fn turn(store: &Path) -> Option<File> {
    let directory = File::open(store.parent()?).ok()?;
    let until = Instant::now() + PATIENCE;
    while directory.try_lock().is_err() {
        if Instant::now() > until {
            return None;
        }
        sleep(PAUSE).await;
    }
    Some(directory)
}

/// Starts a collector in the background, away from this terminal's Ctrl-C.
async fn start(store: &Path, is_usual: bool) -> Result<(PathBuf, Child), Error> {
    let usual = if is_usual {
        Some(listening::resolve(None)?)
    } else {
        None
    };
    let socket = match usual {
        // Whoever listens there writes elsewhere, or not at all.
        Some(socket) if !is_heard(&socket).await => socket,
        _ => beside(store)?,
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
    let child = started.map_err(|e: io::Error| Error::system("start a collector", e))?;
    Ok((socket, child))
}

/// A socket beside a store of its own; where a socket's name cannot be so long,
/// one at the usual place that is named after the store.
fn beside(store: &Path) -> Result<PathBuf, Error> {
    let mut path = store.as_os_str().to_owned();
    path.push(".sock");
    if path.len() <= SOCKET_BYTES {
        return Ok(path.into());
    }
    let mut name = DefaultHasher::new();
    store.hash(&mut name);
    let name = format!("{:016x}.sock", name.finish());
    Ok(listening::resolve(None)?.with_file_name(name))
}
