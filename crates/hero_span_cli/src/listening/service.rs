//! What a service manager wants to know: `NOTIFY_SOCKET`, as systemd sets it.
//! Without one, nobody is told.

use hero_span_collector::Listener;
use hero_span_protocol::printable;
use sd_notify::NotifyState::{self, Ready, Status, Stopping};

/// Tells it that connections are accepted from now on.
pub(crate) fn ready(listener: &Listener) {
    let path = listener.path().to_string_lossy();
    let status = format!("Listening on {}", printable(&path));
    tell(&[Ready, Status(&status)]);
}

/// Tells it that the end has begun.
pub(crate) fn stopping() {
    tell(&[Stopping, Status("Reading what was sent")]);
}

/// No reason not to work, but a manager that waits in vain will kill us, and
/// somebody will want to know why.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        anstream::eprintln!("hero-span: cannot tell the service manager: {error}");
    }
}
