//! Connections at work: accept, read, take in.

mod accept;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::ops::ControlFlow;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use self::accept::accept_all;
use crate::incoming::Incoming;
use crate::limits::Limits;
use crate::message::Message;
use crate::session::Reading;
use crate::stop;
use crate::tree::SessionId;

/// Messages that may wait to be taken in. Meanwhile connections are not read,
/// and producers feel it as their own socket filling up.
const QUEUE: usize = 256;

/// The pause between two ticks.
const TICK: Duration = Duration::from_millis(50);

/// Where all connections meet. Breaking stops the socket; what was sent before
/// still comes.
pub(crate) trait Meeting<S> {
    fn take(&mut self, message: Message<S>) -> ControlFlow<()>;
    fn tick(&mut self) -> ControlFlow<()>;

    /// Whether it can take nothing more until a later tick.
    fn is_full(&self) -> bool {
        false
    }
}

/// Serves what comes in, connections numbered from `first`, until `stop` is ready or the meeting breaks; then
/// accepts and reads what was sent before, and drops `incoming`.
pub(crate) async fn serve<R: Reading>(
    incoming: impl Incoming,
    first: SessionId,
    meeting: &mut impl Meeting<R::Said>,
    stop: impl Future<Output = ()>,
    limits: Limits,
) {
    let (tell, mut heard) = mpsc::channel(QUEUE);
    let (stopping, stopped) = stop::stopping();
    let accepting = tokio::spawn(accept_all::<R, _>(incoming, first, limits, tell, stopped));
    let mut ticks = interval(TICK);
    // Runs settle by ticks: after a stall they must not come all at once.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = std::pin::pin!(stop);
    loop {
        let flow = tokio::select! {
            biased;
            _ = ticks.tick() => meeting.tick(),
            () = &mut stop, if !stopping.is_said() => ControlFlow::Break(()),
            message = heard.recv(), if !meeting.is_full() => match message {
                Some(message) => meeting.take(message),
                None => break,
            },
        };
        if flow.is_break() {
            stopping.say();
        }
    }
    // The task has let go of its end of the channel: it is only tidying up.
    let _ = accepting.await;
}
