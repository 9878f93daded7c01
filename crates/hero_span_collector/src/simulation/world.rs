//! One simulation from its seed to its end: collectors that come and go over
//! one file, and clients that speak to them.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{Instant, sleep};

use super::Planted;
use super::check::{self, DUE, Lived, QUEUE_BYTES};
use super::client::{Accepted, Arrival, Arrivals, play, stalled};
use super::clock;
use super::notes::{Notes, Noting, Told};
use super::plan::{Client, End, Fault, Life, Plan};
use super::storage::{Ledger, Row, Watched, copy, times};
use crate::collector::Keeping;
use crate::limits::Limits;
use crate::store::{Keeper, Numbers, Writer};
use crate::{Collector, Error, Figures, Store, Totals};

/// How long a collector may take to stop: with a store that works, and with
/// one that fails.
const STOP: Duration = Duration::from_millis(1_200);
const STOP_FAILING: Duration = Duration::from_secs(4);

/// A process that is not there.
const NOBODY: u32 = i32::MAX.cast_unsigned();

pub(super) struct World {
    planted: Planted,
    directory: TempDir,
    path: PathBuf,
    /// What was committed before this life, and is in the file.
    kept: Vec<Row>,
    /// How runs were that ended in an orderly life.
    told: BTreeMap<u64, Told>,
    /// Whether an event could not be kept, ever.
    has_lacked: bool,
    trace: DefaultHasher,
    seen: BTreeSet<&'static str>,
}

/// What a seed came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Played {
    /// A hash of all that happened.
    pub(super) trace: u64,
    /// What happened at least once.
    pub(super) seen: BTreeSet<&'static str>,
}

/// Plays a seed; what went wrong, if anything did.
pub(super) fn run(seed: u64, planted: Planted) -> Result<Played, String> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build();
    let runtime = runtime.map_err(|e| e.to_string())?;
    runtime.block_on(async {
        clock::start();
        let mut world = World::new(planted);
        for (number, life) in Plan::of(seed).lives.into_iter().enumerate() {
            let lived = world.live(number, life).await;
            lived.map_err(|what| format!("life {number}: {what}"))?;
        }
        check::rebuilds(&world.path, &world.told, world.has_lacked)?;
        Ok(Played {
            trace: world.trace.finish(),
            seen: world.seen,
        })
    })
}

/// A collector at work.
struct Running {
    begun: Instant,
    figures: Figures,
    ledger: Arc<Mutex<Ledger>>,
    notes: Arc<Mutex<Notes>>,
    accepted: Accepted,
    connect: mpsc::UnboundedSender<Arrival>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<Totals, Error>>,
    keeper: Arc<Mutex<Option<AbortHandle>>>,
    players: Vec<JoinHandle<()>>,
    clients: Vec<(Arc<Client>, Arc<AtomicUsize>)>,
    first_session: u64,
}

impl World {
    fn new(planted: Planted) -> Self {
        // In memory where that can be had: the law is the same, and syncing
        // costs nothing.
        let memory = std::path::Path::new("/dev/shm");
        let directory = match TempDir::new_in(memory) {
            Ok(directory) => directory,
            Err(_) => TempDir::new().expect("a directory"),
        };
        Self {
            planted,
            path: directory.path().join("store"),
            directory,
            kept: Vec::new(),
            told: BTreeMap::new(),
            has_lacked: false,
            trace: DefaultHasher::new(),
            seen: BTreeSet::new(),
        }
    }

    async fn live(&mut self, number: usize, life: Life) -> Result<(), String> {
        let end = life.end;
        let calm = calm_from(&life);
        let mut running = self.begin(life).map_err(|e| e.to_string())?;
        let is_killed = match end {
            End::Killed { at, is_writing } => {
                sleep(Duration::from_millis(at)).await;
                self.kill(number, &mut running, is_writing).await;
                true
            }
            End::Stopped { at } => {
                sleep(Duration::from_millis(at)).await;
                running.stop(STOP_FAILING).await?;
                false
            }
            End::Quiet { last } => {
                running.rest(calm).await;
                check::is_quiet(&running.figures, &running.notes)?;
                running.last_words(last).await;
                let within = if last.is_some() { STOP_FAILING } else { STOP };
                running.stop(within).await?;
                false
            }
        };
        running.players.iter().for_each(JoinHandle::abort);
        self.look_back(&running, is_killed)
    }

