//! What a sink is told, noted to be compared with the file.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use hero_span_protocol::{Clause, TimeMs};
use tokio::time::Instant;

use super::Planted;
use crate::sink::{Sink, Update};
use crate::tree::{Counts, Ending, Forest, RunId, Tally};

/// A run as it was when it was told to be over.
#[derive(Debug, Clone)]
pub(super) struct Told {
    revision: u64,
    pub(super) outline: String,
    pub(super) tally: Tally,
    pub(super) counts: Counts,
    pub(super) processes: u64,
    pub(super) began: Option<f64>,
    pub(super) heard: Option<f64>,
}

#[derive(Debug, Default)]
pub(super) struct Notes {
    /// How each connection ended, and what had come over it.
    pub(super) closed: BTreeMap<u64, (Ending, Counts)>,
    pub(super) told: BTreeMap<u64, Told>,
    /// Runs without connections that were not told to be over, and since when.
    pub(super) untold: BTreeMap<u64, Instant>,
    pub(super) trace: DefaultHasher,
}

/// Notes what it is told.
#[derive(Debug)]
pub(super) struct Noting {
    pub(super) notes: Arc<Mutex<Notes>>,
    pub(super) begun: Instant,
    pub(super) planted: Planted,
}

impl Sink for Noting {
    fn take(&mut self, forest: &Forest, update: &Update<'_>) -> ControlFlow<()> {
        let mut notes = self.notes.lock().expect("whole");
        let at = self.begun.elapsed().as_millis();
        match update {
            Update::Closed {
                session, ending, ..
            } => {
                let counts = forest.session(*session).map(|session| session.counts());
                let closed = (*ending, counts.unwrap_or_default());
                notes.closed.insert(session.0, closed);
            }
            Update::RunOver(run) if self.planted != Planted::ForgottenRunOver => {
                notes.told.retain(|&id, _| forest.run(RunId(id)).is_some());
                if let Some(told) = told(forest, *run) {
                    notes.told.insert(run.0, told);
                }
            }
            _ => {}
        }
        let what = match update {
            Update::Event { told, heard, .. } => format!("{} {heard:?}", told.line),
            _ => format!("{update:?}"),
        };
        (at, what).hash(&mut notes.trace);
        ControlFlow::Continue(())
    }

    fn tick(&mut self, forest: &Forest) -> ControlFlow<()> {
        let mut notes = self.notes.lock().expect("whole");
        let over = forest.runs().filter(|(_, run)| run.connected() == 0);
        let untold = over.filter(|(id, run)| {
            let told = notes.told.get(&id.0);
            told.is_none_or(|told| told.revision != run.revision())
        });
        let since = |id| notes.untold.get(&id).copied().unwrap_or_else(Instant::now);
        notes.untold = untold.map(|(id, _)| (id.0, since(id.0))).collect();
        ControlFlow::Continue(())
    }
}

fn told(forest: &Forest, id: RunId) -> Option<Told> {
    let run = forest.run(id)?;
    Some(Told {
        revision: run.revision(),
        outline: outline(forest, id),
        tally: run.tally(),
        counts: forest.counts(id),
        processes: run.sessions_ever(),
        began: run.first_time().map(TimeMs::as_f64),
        heard: run.last_time().map(TimeMs::as_f64),
    })
}

/// A run's trees with all that is known of its spans. Empty where an id was
/// used twice: then a span may hang under either of those that have it, once
/// it is read again.
pub(super) fn outline(forest: &Forest, run: RunId) -> String {
    let mut text = String::new();
    let mut left = forest.roots(run);
    left.reverse();
    let mut depths = vec![0_usize; left.len()];
    while let (Some(key), Some(depth)) = (left.pop(), depths.pop()) {
        let span = forest.span(key);
        if span.flags().any(|clause| clause == Clause::TypeId) {
            return String::new();
        }
        let marks = [
            (forest.is_left_open(key), "gone"),
            (span.is_orphan(), "orphan"),
            (span.is_in_cycle(), "cycle"),
        ];
        let marks = marks.iter().filter(|(is, _)| *is).map(|(_, word)| *word);
        let marks: Vec<_> = marks.collect();
        let record = span.record();
        let _ = writeln!(text, "{:depth$}{marks:?} {record:?}", "");
        let children = forest.children(key);
        depths.extend(children.iter().map(|_| depth + 1));
        left.extend(children.into_iter().rev());
    }
    text
}
