//! A collector at work: runs grow, a sink is told, and a store keeps it all.

use std::future::Future;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::oneshot;

use crate::Error;
use crate::collecting::Collecting;
use crate::counted::Counted;
use crate::figures::Figures;
use crate::hub::Hub;
use crate::incoming::Incoming;
use crate::limits::Limits;
use crate::serve::serve;
use crate::sink::{Sink, Update};
use crate::store::keeper::QUEUE_BYTES;
use crate::store::{self, Gather, Keeper, Numbers, Storage, Store};
use crate::tap::Unread;
use crate::totals::Totals;
use crate::tree::{Forest, SessionId};

/// The number of the first connection, where no store has any.
const FIRST: SessionId = SessionId(1);

/// A collector that is about to work.
///
/// ```no_run
/// # async fn example(sink: &mut impl hero_span_collector::Sink) -> Result<(), hero_span_collector::Error> {
/// use hero_span_collector::{Collector, Listener};
///
/// let listener = Listener::bind("/run/user/1000/hero.sock".as_ref()).await?;
/// let stop = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
/// let totals = Collector::default().run(listener, sink, stop).await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Default)]
pub struct Collector {
    limits: Limits,
    figures: Figures,
    store: Option<Store>,
}

impl Collector {
    /// Grants this much to those who connect.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Counts in these figures.
    #[must_use]
    pub fn with_figures(mut self, figures: Figures) -> Self {
        self.figures = figures;
        self
    }

    /// Keeps what it hears in this store.
    #[must_use]
    pub fn with_store(mut self, store: Option<Store>) -> Self {
        self.store = store;
        self
    }

    /// Collects until `stop` is ready or the sink breaks; then accepts and
    /// reads what was sent before, for half a second at most, tells the sink
    /// which runs are over, stores what is left, and drops `incoming`, which
    /// removes a [`crate::Listener`]'s socket.
    ///
    /// Must run within a tokio runtime with time, and with I/O if `incoming`
    /// needs it.
    ///
    /// # Errors
    ///
    /// When the system has no thread for the store, or that broke off.
    pub async fn run(
        self,
        incoming: impl Incoming,
        sink: &mut impl Sink,
        stop: impl Future<Output = ()>,
    ) -> Result<Totals, Error> {
        let Self {
            limits,
            figures,
            store,
        } = self;
        let Some(store) = store else {
            let hub = Hub::new(Forest::new(), figures);
            return Ok(hear(incoming, FIRST, hub, sink, stop, limits).await);
        };
        let path = store.path().to_owned();
        let keeping = Keeping {
            numbers: store.numbers(),
            storage: store,
            now_ms,
            queue_bytes: QUEUE_BYTES,
            begin: |keeper| {
                let kept = on_a_thread(keeper);
                let kept = kept.map_err(|e| Error::system(&path, "start to store", e))?;
                Ok(async move { kept.await.map_err(|_| broken(&path)) })
            },
        };
        let rest = Self::default().with_limits(limits).with_figures(figures);
        rest.keep(keeping, incoming, sink, stop).await
    }

    /// As [`Self::run`], with all that stands for the store given.
    pub(crate) async fn keep<S: Storage, K: Future<Output = Result<(), Error>>>(
        self,
        keeping: Keeping<S, impl FnOnce(Keeper<S>) -> Result<K, Error>>,
        incoming: impl Incoming,
        sink: &mut impl Sink,
        stop: impl Future<Output = ()>,
    ) -> Result<Totals, Error> {
        let (limits, figures) = (self.limits, self.figures);
        let (now_ms, numbers) = (keeping.now_ms, keeping.numbers);
        let (queue, batches) = store::queue(keeping.queue_bytes, figures.clone());
        let keeper = Keeper::new(keeping.storage, batches, figures.clone(), now_ms);
        let kept = (keeping.begin)(keeper)?;
        let mut both = Both(Gather::new(queue, now_ms), sink);
        let forest = Forest::with_first_numbers(numbers.run, numbers.span);
        let hub = Hub::new(forest, figures);
        let first = SessionId(numbers.session);
        let totals = hear(incoming, first, hub, &mut both, stop, limits).await;
        // The queue closes: the keeper stores what is left, and ends.
        drop(both);
        kept.await.map(|()| totals)
    }
}

/// Where a collector keeps what it hears.
pub(crate) struct Keeping<S, B> {
    pub(crate) storage: S,
    /// The numbers that come next there.
    pub(crate) numbers: Numbers,
    pub(crate) now_ms: fn() -> f64,
    /// What may wait to be stored.
    pub(crate) queue_bytes: usize,
    /// Has the keeper run; gives what is ready once it has ended.
    pub(crate) begin: B,
}

fn broken(path: &Path) -> Error {
    let why = std::io::Error::other("the thread that does it panicked, which is a bug");
    Error::system(path, "go on storing", why)
}

/// SQLite waits for the disk, and nothing else must.
fn on_a_thread<S: Storage + Send + 'static>(
    keeper: Keeper<S>,
) -> std::io::Result<oneshot::Receiver<()>> {
    let (tell, kept) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    std::thread::Builder::new()
        .name("hero-span store".to_owned())
        .spawn(move || {
            runtime.block_on(keeper.run());
            // Nobody waits any more when the collector was dropped.
            let _ = tell.send(());
        })?;
    Ok(kept)
}

/// Everything that comes in, until the end.
async fn hear(
    incoming: impl Incoming,
    first: SessionId,
    hub: Hub,
    sink: &mut impl Sink,
    stop: impl Future<Output = ()>,
    limits: Limits,
) -> Totals {
    let incoming = Counted::new(incoming, hub.figures().clone());
    let figures = hub.figures().clone();
    let mut collecting = Collecting::new(hub, sink);
    tracing::info!(first_connection = first.0, "collecting");
    serve::<Unread>(incoming, first, &mut collecting, stop, limits).await;
    let totals = collecting.hub.finish(collecting.sink);
    figures.log();
    totals
}

/// Two sinks, the first of which never breaks.
struct Both<'a, A, B>(A, &'a mut B);

impl<A: Sink, B: Sink> Sink for Both<'_, A, B> {
    fn take(&mut self, forest: &Forest, update: &Update<'_>) -> ControlFlow<()> {
        self.0.take(forest, update)?;
        self.1.take(forest, update)
    }

    fn tick(&mut self, forest: &Forest) -> ControlFlow<()> {
        self.0.tick(forest)?;
        self.1.tick(forest)
    }

    fn finish(&mut self, forest: &Forest) {
        self.0.finish(forest);
        self.1.finish(forest);
    }

    fn is_full(&self) -> bool {
        self.0.is_full() || self.1.is_full()
    }
}

/// The machine's clock: milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64() * 1e3
}
