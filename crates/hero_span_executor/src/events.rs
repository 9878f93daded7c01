//! A run as a stream of events, for who does not keep trees.

use std::ops::ControlFlow;
use std::sync::Arc;

use hero_span_collector::tree::SessionId;
use hero_span_collector::{Forest, Sink, Told, Update};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::outlet::Prints;
use crate::supervise::Piece;
use crate::{Ended, Run};

/// Events that may wait. Beyond them the run's connections are not read.
const WAITING: usize = 1024;

/// Something that a run does.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RunEvent {
    /// One of its processes told of a span.
    Told {
        /// The connection that it came over: one a process.
        connection: u64,
        /// The event.
        told: Arc<Told<'static>>,
    },
    /// It printed something.
    Printed(Piece),
    /// It is over. This comes last.
    Ended(Box<Ended>),
}

/// What a run does, as it does it. Dropping this kills the run.
#[derive(Debug)]
pub struct Events {
    told: Option<mpsc::Receiver<RunEvent>>,
    prints: Option<Prints>,
    ended: Option<JoinHandle<Ended>>,
}

impl Run {
    /// Hands its events over. Needs a tokio runtime, in which it goes on.
    pub fn events(mut self) -> Events {
        let prints = self.prints();
        let (tell, told) = mpsc::channel(WAITING);
        let waiting = tokio::spawn(async move { self.wait(&mut Telling { tell }).await });
        Events {
            told: Some(told),
            prints,
            ended: Some(waiting),
        }
    }
}

impl Events {
    /// The next event; none after [`RunEvent::Ended`].
    pub async fn next(&mut self) -> Option<RunEvent> {
        while self.told.is_some() || self.prints.is_some() {
            tokio::select! {
                biased;
                event = told(&mut self.told) => match event {
                    Some(event) => return Some(event),
                    None => self.told = None,
                },
                piece = printed(&mut self.prints) => match piece {
                    Some(piece) => return Some(RunEvent::Printed(piece)),
                    None => self.prints = None,
                },
            }
        }
        self.end().await
    }

    async fn end(&mut self) -> Option<RunEvent> {
        // A task that broke has nothing to tell.
        let ended = self.ended.take()?.await.ok()?;
        Some(RunEvent::Ended(Box::new(ended)))
    }
}

/// Waits for ever once there are no more: so do the pieces.
async fn told(events: &mut Option<mpsc::Receiver<RunEvent>>) -> Option<RunEvent> {
    match events {
        Some(events) => events.recv().await,
        None => std::future::pending().await,
    }
}

async fn printed(prints: &mut Option<Prints>) -> Option<Piece> {
    match prints {
        Some(prints) => prints.next().await,
        None => std::future::pending().await,
    }
}

/// The run goes with its task.
impl Drop for Events {
    fn drop(&mut self) {
        if let Some(ended) = &self.ended {
            ended.abort();
        }
    }
}

/// Tells of what comes.
struct Telling {
    tell: mpsc::Sender<RunEvent>,
}

impl Sink for Telling {
    fn take(&mut self, _: &Forest, update: &Update<'_>) -> ControlFlow<()> {
        if let Update::Event { session, told, .. } = update {
            let SessionId(connection) = *session;
            let told = Arc::new((*told).clone().into_owned());
            // There is room, or nobody listens any more.
            let _ = self.tell.try_send(RunEvent::Told { connection, told });
        }
        ControlFlow::Continue(())
    }

    fn is_full(&self) -> bool {
        self.tell.capacity() < WAITING / 2
    }
}
