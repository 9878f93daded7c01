//! A run of a flow, from its request to its end.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hero_span_collector::{Collector, Forest, Forwarding, Listener, Sink, Update};
use hero_span_protocol::SpanId;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::control::{Control, Conversation, Loaded, Order};
use crate::executor::{Executor, Shared};
use crate::flow::{FlowInfo, Input};
use crate::open_path::OpenPath;
use crate::outcome::{Ended, Known, Refused};
use crate::outlet::{Outlet, Prints, outlet};
use crate::place::Place;
use crate::record::{Record, now_ms};
use crate::supervise::{Command, Ending, Output, Stopper, Supervised};
use crate::{Error, Given, Request, RunName, environment};

/// What runs a file's flow: see its first lines.
const STUB: &str = include_str!("bootstrap.py");

/// What may wait for who looks at a run.
const WAITING: usize = 16 * 1024 * 1024;

/// A flow that runs. Dropping it kills it, with all that it started.
#[derive(Debug)]
pub struct Run {
    name: RunName,
    wanted: Wanted,
    supervised: Supervised,
    control: Control,
    listener: Listener,
    collector: Option<PathBuf>,
    record: Option<Arc<Record>>,
    prints: Option<Prints>,
    /// While this is there, it may be held up by who reads what it prints.
    holding: oneshot::Sender<()>,
    pumping: JoinHandle<()>,
    // Dropped last: the directory goes, then another run may begin.
    _place: Place,
    _turn: Option<OwnedSemaphorePermit>,
}

/// What is wanted of the file once it is loaded.
#[derive(Debug)]
struct Wanted {
    flow: Option<String>,
    input: Input,
    deadline: Option<Instant>,
    grace: Duration,
}

impl Run {
    pub(crate) async fn start(
        executor: &Executor,
        request: Request,
        turn: Option<OwnedSemaphorePermit>,
    ) -> Result<Self, Error> {
        let shared = &executor.shared;
        let file = absolute(&request.file)?;
        let directory = absolute(request.directory.as_deref().unwrap_or(Path::new(".")))?;
        let name = request.name.clone().unwrap_or_else(|| after(&file));
        let place = Place::make(shared.places_in.as_deref())?;
        let listener = Listener::bind(&place.path("s")).await?;
        let control = place.path("c");
        let command = command(
            shared,
            &request,
            &file,
            &directory,
            listener.path(),
            &control,
        )?;
        let control = Control::bind(&control).map_err(|e| Error::system(&control, "listen", e))?;
        let (record, kept) = begun(shared, &request, &name, &file, &directory)?.unzip();
        let deadline = request.deadline();
        let (supervised, output, record) = started(&command, record).await?;
        let (shown, prints) = outlet(WAITING);
        let (holding, until) = oneshot::channel();
        let shown = match request.holds_up {
            true => shown.holds_up(until),
            false => shown,
        };
        let pumping = tokio::spawn(pump(output, shown, kept, record.clone()));
        let wanted = Wanted {
            flow: request.flow,
            input: request.input,
            deadline,
            grace: request.grace,
        };
        Ok(Self {
            name,
            wanted,
            supervised,
            control,
            listener,
            collector: shared.collector.clone(),
            record,
            prints: Some(prints),
            holding,
            pumping,
            _place: place,
            _turn: turn,
        })
    }

    /// What it is called.
    pub fn name(&self) -> &RunName {
        &self.name
    }

    /// The flow's process; none if it could not be started.
    pub fn pid(&self) -> Option<u32> {
        self.supervised.pid()
    }

    /// What stops it from elsewhere.
    pub fn stopper(&self) -> Stopper {
        self.supervised.stopper()
    }

    /// What it prints, for the first who asks.
    pub fn prints(&mut self) -> Option<Prints> {
        self.prints.take()
    }

    /// Waits until it is over, and nothing of it is left. Meanwhile `sink` is
    /// told what its spans say; when it breaks, the run goes on untold.
    pub async fn wait(self, sink: &mut impl Sink) -> Ended {
        let Self {
            name,
            wanted,
            supervised,
            control,
            listener,
            collector,
            record,
            prints,
            holding,
            pumping,
            _place,
            _turn,
        } = self;
        // Nobody can ask for them any more.
        drop(prints);
        let (over, until_over) = oneshot::channel();
        let mut watching = Watching::new(sink, record.as_deref());
        let collecting = collect(listener, collector, &mut watching, until_over);
        let running = async {
            let ran = run(supervised, control, wanted, record.as_deref()).await;
            // The collector reads what was sent before.
            drop(over);
            ran
        };
        let (cut_off, (ending, known)) = tokio::join!(collecting, running);
        drop(holding);
        let _ = pumping.await;
        let open = watching.open;
        let ended = ended(&name, ending, known, open, cut_off);
        written(record, ended).await
    }
}

