//! A view as a collector's sink.

use std::io;
use std::ops::ControlFlow;

use hero_span_collector::{Forest, Sink, Update};

/// Shows what a collector hears.
pub(super) trait View {
    fn take(&mut self, forest: &Forest, update: &Update<'_>) -> io::Result<()>;
    fn tick(&mut self, forest: &Forest) -> io::Result<()>;
}

/// Stops the collector when the view cannot write any more, or has shown
/// what was asked for.
pub(super) struct Show<V> {
    view: V,
    once: bool,
    failure: Option<io::Error>,
}

impl<V: View> Show<V> {
    pub(super) fn new(view: V, once: bool) -> Self {
        Self {
            view,
            once,
            failure: None,
        }
    }

    pub(super) fn finish(self) -> io::Result<()> {
        self.failure.map_or(Ok(()), Err)
    }

    fn shown(&mut self, result: io::Result<()>) -> ControlFlow<()> {
        match result {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failure = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}

impl<V: View> Sink for Show<V> {
    fn take(&mut self, forest: &Forest, update: &Update<'_>) -> ControlFlow<()> {
        if self.failure.is_some() {
            return ControlFlow::Break(());
        }
        let result = self.view.take(forest, update);
        self.shown(result)?;
        match update {
            Update::RunOver(_) if self.once => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    fn tick(&mut self, forest: &Forest) -> ControlFlow<()> {
        if self.failure.is_some() {
            return ControlFlow::Break(());
        }
        let result = self.view.tick(forest);
        self.shown(result)
    }
}
