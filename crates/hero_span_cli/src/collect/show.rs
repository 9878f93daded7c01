//! A view as a collector's sink.

use std::io;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use hero_span_collector::{Forest, Sink, Update};

/// Shows what a collector hears.
pub(crate) trait View {
    fn take(&mut self, forest: &Forest, update: &Update<'_>) -> io::Result<()>;
    fn tick(&mut self, forest: &Forest) -> io::Result<()>;
}

/// Stops the collector when the view cannot write any more, or has shown
/// what was asked for.
pub(super) struct Show<V> {
    view: V,
    until: Until,
    open: usize,
    /// Since when no connection is open.
    idle: Instant,
    failure: Option<io::Error>,
}

/// When to stop by itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Until {
    /// Once a run is over.
    pub(super) once: bool,
    /// Once no connection has been open for so long.
    pub(super) idle: Option<Duration>,
}

impl<V: View> Show<V> {
    pub(super) fn new(view: V, until: Until) -> Self {
        Self {
            view,
            until,
            open: 0,
            idle: Instant::now(),
            failure: None,
        }
    }

    fn count(&mut self, update: &Update<'_>) {
        match update {
            Update::Opened(_) => self.open += 1,
            Update::Closed { .. } => {
                self.open = self.open.saturating_sub(1);
                self.idle = Instant::now();
            }
            _ => {}
        }
    }

    fn is_idle(&self) -> bool {
        let is_over = |most| self.open == 0 && self.idle.elapsed() >= most;
        self.until.idle.is_some_and(is_over)
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
        self.count(update);
        let result = self.view.take(forest, update);
        self.shown(result)?;
        match update {
            Update::RunOver(_) if self.until.once => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    fn tick(&mut self, forest: &Forest) -> ControlFlow<()> {
        if self.failure.is_some() || self.is_idle() {
            return ControlFlow::Break(());
        }
        let result = self.view.tick(forest);
        self.shown(result)
    }
}
