//! A collector at work: accept, read, grow, tell.

use std::future::Future;
use std::ops::ControlFlow;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};

use crate::hub::Hub;
use crate::listen::{Listener, accept_all};
use crate::sink::Sink;
use crate::totals::Totals;

/// Messages that may wait for the hub. When it is behind, connections are not
/// read, and producers feel it as their own socket filling up.
const QUEUE: usize = 256;

/// The pause between two ticks of a [`Sink`].
const TICK: Duration = Duration::from_millis(50);

/// Collects until `stop` is ready or the sink breaks; then accepts and reads
/// what was sent before, for half a second at most, tells the sink which runs
/// are over, and removes the socket.
///
/// Must run within a tokio runtime with I/O and time.
pub async fn collect(
    listener: Listener,
    sink: &mut impl Sink,
    stop: impl Future<Output = ()>,
) -> Totals {
    let (tell, mut heard) = mpsc::channel(QUEUE);
    let (stopping, stopped) = watch::channel(false);
    let accepting = tokio::spawn(accept_all(listener, tell, stopped));
    let mut hub = Hub::default();
    let mut ticks = interval(TICK);
    // Runs settle by ticks: after a stall they must not come all at once.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = std::pin::pin!(stop);
    loop {
        let flow = tokio::select! {
            biased;
            _ = ticks.tick() => hub.tick(sink),
            () = &mut stop, if !*stopping.borrow() => ControlFlow::Break(()),
            message = heard.recv() => match message {
                Some(message) => hub.take(message, sink),
                None => break,
            },
        };
        if flow.is_break() {
            stopping.send_replace(true);
        }
    }
    // The task has let go of its end of the channel: it is only tidying up.
    let _ = accepting.await;
    hub.finish(sink)
}
