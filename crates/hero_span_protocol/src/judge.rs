//! The emit reading: what an SDK may send.

use crate::error::Violation;
use crate::event::Event;

/// Reads one line as [`crate::parse()`] does, and finds everything in it that
/// an SDK must not send. The event is there when a consumer would take it.
pub fn judge(line: &[u8]) -> (Option<Event<'_>>, Vec<Violation>) {
    unimplemented!("{line:?}")
}
