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
