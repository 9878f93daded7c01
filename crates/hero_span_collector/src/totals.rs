//! What a collector has heard in all.

use std::collections::BTreeMap;

use hero_span_protocol::Clause;

use crate::tree::Counts;

/// What a collector has heard in all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Runs, each counted once however many processes it had.
    pub runs: u64,
    /// Connections, also those that said nothing.
    pub sessions: u64,
    /// Spans.
    pub spans: u64,
    /// Lines and losses.
    pub counts: Counts,
    /// Bad lines by the clause they break.
    pub rejected: BTreeMap<Clause, u64>,
}
