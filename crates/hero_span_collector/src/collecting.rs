//! Where the bytes of all connections meet: each is read by rules of its own,
//! and the hub hears what they say.

use std::ops::ControlFlow;

use crate::hub::{Hub, stronger};
use crate::message::{Message, Said};
use crate::reader::Reader;
use crate::serve::Meeting;
use crate::session::Reading;
use crate::sink::Sink;
use crate::tap::Tapped;
use crate::tree::{ByNumber, SessionId};

/// Bytes in, trees and a sink out. Lines are read here and not where the bytes
/// came from: so an event can borrow from them until all have heard it.
pub(crate) struct Collecting<'a, S> {
    pub(crate) hub: Hub,
    pub(crate) sink: &'a mut S,
    readers: ByNumber<SessionId, Reader>,
}

impl<'a, S: Sink> Collecting<'a, S> {
    pub(crate) fn new(hub: Hub, sink: &'a mut S) -> Self {
        Self {
            hub,
            sink,
            readers: ByNumber::default(),
        }
    }

    fn read(&mut self, id: SessionId, bytes: &[u8]) -> ControlFlow<()> {
        let Self { hub, sink, readers } = self;
        let mut flow = ControlFlow::Continue(());
        readers.entry(id).or_default().read(bytes, |said| {
            flow = stronger(flow, hub.hear(id, said, *sink));
        });
        flow
    }
}

impl<S: Sink> Meeting<Tapped> for Collecting<'_, S> {
    fn take(&mut self, message: Message<Tapped>) -> ControlFlow<()> {
        match message {
            Message::Session(id, Tapped::Bytes(bytes)) => self.read(id, &bytes),
            Message::Session(id, Tapped::Opened) => self.hub.hear(id, &Said::Opened, self.sink),
            Message::Session(id, Tapped::Closed(ending)) => {
                let reader = self.readers.remove(&id).unwrap_or_default();
                self.hub.hear(id, &reader.close(ending), self.sink)
            }
            Message::CannotAccept(error) => self.hub.take(Message::CannotAccept(error), self.sink),
        }
    }

    fn tick(&mut self) -> ControlFlow<()> {
        self.hub.tick(self.sink)
    }

    fn is_full(&self) -> bool {
        self.sink.is_full()
    }
}