/// Enters what is asked, if there is where to.
fn begun(
    shared: &Shared,
    request: &Request,
    name: &RunName,
    file: &Path,
    directory: &Path,
) -> Result<Option<(Record, Outlet)>, Error> {
    let mut asked = request.to_json(file, directory);
    if shared.stopped_by_signal {
        asked["stop"] = "signal".into();
    }
    let begin = |store: &PathBuf| Record::begin(store, name.as_str(), file, &asked);
    shared.store.as_ref().map(begin).transpose()
}

/// Starts it; that it cannot be started is written down.
async fn started(
    command: &Command,
    record: Option<Record>,
) -> Result<(Supervised, Output, Option<Arc<Record>>), Error> {
    match Supervised::start(command).await {
        Ok((supervised, output)) => Ok((supervised, output, record.map(Arc::new))),
        Err(error) => {
            if let Some(record) = record {
                record.not_started(&error).await;
            }
            Err(error)
        }
    }
}

/// Tells what is known, and writes it down.
async fn written(record: Option<Arc<Record>>, mut ended: Ended) -> Ended {
    // The pump is done: nobody else has it.
    if let Some(record) = record.and_then(Arc::into_inner) {
        ended.unrecorded = record.end(&ended).await;
    }
    ended
}

fn ended(
    name: &RunName,
    ending: Ending,
    known: Known,
    open: Option<OpenPath>,
    cut_off: u64,
) -> Ended {
    let flow = known.flow.clone();
    Ended {
        name: name.to_string(),
        flow,
        outcome: known.told(ending.end),
        open,
        took: ending.took,
        swept: ending.swept,
        output: ending.output,
        cut_off,
        unrecorded: None,
    }
}

pub(crate) fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(|e| Error::system(path, "find it", e))
}

/// A name for a run of that file, which no other has.
fn after(file: &Path) -> RunName {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    RunName::unique(&stem)
}

pub(crate) fn command(
    shared: &Shared,
    request: &Request,
    file: &Path,
    directory: &Path,
    socket: &Path,
    control: &Path,
) -> Result<Command, Error> {
    let given = Given {
        sdk: &shared.sdk,
        socket: Some(socket),
        parent: request.parent.as_deref(),
        deadline_ms: request
            .timeout
            .map(|timeout| now_ms() + timeout.as_secs_f64() * 1e3),
        inherit: &request.inherit,
        set: &request.set,
    };
    let environment = environment(std::env::vars_os(), &given)?;
    let arguments = [
        "-c".as_ref(),
        STUB.as_ref(),
        control.as_os_str(),
        file.as_os_str(),
    ];
    let command = Command::new(&request.python)
        .arguments(arguments)
        .environment(environment)
        .directory(directory)
        .most_output(request.most_output);
    let command = match request.holds_up {
        true => command.holds_up(),
        false => command,
    };
    Ok(match &shared.supervisor {
        Some(program) => command.supervisor(program),
        None => command,
    })
}

/// Hands on what a run prints, until it is over.
async fn pump(
    mut output: Output,
    mut shown: Outlet,
    mut kept: Option<Outlet>,
    record: Option<Arc<Record>>,
) {
    while let Some(piece) = output.next().await {
        if let (Some(kept), Some(record)) = (&mut kept, &record) {
            kept.put(piece.clone()).await;
            record.printed();
        }
        shown.put(piece).await;
    }
    shown.close();
    if let (Some(kept), Some(record)) = (kept, &record) {
        kept.close();
        record.printed();
    }
}

/// Hears what the run's processes say until it is over; returns the connections
/// of which not all could be sent on.
async fn collect(
    listener: Listener,
    collector: Option<PathBuf>,
    sink: &mut impl Sink,
    until_over: oneshot::Receiver<()>,
) -> u64 {
    let until_over = async { drop(until_over.await) };
    let Some(collector) = collector else {
        // Without a store nothing can fail.
        let _ = Collector::default().run(listener, sink, until_over).await;
        return 0;
    };
    let forwarding = Forwarding::new(listener, collector);
    let forwarded = forwarding.forwarded();
    let _ = Collector::default().run(forwarding, sink, until_over).await;
    forwarded.cut_off()
}

