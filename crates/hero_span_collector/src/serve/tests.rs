//! Who is let in, and when, with time standing still.

use std::collections::VecDeque;
use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::io::Errno;
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::message::Told;
use crate::tree::{Ending, Forest, SessionId};
use crate::{Collector, Incoming, Limits, Sink, Totals, Update};

const START: &[u8] = br#"{"type":"span_start","span_id":"0000000000000001","ts_ms":1,"parent_span_id":null,"name":"n"}
"#;

/// Connections without sockets. It fails as often as it was told to before it
/// gives one.
struct Queue {
    waiting: AsyncMutex<mpsc::UnboundedReceiver<DuplexStream>>,
    failures: Arc<Mutex<VecDeque<Errno>>>,
    asked: Arc<AtomicU64>,
}

impl Incoming for Queue {
    type Stream = DuplexStream;

    async fn accept(&self) -> io::Result<DuplexStream> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if let Some(error) = self.failures.lock().expect("whole").pop_front() {
            return Err(error.into());
        }
        match self.waiting.lock().await.recv().await {
            Some(stream) => Ok(stream),
            None => std::future::pending().await,
        }
    }
}

/// Notes in the order they came.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("whole"))
    }
}

impl Sink for Notes {
    fn take(&mut self, _: &Forest, update: &Update<'_>) -> ControlFlow<()> {
        let note = match update {
            Update::Opened(SessionId(id)) => format!("{id} opened"),
            Update::Event { session, told, .. } => format!("{session} line {}", line(told)),
            Update::Closed {
                session, ending, ..
            } => format!("{session} {ending:?}"),
            Update::CannotAccept(error) => format!("cannot accept: {error}"),
            _ => return ControlFlow::Continue(()),
        };
        self.0.lock().expect("whole").push(note);
        ControlFlow::Continue(())
    }
}

fn line(told: &Told) -> u64 {
    told.line
}

struct Fixture {
    connect: mpsc::UnboundedSender<DuplexStream>,
    failures: Arc<Mutex<VecDeque<Errno>>>,
    asked: Arc<AtomicU64>,
    notes: Notes,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Totals>,
}

impl Fixture {
    fn start(limits: Limits) -> Self {
        let (connect, waiting) = mpsc::unbounded_channel();
        let failures = Arc::<Mutex<VecDeque<_>>>::default();
        let asked = Arc::<AtomicU64>::default();
        let queue = Queue {
            waiting: AsyncMutex::new(waiting),
            failures: Arc::clone(&failures),
            asked: Arc::clone(&asked),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let notes = Notes::default();
        let mut sink = notes.clone();
        let task = tokio::spawn(async move {
            let stop = async { drop(stopped.await) };
            Collector::default()
                .with_limits(limits)
                .run(queue, &mut sink, stop)
                .await
                .expect("no store")
        });
        Self {
            connect,
            failures,
            asked,
            notes,
            stop,
            task,
        }
    }

    fn connect(&self) -> DuplexStream {
        let (client, server) = duplex(1024);
        self.connect.send(server).expect("served");
        client
    }

    /// What was noted since the last time, once all is quiet.
    async fn notes(&self) -> Vec<String> {
        sleep(Duration::from_millis(100)).await;
        self.notes.take()
    }

    async fn finish(self) -> (Totals, Vec<String>) {
        drop(self.stop);
        let totals = self.task.await.expect("ended");
        (totals, self.notes.take())
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_gives_connections_is_served() {
    let fixture = Fixture::start(Limits::default());
    let mut client = fixture.connect();
    client.write_all(START).await.expect("written");
    assert_eq!(fixture.notes().await, ["1 opened", "1 line 1"]);
    let mut late = fixture.connect();
    late.write_all(START).await.expect("written");
    drop(late);
    let (totals, notes) = fixture.finish().await;
    assert_eq!(notes, ["2 opened", "2 line 1", "2 Closed", "1 Stopped"]);
    assert_eq!((totals.sessions, totals.counts.events), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn without_descriptors_it_asks_now_and_then_and_goes_on_after_it() {
    let fixture = Fixture::start(Limits::default());
    sleep(Duration::from_millis(10)).await;
    let failures = vec![Errno::MFILE; 66];
    fixture.failures.lock().expect("whole").extend(failures);
    // It waits in the call before.
    let _first = fixture.connect();
    let _second = fixture.connect();
    let before = fixture.asked.load(Ordering::Relaxed);
    sleep(Duration::from_secs(60)).await;
    let asked = fixture.asked.load(Ordering::Relaxed) - before;
    assert!((60..=66).contains(&asked), "{asked} times in a minute");
    let error = io::Error::from(Errno::MFILE);
    let told = format!("cannot accept: {error}");
    assert_eq!(fixture.notes().await, [&told, "1 opened"]);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(fixture.notes().await, ["2 opened"]);

    fixture
        .failures
        .lock()
        .expect("whole")
        .extend([Errno::MFILE; 2]);
    let (_third, _fourth) = (fixture.connect(), fixture.connect());
    sleep(Duration::from_secs(1)).await;
    assert_eq!(fixture.notes().await, [&told, "3 opened", "4 opened"]);
}

#[tokio::test(start_paused = true)]
async fn those_over_the_limit_wait_until_others_leave() {
    let connections = 2;
    let fixture = Fixture::start(Limits {
        connections,
        ..Limits::default()
    });
    let full = "cannot accept: 2 are open, which is the limit";
    let (first, mut second) = (fixture.connect(), fixture.connect());
    let (mut third, fourth) = (fixture.connect(), fixture.connect());
    third.write_all(START).await.expect("written");
    assert_eq!(fixture.notes().await, [full, "1 opened", "2 opened"]);
    second.write_all(START).await.expect("written");
    assert_eq!(fixture.notes().await, ["2 line 1"]);
    drop(first);
    let notes = fixture.notes().await;
    assert_eq!(notes, ["1 Closed", "3 opened", "3 line 1"], "told once");
    drop((second, third));
    let notes = fixture.notes().await;
    assert_eq!(notes, ["2 Closed", "3 Closed", "4 opened"]);
    let _fifth = fixture.connect();
    let notes = fixture.notes().await;
    assert_eq!(notes, [full, "5 opened"], "again, as there was room");
    drop(fourth);
}

#[tokio::test(start_paused = true)]
async fn those_over_the_limit_are_heard_when_it_stops() {
    let connections = 2;
    let fixture = Fixture::start(Limits {
        connections,
        ..Limits::default()
    });
    let mut clients: Vec<_> = (0..4).map(|_| fixture.connect()).collect();
    for client in &mut clients {
        client.write_all(START).await.expect("written");
    }
    fixture.notes().await;
    let (totals, notes) = fixture.finish().await;
    assert_eq!((totals.sessions, totals.counts.events), (4, 4), "{notes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_one_makes_room() {
    let fixture = Fixture::start(Limits {
        idle: Some(Duration::from_secs(60)),
        connections: 1,
    });
    let (_silent, _next) = (fixture.connect(), fixture.connect());
    fixture.notes().await;
    sleep(Duration::from_secs(60)).await;
    let closed = format!("1 {:?}", Ending::Idle);
    assert_eq!(fixture.notes().await, [&closed, "2 opened"]);
}
