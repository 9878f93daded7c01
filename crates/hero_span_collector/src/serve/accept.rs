//! Connection after connection, each read by a task of its own.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::incoming::Incoming;
use crate::limits::Limits;
use crate::message::Message;
use crate::session::{self, DRAIN, Reading, Turns};
use crate::stop::Stop;
use crate::tree::SessionId;

/// How long to wait after a failed accept, and at most. A connection that
/// cannot be accepted stays in the queue, so asking again at once would spin.
const BACK_OFF: Duration = Duration::from_millis(10);
const BACK_OFF_MOST: Duration = Duration::from_secs(1);

/// How long the queue must stay empty before a stopping collector takes it to
/// be so.
const QUIET: Duration = Duration::from_millis(20);

/// Accepts until the collector stops, then what is in the queue already. The
/// socket goes when this returns; connections are read on.
pub(super) async fn accept_all<R: Reading, I: Incoming>(
    incoming: I,
    first: SessionId,
    limits: Limits,
    hub: mpsc::Sender<Message<R::Said>>,
    stop: Stop,
) {
    let mut accepting = Accepting::<R> {
        latest: first.0.saturating_sub(1),
        limits,
        places: Arc::new(Semaphore::new(limits.places())),
        told_full: false,
        hub,
        turns: Turns::new(),
        stop: stop.clone(),
    };
    tokio::select! {
        biased;
        () = stop.heard() => {}
        () = accepting.run(&incoming) => {}
    }
    accepting.sweep(&incoming).await;
}

struct Accepting<R: Reading> {
    latest: u64,
    limits: Limits,
    /// One for each connection that may still be opened.
    places: Arc<Semaphore>,
    told_full: bool,
    hub: mpsc::Sender<Message<R::Said>>,
    turns: Turns,
    stop: Stop,
}

impl<R: Reading> Accepting<R> {
    async fn run(&mut self, incoming: &impl Incoming) {
        let mut wait = BACK_OFF;
        while let Some(place) = self.place().await {
            match incoming.accept().await {
                Ok(stream) => {
                    self.begin(stream, place);
                    wait = BACK_OFF;
                }
                Err(error) => {
                    // Of a row of failures the first is told.
                    if wait == BACK_OFF {
                        self.complain(error).await;
                    }
                    sleep(wait).await;
                    wait = BACK_OFF_MOST.min(wait * 2);
                }
            }
        }
    }

    async fn sweep(&mut self, incoming: &impl Incoming) {
        let deadline = Instant::now() + DRAIN;
        while Instant::now() < deadline {
            let place = Arc::clone(&self.places).acquire_owned();
            let Ok(Ok(place)) = timeout_at(deadline, place).await else {
                return;
            };
            match timeout(QUIET, incoming.accept()).await {
                Ok(Ok(stream)) => self.begin(stream, place),
                Ok(Err(_)) | Err(_) => return,
            }
        }
    }

    /// Waits until one connection more may be open.
    async fn place(&mut self) -> Option<OwnedSemaphorePermit> {
        let most = self.limits.places();
        let free = self.places.available_permits();
        if free == 0 && !self.told_full {
            self.told_full = true;
            let full = format!("{most} are open, which is the limit");
            self.complain(io::Error::other(full)).await;
        } else if free > most / 10 {
            // Where connections come and go at the limit, it is told again
            // only after there was some room.
            self.told_full = false;
        }
        // An error means that it was closed, which nobody does.
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    fn begin<S>(&mut self, stream: S, place: OwnedSemaphorePermit)
    where
        S: tokio::io::AsyncRead + Unpin + Send + 'static,
    {
        self.latest += 1;
        let id = SessionId(self.latest);
        let (hub, turns, stop) = (self.hub.clone(), self.turns.clone(), self.stop.clone());
        let session = session::listen::<R>(id, stream, self.limits.idle, hub, turns, stop);
        tokio::spawn(async move {
            session.await;
            drop(place);
        });
    }

    async fn complain(&self, error: io::Error) {
        // The hub is gone only when nobody wants to know any more.
        let _ = self.hub.send(Message::CannotAccept(error)).await;
    }
}