/// Sees the run through to its end.
async fn run(
    supervised: Supervised,
    control: Control,
    wanted: Wanted,
    record: Option<&Record>,
) -> (Ending, Known) {
    let mut known = Known::default();
    let (deadline, grace) = (wanted.deadline, wanted.grace);
    let talking = async {
        if let Ok(conversation) = control.accept().await {
            talk(conversation, wanted, record, &mut known).await;
        }
        std::future::pending::<Infallible>().await
    };
    let ending = tokio::select! {
        // What was said is heard before the end is.
        biased;
        never = talking => match never {},
        ending = supervised.wait_until(deadline, grace) => ending,
    };
    (ending, known)
}

/// Has the stub run the flow that is wanted, and hears how that ended.
async fn talk(mut stub: Conversation, wanted: Wanted, record: Option<&Record>, known: &mut Known) {
    let flows = match stub.hear().await {
        Some(Loaded::Flows(flows)) => flows,
        Some(Loaded::Broken(raised)) => {
            known.broken = Some(raised);
            return;
        }
        None => return,
    };
    let chosen = choose(&flows, wanted.flow.as_deref()).and_then(|flow| {
        known.flow = Some(flow.name.clone());
        let input = flow.accept(&wanted.input).map_err(Refused::Inputs)?;
        Ok((flow, input))
    });
    match chosen {
        Ok((flow, input)) => {
            if let Some(record) = record {
                record.chosen(&flow.name);
            }
            let run = &flow.attribute;
            stub.say(&Order { run, input: &input }).await;
            known.outcome = stub.hear_outcome().await;
        }
        // The stub ends when its end of the conversation closes.
        Err(refused) => known.refused = Some(refused),
    }
}

/// The flow that is meant: that of the global of this name, which no other has;
/// else the one that is called so.
fn choose<'f>(flows: &'f [FlowInfo], asked: Option<&str>) -> Result<&'f FlowInfo, Refused> {
    let held = |flow: &&FlowInfo| asked.is_none_or(|asked| flow.attribute == asked);
    let called = |flow: &&FlowInfo| asked == Some(&flow.name);
    let mut found: Vec<_> = flows.iter().filter(held).collect();
    if found.is_empty() {
        found = flows.iter().filter(called).collect();
    }
    match (&found[..], asked) {
        ([flow], _) => Ok(flow),
        ([], Some(asked)) if !flows.is_empty() => Err(Refused::NoSuchFlow {
            asked: asked.to_owned(),
            known: flows.iter().map(|flow| flow.name.clone()).collect(),
        }),
        ([], _) => Err(Refused::NoFlows),
        ([..], _) => {
            let told = |flow: &&FlowInfo| (flow.attribute.clone(), flow.line);
            let known = found.iter().map(told).collect();
            Err(Refused::Ambiguous { known })
        }
    }
}

/// Tells a sink of what comes, and notes what the end is told from.
struct Watching<'a, S> {
    sink: &'a mut S,
    is_told: bool,
    record: Option<&'a Record>,
    producer: Option<SpanId>,
    open: Option<OpenPath>,
}

impl<'a, S: Sink> Watching<'a, S> {
    fn new(sink: &'a mut S, record: Option<&'a Record>) -> Self {
        Self {
            sink,
            is_told: true,
            record,
            producer: None,
            open: None,
        }
    }

    fn told(&mut self, flow: ControlFlow<()>) -> ControlFlow<()> {
        self.is_told = flow.is_continue();
        ControlFlow::Continue(())
    }
}

impl<S: Sink> Sink for Watching<'_, S> {
    fn take(&mut self, forest: &Forest, update: &Update<'_>) -> ControlFlow<()> {
        if let (Update::Event { session, .. }, None) = (update, self.producer) {
            let session = forest.session(*session);
            let producer = session.and_then(|session| session.producer());
            self.producer = producer.map(|producer| producer.id);
            if let (Some(producer), Some(record)) = (self.producer, self.record) {
                record.heard(producer);
            }
        }
        if !self.is_told {
            return ControlFlow::Continue(());
        }
        let flow = self.sink.take(forest, update);
        self.told(flow)
    }

    fn tick(&mut self, forest: &Forest) -> ControlFlow<()> {
        if !self.is_told {
            return ControlFlow::Continue(());
        }
        let flow = self.sink.tick(forest);
        self.told(flow)
    }

    fn finish(&mut self, forest: &Forest) {
        self.open = OpenPath::of(forest, now_ms());
        self.sink.finish(forest);
    }

    fn is_full(&self) -> bool {
        self.sink.is_full()
    }
}
