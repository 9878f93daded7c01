//! What takes batches from the queue and has them stored: as soon as it can,
//! again when it could not, and counted when it cannot.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::{Batch, Storage};
use crate::Error;
use crate::figures::Figures;

/// Bytes that may wait. Beyond them connections are not read, and producers
/// feel it as their own socket filling up, which an SDK makes room in for
/// thousands of lines (`sdk.bounded`). It rides out a disk that takes half a
/// second to sync, while 50,000 lines a second come.
pub(crate) const QUEUE_BYTES: usize = 48 << 20;

/// Bytes that are kept for later while nothing can be stored; of what is more
/// the events are let go, the oldest first, and counted.
const KEPT_BYTES: usize = 8 << 20;

/// Bytes that one transaction takes.
const TRANSACTION_BYTES: usize = 4 << 20;

/// How soon to try again what failed: space that returns is used within a
/// second.
const RETRY: Duration = Duration::from_millis(250);

/// How often figures are written and too large a store is pruned.
const CHORES: Duration = Duration::from_secs(1);

/// How many chores there are to a line of the log.
const CHORES_TO_A_LINE: u32 = 60;

/// How long a collector that ends waits for a store that fails.
const PATIENCE: Duration = Duration::from_secs(2);

/// Connections whose unstored events are told apart: the latest.
const COUNTED: usize = 10_000;

/// The hub's end of the queue.
#[derive(Debug)]
pub(crate) struct Queue {
    batches: mpsc::UnboundedSender<Batch>,
    waiting: Waiting,
    most_waiting: usize,
    figures: Figures,
    is_left_alone: bool,
}

/// The keeper's end.
#[derive(Debug)]
pub(crate) struct Batches {
    batches: mpsc::UnboundedReceiver<Batch>,
    waiting: Waiting,
}

/// A queue that is full beyond so many bytes.
pub(crate) fn queue(most_waiting: usize, figures: Figures) -> (Queue, Batches) {
    let (batches, taken) = mpsc::unbounded_channel();
    let waiting = Waiting {
        bytes: Arc::default(),
        gauge: figures.queue_bytes.clone(),
    };
    let queue = Queue {
        batches,
        waiting: waiting.clone(),
        most_waiting,
        figures,
        is_left_alone: false,
    };
    let batches = Batches {
        batches: taken,
        waiting,
    };
    (queue, batches)
}

impl Queue {
    pub(crate) fn push(&mut self, batch: Batch) {
        self.waiting.add(batch.bytes);
        if let Err(unsent) = self.batches.send(batch) {
            self.lack(&unsent.0);
        }
    }

    /// The keeper should go last. It is gone when something in it broke: then
    /// collecting goes on, and what is not stored is counted.
    fn lack(&mut self, batch: &Batch) {
        self.waiting.take(batch.bytes);
        self.figures.unstored.inc_by(batch.events());
        if !std::mem::replace(&mut self.is_left_alone, true) {
            tracing::error!("nothing is stored any more; what comes is counted");
        }
    }

    /// Whether who fills it has to wait.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.bytes.load(Ordering::Relaxed) > self.most_waiting
    }
}

impl Batches {
    /// A batch that is there already.
    pub(crate) fn next(&mut self) -> Option<Batch> {
        self.batches.try_recv().ok()
    }
}

/// Nobody has to wait for what a keeper that broke left behind.
impl Drop for Batches {
    fn drop(&mut self) {
        self.waiting
            .take(self.waiting.bytes.load(Ordering::Relaxed));
    }
}

/// The bytes that wait to be stored.
#[derive(Debug, Clone)]
struct Waiting {
    bytes: Arc<AtomicUsize>,
    gauge: Gauge,
}

impl Waiting {
    fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.gauge.inc_by(signed(bytes));
    }

    fn take(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.gauge.dec_by(signed(bytes));
    }
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Stores what comes until the queue is closed and empty.
pub(crate) struct Keeper<S> {
    storage: S,
    batches: Batches,
    figures: Figures,
    now_ms: fn() -> f64,
    pending: Vec<Batch>,
    pending_bytes: usize,
    /// Whether the first that is pending is what remains of those whose
    /// events were let go.
    has_remains: bool,
    unstored: BTreeMap<u64, u64>,
    is_failing: bool,
    is_pruning: bool,
    next_chores: Instant,
    chores: u32,
}

impl<S: Storage> Keeper<S> {
    pub(crate) fn new(storage: S, batches: Batches, figures: Figures, now_ms: fn() -> f64) -> Self {
        Self {
            storage,
            batches,
            figures,
            now_ms,
            pending: Vec::new(),
            pending_bytes: 0,
            has_remains: false,
            unstored: BTreeMap::new(),
            is_failing: false,
            is_pruning: false,
            next_chores: Instant::now(),
            chores: 0,
        }
    }

    /// Works until the queue is closed; gives back the storage.
    pub(crate) async fn run(mut self) -> S {
        while self.wait().await {
            self.store();
            self.chores();
        }
        self.finish().await;
        self.storage
    }

    /// Waits for batches, or until something is due; false at the end.
    async fn wait(&mut self) -> bool {
        if self.is_failing {
            return self.wait_to_retry().await;
        }
        let until = if self.is_pruning {
            Instant::now()
        } else {
            self.next_chores
        };
        match timeout_at(until, self.batches.batches.recv()).await {
            Ok(Some(batch)) => self.take(batch),
            Ok(None) => return false,
            Err(_) => return true,
        }
        while self.pending_bytes < TRANSACTION_BYTES {
            match self.batches.next() {
                Some(batch) => self.take(batch),
                None => break,
            }
        }
        true
    }

