//! One word to everybody: the collector stops.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Says it. Dropping it says it too, for then the collector is gone.
#[derive(Debug)]
pub(crate) struct Stopping(Stop);

/// Hears it, also when it was said before.
///
/// It is a semaphore without permits: unlike a watch channel it wakes those
/// who wait in the order in which they began to, so that one simulation is
/// like the other.
#[derive(Debug, Clone)]
pub(crate) struct Stop(Arc<Semaphore>);

pub(crate) fn stopping() -> (Stopping, Stop) {
    let stop = Stop(Arc::new(Semaphore::new(0)));
    (Stopping(stop.clone()), stop)
}

impl Stopping {
    pub(crate) fn say(&self) {
        self.0.0.close();
    }

    pub(crate) fn is_said(&self) -> bool {
        self.0.0.is_closed()
    }
}

impl Drop for Stopping {
    fn drop(&mut self) {
        self.say();
    }
}

impl Stop {
    /// Waits until the collector stops.
    pub(crate) async fn heard(&self) {
        // Nobody gives permits: it returns once it is closed.
        let _ = self.0.acquire().await;
    }
}
