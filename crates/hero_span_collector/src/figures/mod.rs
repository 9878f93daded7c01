//! The collector's own figures: counted where things happen, read as numbers
//! or as Prometheus text.

mod serve;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::Duration;

use hero_span_protocol::Clause;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use serde::{Deserialize, Serialize};

pub use self::serve::{Exposed, expose};
use crate::totals::Totals;
use crate::tree::Counts;

/// Upper ends of the classes of commit times, in seconds.
const COMMIT_SECONDS: [f64; 8] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];

/// What a collector counts of itself. Clones share their numbers.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    pub(crate) connections: Counter,
    pub(crate) connected: Gauge,
    pub(crate) bytes: Counter,
    pub(crate) events: Counter,
    pub(crate) skipped: Counter,
    pub(crate) rejected: Family<Reason, Counter>,
    pub(crate) torn: Counter,
    pub(crate) lost: Counter,
    pub(crate) open_spans: Gauge,
    pub(crate) held_spans: Gauge,
    pub(crate) queue_bytes: Gauge,
    pub(crate) stored: Counter,
    pub(crate) unstored: Counter,
    pub(crate) commits: Counter,
    pub(crate) commit_failures: Counter,
    pub(crate) commit_seconds: Commits,
    /// Microseconds of all commits, and of the longest.
    commit_us: std::sync::Arc<(AtomicU64, AtomicI64)>,
}

/// Why lines were rejected: the clause that they break.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Reason {
    pub(crate) clause: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Commits(Histogram);

impl Default for Commits {
    fn default() -> Self {
        Self(Histogram::new(COMMIT_SECONDS))
    }
}

/// The figures at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Snapshot {
    /// Connections that were ever accepted.
    pub connections: u64,
    /// Connections that are open.
    pub connected: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Lines that were events.
    pub events: u64,
    /// Lines of a type that is not known.
    pub skipped: u64,
    /// Bad lines by the clause that they break.
    pub rejected: BTreeMap<String, u64>,
    /// Last lines without their LF.
    pub torn: u64,
    /// Events that producers dropped.
    pub lost: u64,
    /// Spans without an end, in memory.
    pub open_spans: u64,
    /// Spans in memory.
    pub held_spans: u64,
    /// Bytes that wait to be stored.
    pub queue_bytes: u64,
    /// Events that were stored since the collector began.
    pub stored: u64,
    /// Events that could not be stored.
    pub unstored: u64,
    /// Transactions that were committed.
    pub commits: u64,
    /// Transactions that failed.
    pub commit_failures: u64,
    /// What a commit takes on average, in milliseconds.
    pub commit_ms: f64,
    /// What the longest commit took, in milliseconds.
    pub longest_commit_ms: f64,
}

impl Figures {
    pub(crate) fn reject(&self, clause: Clause, lines: u64) {
        let clause = clause.id().to_owned();
        self.rejected
            .get_or_create(&Reason { clause })
            .inc_by(lines);
    }

    pub(crate) fn committed(&self, events: u64, took: Duration) {
        use std::sync::atomic::Ordering::Relaxed;
        self.commits.inc();
        self.stored.inc_by(events);
        self.commit_seconds.0.observe(took.as_secs_f64());
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.commit_us.0.fetch_add(us, Relaxed);
        self.commit_us.1.fetch_max(us.cast_signed(), Relaxed);
    }

    /// The figures as one line of the log.
    pub(crate) fn log(&self) {
        let now = self.snapshot();
        tracing::info!(
            connected = now.connected,
            events = now.events,
            rejected = now.rejected.values().sum::<u64>(),
            skipped = now.skipped,
            lost = now.lost,
            open_spans = now.open_spans,
            queue_bytes = now.queue_bytes,
            stored = now.stored,
            unstored = now.unstored,
            longest_commit_ms = now.longest_commit_ms,
            "figures"
        );
    }

    /// The figures as they are now.
    pub fn snapshot(&self) -> Snapshot {
        use std::sync::atomic::Ordering::Relaxed;
        let count = |gauge: &Gauge| u64::try_from(gauge.get()).unwrap_or(0);
        let commits = self.commits.get();
        let us = self.commit_us.0.load(Relaxed);
        let rejected = self.rejections().into_iter();
        Snapshot {
            connections: self.connections.get(),
            connected: count(&self.connected),
            bytes: self.bytes.get(),
            events: self.events.get(),
            skipped: self.skipped.get(),
            rejected: rejected
                .map(|(clause, lines)| (clause.id().to_owned(), lines))
                .collect(),
            torn: self.torn.get(),
            lost: self.lost.get(),
            open_spans: count(&self.open_spans),
            held_spans: count(&self.held_spans),
            queue_bytes: count(&self.queue_bytes),
            stored: self.stored.get(),
            unstored: self.unstored.get(),
            commits,
            commit_failures: self.commit_failures.get(),
            commit_ms: us as f64 / 1e3 / commits.max(1) as f64,
            longest_commit_ms: self.commit_us.1.load(Relaxed) as f64 / 1e3,
        }
    }

    /// What came in all, runs and spans aside.
    pub(crate) fn totals(&self) -> Totals {
        let rejected = self.rejections();
        Totals {
            sessions: self.connections.get(),
            counts: Counts {
                events: self.events.get(),
                skipped: self.skipped.get(),
                rejected: rejected.values().sum(),
                torn: self.torn.get(),
                lost: self.lost.get(),
            },
            rejected,
            ..Totals::default()
        }
    }

    fn rejections(&self) -> BTreeMap<Clause, u64> {
        let lines = |clause: &Clause| {
            let reason = Reason {
                clause: clause.id().to_owned(),
            };
            Some((*clause, self.rejected.get(&reason)?.get()))
        };
        Clause::ALL.iter().filter_map(lines).collect()
    }

    fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix("hero_span");
        let mut counter = |name: &str, help: &str, counter: &Counter| {
            registry.register(name, help, counter.clone());
        };
        counter("connections", "Connections accepted", &self.connections);
        counter("read_bytes", "Bytes read", &self.bytes);
        counter("events", "Lines that were events", &self.events);
        counter("skipped_lines", "Lines of an unknown type", &self.skipped);
        counter("torn_lines", "Last lines without their LF", &self.torn);
        counter("lost_events", "Events that producers dropped", &self.lost);
        counter("stored_events", "Events that were stored", &self.stored);
        counter(
            "unstored_events",
            "Events that could not be stored",
            &self.unstored,
        );
        counter(
            "store_failures",
            "Transactions that failed",
            &self.commit_failures,
        );
        registry.register(
            "rejected_lines",
            "Bad lines by the clause that they break",
            self.rejected.clone(),
        );
        let mut gauge = |name: &str, help: &str, gauge: &Gauge| {
            registry.register(name, help, gauge.clone());
        };
        gauge("connected", "Connections that are open", &self.connected);
        gauge(
            "open_spans",
            "Spans in memory without an end",
            &self.open_spans,
        );
        gauge("held_spans", "Spans in memory", &self.held_spans);
        gauge(
            "queue_bytes",
            "Bytes that wait to be stored",
            &self.queue_bytes,
        );
        registry.register_with_unit(
            "store_commit",
            "How long transactions take",
            Unit::Seconds,
            self.commit_seconds.0.clone(),
        );
        registry
    }

    /// The figures as Prometheus and OpenMetrics read them.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut text, &self.registry());
        text
    }
}
