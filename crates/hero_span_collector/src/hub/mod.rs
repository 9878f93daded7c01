//! Where all connections meet: the forest grows, sinks are told, and runs
//! are found to be over. Pure but for what sinks do.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;

use crate::figures::Figures;
use crate::message::{Message, Rejected, Said, Told};
use crate::sink::{Sink, Update};
use crate::totals::Totals;
use crate::tree::{ByNumber, Ending, Forest, RunId, SessionId};

/// How many ticks a run without connections waits for another process of it
/// to connect: a fork may outlive its parent, and a connection that was made
/// before another one closed may still be in the queue.
const SETTLE_TICKS: u32 = 3;

/// How many ended spans are held for those who look at what runs now, and how
/// many spans in all; see [`Forest::shed`].
const KEEP_ENDED: usize = 50_000;
const KEEP_IN_ALL: usize = 1_000_000;

/// Runs that are over are kept for processes that join them late, up to so
/// many spans in all and so many runs.
const KEEP_SPANS: usize = 100_000;
const KEEP_RUNS: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct Hub {
    forest: Forest,
    figures: Figures,
    /// Runs without connections.
    settling: BTreeMap<RunId, Settling>,
    /// Connections that have said nothing yet, and for how many ticks.
    silent: ByNumber<SessionId, u32>,
    /// Runs that are over, in the order they were told.
    over: VecDeque<RunId>,
}

#[derive(Debug, Default)]
struct Settling {
    revision: u64,
    ticks: u32,
    told: bool,
}

impl Hub {
    pub(crate) fn new(forest: Forest, figures: Figures) -> Self {
        Self {
            forest,
            figures,
            ..Self::default()
        }
    }

    pub(crate) fn figures(&self) -> &Figures {
        &self.figures
    }

    pub(crate) fn take(
        &mut self,
        message: Message<Said<'_>>,
        sink: &mut impl Sink,
    ) -> ControlFlow<()> {
        match message {
            Message::Session(id, said) => self.hear(id, &said, sink),
            Message::CannotAccept(error) => sink.take(&self.forest, &Update::CannotAccept(&error)),
        }
    }

    /// Finds the runs that are over, and lets the sink do what is due. Only
    /// then is anything let go: a sink may wait for its tick to look at what
    /// has changed.
    pub(crate) fn tick(&mut self, sink: &mut impl Sink) -> ControlFlow<()> {
        let mut flow = ControlFlow::Continue(());
        for run in self.settle() {
            flow = stronger(flow, self.run_over(run, sink));
        }
        let flow = stronger(flow, sink.tick(&self.forest));
        self.forget_oldest();
        self.forest.shed(KEEP_ENDED, KEEP_IN_ALL);
        self.gauge();
        flow
    }

    /// The collector has stopped: whatever is left is over.
    pub(crate) fn finish(mut self, sink: &mut impl Sink) -> Totals {
        for run in self.left() {
            // There is nothing left to stop.
            let _ = self.run_over(run, sink);
        }
        sink.finish(&self.forest);
        self.gauge();
        Totals {
            runs: self.forest.runs_ever(),
            spans: self.forest.spans_ever(),
            ..self.figures.totals()
        }
    }

    fn gauge(&self) {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let held = self.forest.span_count();
        let open = held.saturating_sub(self.forest.ended_count());
        self.figures.held_spans.set(count(held));
        self.figures.open_spans.set(count(open));
    }

    /// The runs of which something is still to be told.
    fn left(&self) -> Vec<RunId> {
        let told = |id, revision| {
            let settling = self.settling.get(&id);
            settling.is_some_and(|settling| settling.told && settling.revision == revision)
        };
        let runs = self.forest.runs();
        let left = runs.filter(|(id, run)| !told(*id, run.revision()));
        left.map(|(id, _)| id).collect()
    }

    /// What a connection says.
    pub(crate) fn hear(
        &mut self,
        id: SessionId,
        said: &Said<'_>,
        sink: &mut impl Sink,
    ) -> ControlFlow<()> {
        match said {
            Said::Opened => self.open(id, sink),
            Said::Event(told) => self.event(id, told, sink),
            Said::Skipped(skipped) => {
                self.silent.remove(&id);
                self.figures.skipped.inc_by(skipped.lines);
                self.forest.skip(id, skipped.lines);
                sink.take(&self.forest, &Update::Skipped(id, skipped))
            }
            Said::Rejected(rejected) => self.reject(id, rejected, sink),
            Said::Closed { ending, torn } => self.close(id, *ending, *torn, sink),
        }
    }

