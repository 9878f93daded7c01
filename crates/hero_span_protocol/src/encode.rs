//! Events as lines.

use crate::event::Event;

/// Appends the event as one line with its LF: compact, with the escapes that
/// JSON needs and no others. Nothing is cut: see [`crate::limits`].
pub fn encode(event: &Event<'_>, out: &mut Vec<u8>) {
    unimplemented!("{event:?} {out:?}")
}
