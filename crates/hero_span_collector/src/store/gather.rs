//! What changed since the last batch, gathered from what a hub hears.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

use hero_span_protocol::{Event, TimeMs};

use super::batch::{Batch, Remark, RunRow, RunState, SessionRow};
use super::keeper::Queue;
use crate::message::{Rejected, Skipped, Told};
use crate::sink::{Sink, Update};
use crate::tree::{Forest, Heard, RunId, SessionId, SpanKey};

/// Bytes of events after which a batch goes before it is due.
const BATCH_BYTES: usize = 1 << 20;

/// What an event costs in a batch beside its line, about: the event itself, as
/// it was parsed, and its rows.
const EVENT_BYTES: usize = 512;

/// What any other row costs, about.
pub(super) const ROW_BYTES: usize = 512;

/// Remarks kept of one connection; the rest is counted.
const REMARKS: u32 = 100;

/// Has what a hub hears stored: the sink before the queue.
#[derive(Debug)]
pub(crate) struct Gather {
    queue: Queue,
    now_ms: fn() -> f64,
    batch: Batch,
    /// Spans that changed, as events came: number, key, and whether that event
    /// was the first of it or its start.
    spans: Vec<(u64, SpanKey, bool)>,
    /// The connection of the latest event and its run, which are noted.
    latest: Option<(SessionId, RunId)>,
    sessions: BTreeSet<SessionId>,
    runs: BTreeSet<RunId>,
    /// Those of them that are over.
    over: BTreeSet<RunId>,
    /// Connections that are open.
    open: HashMap<SessionId, Noted>,
}

/// What is known of a connection beside its place in the forest.
#[derive(Debug, Clone, Copy)]
struct Noted {
    opened: f64,
    closed: Option<f64>,
    remarks: u32,
}

impl Gather {
    pub(crate) fn new(queue: Queue, now_ms: fn() -> f64) -> Self {
        Self {
            queue,
            now_ms,
            batch: Batch::default(),
            spans: Vec::new(),
            latest: None,
            sessions: BTreeSet::new(),
            runs: BTreeSet::new(),
            over: BTreeSet::new(),
            open: HashMap::new(),
        }
    }

    fn event(&mut self, session: SessionId, told: &Told<'_>, heard: &Heard) {
        self.batch.bytes += EVENT_BYTES + told.text.len();
        self.batch.add_event(session, told, heard);
        let has_begun = heard.is_new || matches!(told.event, Event::Start(_));
        self.spans.push((heard.number, heard.span, has_begun));
        let lost_in = heard.lost_in.iter();
        self.spans
            .extend(lost_in.map(|&(number, key)| (number, key, false)));
        self.join(&heard.joined);
        self.changed(session, heard.run);
    }

    /// All connections of a run that became part of another are in that now.
    fn join(&mut self, joined: &[(RunId, RunId)]) {
        for &(stays, goes) in joined {
            self.batch.joins.push((stays, goes));
            self.batch.bytes += ROW_BYTES;
            self.runs.remove(&goes);
            self.runs.insert(stays);
            self.latest = None;
        }
    }

    fn rejected(&mut self, session: SessionId, rejected: &Rejected) {
        let text = rejected.violation.to_string();
        let clause = Some(rejected.violation.clause);
        self.remark(session, |session| Remark {
            session,
            line: rejected.line,
            lines: rejected.lines,
            what: "rejected",
            clause,
            text,
        });
    }

    fn skipped(&mut self, session: SessionId, skipped: &Skipped) {
        self.remark(session, |session| Remark {
            session,
            line: skipped.line,
            lines: skipped.lines,
            what: "skipped",
            clause: None,
            text: skipped.type_name.clone(),
        });
    }

    fn torn(&mut self, session: SessionId, bytes: u64) {
        self.remark(session, |session| Remark {
            session,
            line: 0,
            lines: 1,
            what: "torn",
            clause: None,
            text: format!("{bytes} bytes without an LF"),
        });
    }

    fn remark(&mut self, session: SessionId, remark: impl FnOnce(u64) -> Remark) {
        let Some(noted) = self.open.get_mut(&session) else {
            return;
        };
        noted.remarks += 1;
        if noted.remarks <= REMARKS {
            self.batch.remarks.push(remark(session.0));
            self.batch.bytes += ROW_BYTES;
        }
    }