    fn begin(&mut self, life: Life) -> Result<Running, Error> {
        let writer = Writer {
            pid: NOBODY,
            version: "1",
            socket: Some("/s".as_ref()),
            now_ms: clock::now_ms(),
        };
        let store = Store::open(&self.path, writer)?;
        let mut numbers = store.numbers();
        if self.planted == Planted::NumbersAgain {
            (numbers.session, numbers.span, numbers.run) = (1, 1, 1);
        }
        let storage = Watched {
            store,
            ledger: Arc::default(),
            begun: Instant::now(),
            faults: life.faults,
            figures: Figures::default(),
            planted: self.planted,
            writes: 0,
        };
        let mut running = run_collector(storage, numbers, life.stalls, life.limits, life.refused);
        for client in life.clients {
            running.invite(client, self.planted);
        }
        Ok(running)
    }

    /// What is in the file is all that is left.
    async fn kill(&mut self, number: usize, running: &mut Running, is_writing: bool) {
        let left = self.directory.path().join(format!("store{number}"));
        if is_writing {
            running.ledger.lock().expect("whole").crash_at = Some(left.clone());
            sleep(Duration::from_millis(200)).await;
        }
        // Nothing that is aborted runs on, and nothing is dropped before this
        // waits: the copy is of the moment.
        running.task.abort();
        let keeper = running.keeper.lock().expect("whole").take();
        keeper.iter().for_each(AbortHandle::abort);
        if !running.ledger.lock().expect("whole").has_crashed {
            copy(&self.path, &left);
        }
        let _ = (&mut running.task).await;
        while keeper.as_ref().is_some_and(|keeper| !keeper.is_finished()) {
            tokio::task::yield_now().await;
        }
        self.path = left;
        if self.planted == Planted::LostOnRestart {
            check::lose_latest(&self.path);
        }
    }

    fn look_back(&mut self, running: &Running, is_killed: bool) -> Result<(), String> {
        let mut ledger = running.ledger.lock().expect("whole");
        let notes = running.notes.lock().expect("whole");
        let snapshot = running.figures.snapshot();
        self.has_lacked |= snapshot.unstored > 0 || (ledger.is_spoiled() && !is_killed);
        let lived = Lived {
            path: &self.path,
            before: &self.kept,
            ledger: &ledger,
            notes: &notes,
            accepted: &running.accepted.lock().expect("whole"),
            clients: &running.clients,
            figures: &snapshot,
            first_session: running.first_session,
            is_killed,
            has_lacked: self.has_lacked,
        };
        let rows = lived.check()?;
        self.seen.extend(lived.seen(&rows));
        if !is_killed && snapshot.unstored == 0 && !ledger.is_spoiled() {
            self.told.extend(notes.told.clone());
        }
        notes.trace.finish().hash(&mut self.trace);
        rows.hash(&mut self.trace);
        self.kept = rows;
        ledger.committed.clear();
        Ok(())
    }
}

impl Running {
    fn invite(&mut self, client: Client, planted: Planted) {
        let client = Arc::new(client);
        let written = Arc::<AtomicUsize>::default();
        let index = self.clients.len();
        let connect = self.connect.clone();
        let playing = play(
            index,
            Arc::clone(&client),
            connect,
            Arc::clone(&written),
            planted,
        );
        self.players.push(tokio::spawn(playing));
        self.clients.push((client, written));
    }

    /// Waits until all have spoken, nothing fails any more, and what is due
    /// must have been done.
    async fn rest(&mut self, calm: Duration) {
        let mut said = usize::MAX;
        loop {
            let now = self.said();
            if now == said && self.begun.elapsed() >= calm {
                break;
            }
            said = now;
            sleep(Duration::from_millis(500)).await;
        }
        sleep(DUE).await;
    }

