//! Connection after connection, each read by a task of its own.

use std::io;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};

use super::Listener;
use crate::message::Message;
use crate::session::{self, DRAIN, Reading, stopped};
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
pub(crate) async fn accept_all<R: Reading>(
    listener: Listener,
    hub: mpsc::Sender<Message<R::Said>>,
    mut stop: watch::Receiver<bool>,
) {
    let mut accepting = Accepting::<R> {
        latest: 0,
        hub,
        stop: stop.clone(),
    };
    tokio::select! {
        biased;
        () = stopped(&mut stop) => {}
        () = accepting.run(&listener) => {}
    }
    accepting.sweep(&listener).await;
}

struct Accepting<R: Reading> {
    latest: u64,
    hub: mpsc::Sender<Message<R::Said>>,
    stop: watch::Receiver<bool>,
}

impl<R: Reading> Accepting<R> {
    async fn run(&mut self, listener: &Listener) {
        let mut wait = BACK_OFF;
        loop {
            match listener.accept().await {
                Ok(stream) => {
                    self.begin(stream);
                    wait = BACK_OFF;
                }
                Err(error) => {
                    self.complain(error, wait).await;
                    sleep(wait).await;
                    wait = BACK_OFF_MOST.min(wait * 2);
                }
            }
        }
    }

    async fn sweep(&mut self, listener: &Listener) {
        let deadline = Instant::now() + DRAIN;
        while Instant::now() < deadline {
            match timeout(QUIET, listener.accept()).await {
                Ok(Ok(stream)) => self.begin(stream),
                Ok(Err(_)) | Err(_) => return,
            }
        }
    }

    fn begin(&mut self, stream: UnixStream) {
        self.latest += 1;
        let id = SessionId(self.latest);
        tokio::spawn(session::listen::<R>(
            id,
            stream,
            self.hub.clone(),
            self.stop.clone(),
        ));
    }

    /// Tells of the first failure of a row only.
    async fn complain(&self, error: io::Error, wait: Duration) {
        if wait == BACK_OFF {
            // The hub is gone only when nobody wants to know any more.
            let _ = self.hub.send(Message::CannotAccept(error)).await;
        }
    }
}
