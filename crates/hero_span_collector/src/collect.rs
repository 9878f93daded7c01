//! A collector at work: runs grow, and a sink is told.

use std::future::Future;
use std::ops::ControlFlow;

use crate::hub::Hub;
use crate::incoming::Incoming;
use crate::limits::Limits;
use crate::message::{Message, Said};
use crate::reader::Reader;
use crate::serve::{Meeting, serve};
use crate::sink::Sink;
use crate::totals::Totals;

/// Collects until `stop` is ready or the sink breaks; then accepts and reads
/// what was sent before, for half a second at most, tells the sink which runs
/// are over, and drops `incoming`, which removes a [`crate::Listener`]'s
/// socket.
///
/// Must run within a tokio runtime with time, and with I/O if `incoming`
/// needs it.
pub async fn collect(
    incoming: impl Incoming,
    sink: &mut impl Sink,
    stop: impl Future<Output = ()>,
    limits: Limits,
) -> Totals {
    let mut collecting = Collecting {
        hub: Hub::default(),
        sink,
    };
    serve::<Reader>(incoming, &mut collecting, stop, limits).await;
    collecting.hub.finish(collecting.sink)
}

struct Collecting<'a, S> {
    hub: Hub,
    sink: &'a mut S,
}

impl<S: Sink> Meeting<Said> for Collecting<'_, S> {
    fn take(&mut self, message: Message<Said>) -> ControlFlow<()> {
        self.hub.take(message, self.sink)
    }

    fn tick(&mut self) -> ControlFlow<()> {
        self.hub.tick(self.sink)
    }
}
