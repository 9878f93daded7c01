//! Stops a run from elsewhere.

use tokio::sync::watch;

use crate::words::Signal;

/// Stops a run, from any task: what [`Supervised::stopper`] gives. It may
/// outlive the run.
///
/// [`Supervised::stopper`]: crate::Supervised::stopper
#[derive(Clone, Debug)]
pub struct Stopper {
    asked: watch::Sender<Option<Signal>>,
}

impl Stopper {
    pub(super) fn new() -> Self {
        let asked = watch::Sender::new(None);
        Self { asked }
    }

    /// Asks the run to end: it gets the signal, and SIGKILL when its time of
    /// grace is over. [`Signal::Interrupt`] lets a Python flow end its spans as
    /// cancelled; [`Signal::Kill`] gives no time, also to a run that was asked
    /// before. Of several others the first counts.
    pub fn stop(&self, signal: Signal) {
        self.asked.send_if_modified(|asked| {
            let counts = asked.is_none() || signal == Signal::Kill;
            if counts {
                *asked = Some(signal);
            }
            counts
        });
    }

    /// What was asked, once something was.
    pub(super) async fn asked(&self) -> Signal {
        self.until(|asked| asked).await
    }

    /// Until no time is to be given.
    pub(super) async fn killed(&self) {
        self.until(|asked| asked.filter(|signal| *signal == Signal::Kill))
            .await;
    }

    async fn until(&self, found: impl Fn(Option<Signal>) -> Option<Signal>) -> Signal {
        let mut changes = self.asked.subscribe();
        loop {
            if let Some(signal) = found(*changes.borrow_and_update()) {
                return signal;
            }
            // It cannot fail: this holds the sender.
            let _ = changes.changed().await;
        }
    }
}