    fn said(&self) -> usize {
        let written = self.clients.iter();
        written
            .map(|(_, written)| written.load(Ordering::Relaxed))
            .sum()
    }

    /// Somebody connects just before the end, when nothing can be stored.
    async fn last_words(&mut self, fault: Option<Fault>) {
        let Some(fault) = fault else { return };
        self.ledger.lock().expect("whole").fault = Some(fault);
        let number = self.clients.len() as u64 + 500;
        self.invite(super::plan::last_client(number), Planted::Nothing);
        sleep(Duration::from_millis(number % 7 * 20)).await;
    }

    async fn stop(&mut self, within: Duration) -> Result<(), String> {
        let stopping = Instant::now();
        let (stop, _) = oneshot::channel();
        drop(std::mem::replace(&mut self.stop, stop));
        let totals = (&mut self.task).await.map_err(|e| e.to_string())?;
        let totals = totals.map_err(|e| e.to_string())?;
        let took = stopping.elapsed();
        if took > within {
            return Err(format!("it took {took:?} to stop"));
        }
        let events = self.figures.snapshot().events;
        if totals.counts.events != events {
            return Err(format!("{totals:?} against {events} events"));
        }
        Ok(())
    }
}

/// Has a collector work over that store.
fn run_collector(
    storage: Watched,
    numbers: Numbers,
    stalls: Vec<Range<u64>>,
    limits: Limits,
    refused: Vec<u64>,
) -> Running {
    let (begun, planted) = (storage.begun, storage.planted);
    let (ledger, figures) = (Arc::clone(&storage.ledger), storage.figures.clone());
    let keeper = Arc::<Mutex<Option<AbortHandle>>>::default();
    let begin = begin_keeper(Arc::clone(&keeper), begun, stalls, planted);
    let keeping = Keeping {
        storage,
        numbers,
        now_ms: clock::now_ms,
        queue_bytes: QUEUE_BYTES,
        begin,
    };
    let notes = Arc::<Mutex<Notes>>::default();
    let mut noting = Noting {
        notes: Arc::clone(&notes),
        begun,
        planted,
    };
    let (connect, accepted, arrivals) = Arrivals::new(refused);
    let (stop, stopped) = oneshot::channel();
    let collector = Collector::default()
        .with_limits(limits)
        .with_figures(figures.clone());
    let task = tokio::spawn(async move {
        let stop = async { drop(stopped.await) };
        collector.keep(keeping, arrivals, &mut noting, stop).await
    });
    Running {
        begun,
        figures,
        ledger,
        notes,
        accepted,
        connect,
        stop,
        task,
        keeper,
        players: Vec::new(),
        clients: Vec::new(),
        first_session: numbers.session,
    }
}

/// When nothing fails or rests any more, and all have connected.
fn calm_from(life: &Life) -> Duration {
    let faults = life.faults.iter().map(|(during, _)| during.end);
    let stalls = life.stalls.iter().map(|during| during.end);
    let clients = life.clients.iter().map(|client| client.at);
    let ms = faults.chain(stalls).chain(clients).max();
    Duration::from_millis(ms.unwrap_or(0))
}

type BoxFuture = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// Has the keeper run as a task that can be killed.
fn begin_keeper(
    handle: Arc<Mutex<Option<AbortHandle>>>,
    begun: Instant,
    stalls: Vec<Range<u64>>,
    planted: Planted,
) -> impl FnOnce(Keeper<Watched>) -> Result<BoxFuture, Error> {
    move |keeper| {
        let stalls = times(begun, &stalls);
        let task = tokio::spawn(async move {
            stalled(keeper.run(), stalls).await;
            if planted == Planted::SlowStop {
                sleep(Duration::from_secs(10)).await;
            }
        });
        *handle.lock().expect("whole") = Some(task.abort_handle());
        Ok(Box::pin(async {
            task.await.expect("it goes last");
            Ok(())
        }))
    }
}