    /// Goes on draining the queue while nothing can be stored.
    async fn wait_to_retry(&mut self) -> bool {
        let retry = Instant::now() + RETRY;
        loop {
            match timeout_at(retry, self.batches.batches.recv()).await {
                Ok(Some(batch)) => self.take(batch),
                Ok(None) => return false,
                Err(_) => return true,
            }
            self.let_go(KEPT_BYTES);
        }
    }

    fn take(&mut self, batch: Batch) {
        self.pending_bytes += batch.bytes;
        self.pending.push(batch);
    }

    fn store(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let begun = std::time::Instant::now();
        match self.storage.write(&self.pending) {
            Ok(()) => {
                let events = self.pending.iter().map(Batch::events).sum();
                self.figures.committed(events, begun.elapsed());
                self.forget_pending();
                self.recovered();
            }
            Err(error) => self.failed(&error),
        }
    }

    fn forget_pending(&mut self) {
        self.count_out(self.pending_bytes);
        self.pending.clear();
        self.has_remains = false;
    }

    fn recovered(&mut self) {
        if std::mem::take(&mut self.is_failing) {
            tracing::warn!("the store takes events again");
        }
        self.count_unstored();
    }

    /// A store that takes no more events may still take their number.
    fn count_unstored(&mut self) {
        if self.unstored.is_empty() {
            return;
        }
        let counts = self.unstored.iter().map(|(&id, &count)| (id, count));
        let counts: Vec<_> = counts.collect();
        let counted = self.storage.count_unstored(&counts).unwrap_or_default();
        for session in counted {
            self.unstored.remove(&session);
        }
    }

    fn failed(&mut self, error: &Error) {
        self.figures.commit_failures.inc();
        if !std::mem::replace(&mut self.is_failing, true) {
            tracing::error!("{error}; what comes meanwhile is counted, and trying goes on");
        }
        if error.may_pass() {
            self.let_go(KEPT_BYTES);
        } else {
            self.store_each();
        }
    }

    /// What fails for good must not stand in the way of the rest: of each batch
    /// that cannot be written stays how connections and runs stand, if that can.
    fn store_each(&mut self) {
        for batch in std::mem::take(&mut self.pending) {
            self.count_out(batch.bytes);
            if self.store_one(&batch) {
                continue;
            }
            self.lack(&batch);
            let mut remains = Batch::default();
            remains.remember(batch);
            self.store_one(&remains);
        }
        self.has_remains = false;
    }

    fn store_one(&mut self, batch: &Batch) -> bool {
        let begun = std::time::Instant::now();
        let written = self.storage.write(std::slice::from_ref(batch)).is_ok();
        if written {
            self.figures.committed(batch.events(), begun.elapsed());
        }
        written
    }

    /// Lets go of the events of the oldest batches over so many bytes; of none
    /// stays anything where nothing is to be kept.
    fn let_go(&mut self, keep: usize) {
        if self.pending_bytes <= keep {
            return;
        }
        let mut remains = Batch::default();
        if self.has_remains {
            remains = self.pending.remove(0);
            self.count_out(remains.bytes);
        }
        let mut gone = 0;
        while self.pending_bytes + remains.bytes > keep && gone < self.pending.len() {
            let batch = std::mem::take(&mut self.pending[gone]);
            gone += 1;
            self.count_out(batch.bytes);
            self.lack(&batch);
            remains.remember(batch);
        }
        self.pending.drain(..gone);
        self.has_remains = keep > 0;
        if self.has_remains {
            self.pending_bytes += remains.bytes;
            self.batches.waiting.add(remains.bytes);
            self.pending.insert(0, remains);
        }
    }

    fn count_out(&mut self, bytes: usize) {
        self.pending_bytes -= bytes;
        self.batches.waiting.take(bytes);
    }

    /// Counts the events that are let go.
    fn lack(&mut self, batch: &Batch) {
        self.figures.unstored.inc_by(batch.events());
        for session in batch.sessions_of_events() {
            *self.unstored.entry(session).or_default() += 1;
        }
        while self.unstored.len() > COUNTED {
            self.unstored.pop_first();
        }
    }

    /// Once a second: figures, and pruning, which goes on while there is need.
    fn chores(&mut self) {
        let now = Instant::now();
        let is_due = now >= self.next_chores;
        if is_due {
            self.next_chores = now + CHORES;
            self.count_unstored();
            let noted = self.note();
            self.complain(noted);
            self.log();
        }
        if is_due || self.is_pruning {
            let tidied = self.storage.tidy();
            self.is_pruning = *tidied.as_ref().unwrap_or(&false);
            self.complain(tidied.map(|_| ()));
        }
    }

    /// Once a minute, for who wants to know.
    fn log(&mut self) {
        self.chores = (self.chores + 1) % CHORES_TO_A_LINE;
        if self.chores == 0 {
            self.figures.log();
        }
    }

    fn note(&mut self) -> Result<(), Error> {
        let figures = serde_json::to_string(&self.figures.snapshot()).unwrap_or_default();
        self.storage.note((self.now_ms)(), &figures)
    }

    fn complain(&mut self, result: Result<(), Error>) {
        match result {
            Err(error) if !self.is_failing => tracing::warn!("{error}"),
            _ => {}
        }
    }

    /// Stores what is left; a store that fails is waited for a little.
    async fn finish(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.pending.is_empty() && Instant::now() < deadline {
            self.store();
            if self.is_failing {
                tokio::time::sleep(RETRY).await;
            }
        }
        self.let_go(0);
        self.count_unstored();
        let noted = self.note();
        let closed = noted.and_then(|()| self.storage.close((self.now_ms)()));
        self.complain(closed);
    }
}