    fn open(&mut self, id: SessionId, sink: &mut impl Sink) -> ControlFlow<()> {
        self.figures.connections.inc();
        self.figures.connected.inc();
        self.silent.insert(id, 0);
        self.forest.open(id);
        sink.take(&self.forest, &Update::Opened(id))
    }

    fn event(
        &mut self,
        session: SessionId,
        told: &Told<'_>,
        sink: &mut impl Sink,
    ) -> ControlFlow<()> {
        if !self.silent.is_empty() {
            self.silent.remove(&session);
        }
        self.figures.events.inc();
        if told.lost > 0 {
            self.figures.lost.inc_by(told.lost);
        }
        // What a loss explains, its producer need not have done.
        let broken = told
            .findings
            .iter()
            .filter(|found| !found.explained_by_loss);
        let flags: Vec<_> = broken.map(|found| found.clause).collect();
        let heard = self.forest.hear(session, &told.event, &flags, told.lost);
        let update = Update::Event {
            session,
            told,
            heard,
        };
        sink.take(&self.forest, &update)
    }

    fn reject(
        &mut self,
        id: SessionId,
        rejected: &Rejected,
        sink: &mut impl Sink,
    ) -> ControlFlow<()> {
        self.silent.remove(&id);
        let clause = rejected.violation.clause;
        self.figures.reject(clause, rejected.lines);
        self.forest.reject(id, rejected.lines);
        sink.take(&self.forest, &Update::Rejected(id, rejected))
    }

    fn close(
        &mut self,
        session: SessionId,
        ending: Ending,
        torn: Option<u64>,
        sink: &mut impl Sink,
    ) -> ControlFlow<()> {
        if torn.is_some() {
            self.silent.remove(&session);
            self.figures.torn.inc();
            self.forest.tear(session);
        }
        self.figures.connected.dec();
        self.forest.close(session, ending);
        let update = Update::Closed {
            session,
            ending,
            torn,
        };
        let flow = sink.take(&self.forest, &update);
        self.silent.remove(&session);
        self.forest.forget_silent(session);
        flow
    }

    /// One tick on: the runs that are over with it.
    fn settle(&mut self) -> Vec<RunId> {
        let mut quiet = true;
        for ticks in self.silent.values_mut() {
            quiet &= *ticks >= SETTLE_TICKS;
            *ticks += 1;
        }
        let forest = &self.forest;
        self.settling.retain(|run, _| forest.run(*run).is_some());
        let mut over = Vec::new();
        for (id, run) in forest.runs().filter(|(_, run)| run.connected() == 0) {
            let settling = self.settling.entry(id).or_default();
            if settling.is_over(run.revision(), quiet) {
                over.push(id);
            }
        }
        over
    }

    fn run_over(&mut self, run: RunId, sink: &mut impl Sink) -> ControlFlow<()> {
        self.over.push_back(run);
        sink.take(&self.forest, &Update::RunOver(run))
    }

    fn forget_oldest(&mut self) {
        while self.over.len() > KEEP_RUNS
            || (self.forest.span_count() > KEEP_SPANS && !self.over.is_empty())
        {
            let Some(run) = self.over.pop_front() else {
                return;
            };
            let is_over = |settling: &Settling| settling.told;
            if self.settling.get(&run).is_some_and(is_over) && self.is_closed(run) {
                self.forest.forget(run);
            }
        }
    }

    fn is_closed(&self, run: RunId) -> bool {
        self.forest.run(run).is_some_and(|run| run.connected() == 0)
    }
}

impl Settling {
    /// Whether the run is over with this tick; said once, and again only when
    /// something came since.
    fn is_over(&mut self, revision: u64, quiet: bool) -> bool {
        if self.revision != revision {
            *self = Self {
                revision,
                ..Self::default()
            };
        }
        self.ticks += u32::from(quiet);
        let over = !self.told && self.ticks > SETTLE_TICKS;
        self.told |= over;
        over
    }
}

/// Of two, the one that breaks.
pub(crate) fn stronger(one: ControlFlow<()>, other: ControlFlow<()>) -> ControlFlow<()> {
    if one.is_break() { one } else { other }
}
