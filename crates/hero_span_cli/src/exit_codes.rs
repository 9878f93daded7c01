//! What the exit code of `hero-span` says. Scripts rely on these numbers. The
//! conformance suite has its own, with the same meaning.

/// Done; of a judgement: it conforms; of a comparison: there is no difference.
pub(crate) const OK: u8 = 0;

/// Judged, and found not to conform; compared, and found to differ.
pub(crate) const VIOLATIONS: u8 = 1;

/// Not done: wrong arguments, or a file, socket or directory that cannot be
/// used. The arguments' parser ends with this number too.
pub(crate) const USAGE: u8 = 2;

/// There was nothing to judge.
pub(crate) const NOTHING: u8 = 3;

/// A list of what is known or approved is out of date.
pub(crate) const STALE: u8 = 4;

/// A flow was out of time. These follow `timeout` and `env`.
pub(crate) const OUT_OF_TIME: u8 = 124;

/// What a flow ran under was lost.
pub(crate) const LOST: u8 = 125;

/// A flow's file cannot be loaded.
pub(crate) const BROKEN: u8 = 126;

/// A flow's interpreter cannot be started.
pub(crate) const NOT_STARTED: u8 = 127;

/// A flow was cancelled: what a shell says after Ctrl-C.
pub(crate) const CANCELLED: u8 = 130;