    fn changed(&mut self, session: SessionId, run: RunId) {
        // One connection mostly says many things, one after the other.
        if self.latest.replace((session, run)) != Some((session, run)) {
            self.sessions.insert(session);
            self.runs.insert(run);
        }
    }

    /// The session changed otherwise than by an event.
    fn changed_session(&mut self, forest: &Forest, session: SessionId) {
        self.sessions.insert(session);
        self.runs.extend(forest.run_of(session));
    }

    /// Sends what changed: rows of connections and runs with each load of
    /// events, so that whatever is in the file agrees with itself.
    fn flush(&mut self, forest: &Forest) {
        for session in std::mem::take(&mut self.sessions) {
            self.session_row(forest, session);
        }
        for run in std::mem::take(&mut self.runs) {
            self.run_row(forest, run);
        }
        self.over.clear();
        self.latest = None;
        self.span_rows(forest);
        let rows = self.batch.spans.len() + self.batch.sessions.len() + self.batch.runs.len();
        self.batch.bytes += rows * ROW_BYTES;
        if !self.batch.is_empty() {
            self.queue.push(std::mem::take(&mut self.batch));
        }
    }

    /// A row for each span that changed, by number.
    fn span_rows(&mut self, forest: &Forest) {
        let mut spans = std::mem::take(&mut self.spans);
        spans.sort_unstable_by_key(|(number, ..)| *number);
        for same in spans.chunk_by(|one, other| one.0 == other.0) {
            let has_begun = same.iter().any(|(.., has_begun)| *has_begun);
            if let Some(&(_, key, _)) = same.first() {
                self.batch.add_span(forest.span(key), has_begun);
            }
        }
        spans.clear();
        self.spans = spans;
    }

    /// A connection that has said nothing is in no run, and not stored.
    fn session_row(&mut self, forest: &Forest, id: SessionId) {
        let place = forest.session(id);
        let place = place.and_then(|session| Some((session, session.run()?)));
        let (Some((session, run)), Some(noted)) = (place, self.open.get(&id).copied()) else {
            return;
        };
        self.batch.sessions.push(SessionRow {
            record: session.record(id),
            run,
            opened: noted.opened,
            closed: noted.closed,
        });
        if noted.closed.is_some() {
            self.open.remove(&id);
        }
    }

    fn run_row(&mut self, forest: &Forest, id: RunId) {
        let Some(run) = forest.run(id) else {
            return;
        };
        self.batch.runs.push(RunRow {
            id,
            name: run.name().map(Into::into),
            state: RunState::of(run.roots()),
            is_over: self.over.contains(&id),
            began: run.first_time().map(TimeMs::as_f64),
            heard: run.last_time().map(TimeMs::as_f64),
            processes: run.sessions_ever(),
            connected: run.connected(),
            tally: run.tally(),
            counts: run.counts(),
        });
    }
}

impl Sink for Gather {
    fn take(&mut self, forest: &Forest, update: &Update<'_>) -> ControlFlow<()> {
        match update {
            Update::Opened(session) => {
                let noted = Noted {
                    opened: (self.now_ms)(),
                    closed: None,
                    remarks: 0,
                };
                self.open.insert(*session, noted);
            }
            Update::Event {
                session,
                told,
                heard,
            } => self.event(*session, told, heard),
            Update::Skipped(session, skipped) => {
                self.skipped(*session, skipped);
                self.changed_session(forest, *session);
            }
            Update::Rejected(session, rejected) => {
                self.rejected(*session, rejected);
                self.changed_session(forest, *session);
            }
            Update::Closed { session, torn, .. } => {
                torn.iter().for_each(|bytes| self.torn(*session, *bytes));
                if let Some(noted) = self.open.get_mut(session) {
                    noted.closed = Some((self.now_ms)());
                }
                self.changed_session(forest, *session);
                // A silent one is forgotten after this.
                if forest.run_of(*session).is_none() {
                    self.open.remove(session);
                }
            }
            Update::RunOver(run) => {
                self.runs.insert(*run);
                self.over.insert(*run);
                self.flush(forest);
            }
            Update::CannotAccept(_) => {}
        }
        if self.batch.bytes > BATCH_BYTES {
            self.flush(forest);
        }
        ControlFlow::Continue(())
    }

    fn tick(&mut self, forest: &Forest) -> ControlFlow<()> {
        self.flush(forest);
        ControlFlow::Continue(())
    }

    fn finish(&mut self, forest: &Forest) {
        self.flush(forest);
    }

    fn is_full(&self) -> bool {
        self.queue.is_full()
    }
}
