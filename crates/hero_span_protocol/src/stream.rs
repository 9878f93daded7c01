//! The stream rules (`rule.*`) as a state machine over one connection.

mod memory;

use std::collections::HashSet;

use crate::by_id::ById;
use crate::contract::Clause;
use crate::error::Violation;
use crate::event::{Event, SpanStart};
use crate::id::SpanId;
use crate::time::TimeMs;

use self::memory::Memory;

/// A breach of a stream rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub clause: Clause,
    /// The span of the event that broke it.
    pub span_id: SpanId,
    /// What the rule asks for.
    pub expected: String,
    /// What the event did.
    pub found: String,
    /// Whether an event that never arrived, could not be read or was forgotten
    /// may explain it: then the sender need not have broken the rule.
    pub explained_by_loss: bool,
}

impl From<Finding> for Violation {
    fn from(finding: Finding) -> Self {
        Self::new(finding.clause, finding.expected, finding.found)
    }
}

/// What is known of one connection so far: give it each line in turn.
///
/// It decides `rule.start-first`, `rule.start-once`, `rule.end-last`,
/// `rule.end-once`, `rule.parent-started`, `rule.time-order`,
/// `rule.seq-rises` and `rule.producer-first`. Each breach is found once: what
/// follows from it is judged as if the event had been meant.
///
/// It keeps some 40 bytes for each span, also of ended ones: their ids must
/// not come again. [`Stream::remembering`] is for connections that go on for
/// longer than there is memory.
#[derive(Debug, Default)]
pub struct Stream {
    spans: ById<Span>,
    parents: Option<HashSet<SpanId>>,
    met: u32,
    seq: Seq,
    producer: Seen,
    /// `None` remembers all spans.
    memory: Option<Memory>,
    /// Whether a line could not be read so far.
    has_unread: bool,
}

/// What is known of an id.
#[derive(Debug, Clone, Copy)]
enum Span {
    /// Only that it is the parent of a span that has started.
    Named { child: SpanId },
    /// What its events said.
    Met(Met),
}

impl Span {
    /// Whether it is the one that began in that order, and is open.
    fn is_open(&self, order: u32) -> bool {
        matches!(self, Self::Met(met) if met.is_open && met.order == order)
    }
}

#[derive(Debug, Clone, Copy)]
struct Met {
    last: TimeMs,
    order: u32,
    is_open: bool,
    start: Seen,
}

impl Met {
    /// A start of a span that is known.
    fn start_again(&self, id: SpanId, findings: &mut Findings) {
        let expected = format!("one {} of {id}", SpanStart::TYPE);
        match self.start {
            Seen::Yes if self.is_open => {
                findings.add(Clause::RuleStartOnce, expected, "another while it is open");
            }
            Seen::Yes => findings.add(Clause::RuleStartOnce, expected, "another after its end"),
            Seen::Excused => {
                let expected = format!("{} as the first event of {id}", SpanStart::TYPE);
                findings.add(Clause::RuleStartFirst, expected, "it after other events");
            }
            _ => {}
        }
    }

    /// A tag, a log or an end of a span that is known.
    fn go_on(&mut self, event: &Event<'_>, findings: &mut Findings) {
        let (id, name) = (event.span_id(), event.type_name());
        let is_end = matches!(event, Event::End(_));
        if event.ts_ms() < self.last {
            let expected = format!("a ts_ms of {id} from {} on", self.last);
            findings.add(Clause::RuleTimeOrder, expected, event.ts_ms().to_string());
        }
        if !self.is_open && is_end {
            findings.add(
                Clause::RuleEndOnce,
                format!("one {name} of {id}"),
                "another",
            );
        } else if !self.is_open {
            let expected = format!("no {name} after the end of {id}");
            findings.add(Clause::RuleEndLast, expected, "one");
        }
        self.last = event.ts_ms();
        self.is_open &= !is_end;
    }
}

/// Whether what must come first has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Seen {
    /// Nothing has come.
    #[default]
    Nothing,
    /// Something that was skipped, which may have been it.
    Unknown,
    /// It has come.
    Yes,
    /// Something else came first, which a loss may explain.
    Excused,
    /// Something else came first.
    No,
}

/// The numbers of the events.
#[derive(Debug, Default)]
struct Seq {
    last: Option<u64>,
    /// Lines since the last number that had none, or could not be read: they
    /// account for as many missing numbers.
    unnumbered: u64,
    lost: u64,
}

impl Seq {
    /// Takes the next number; `Err` with the one before when it does not rise.
    fn take(&mut self, seq: Option<u64>) -> Result<(), u64> {
        let Some(seq) = seq else {
            self.unnumbered += 1;
            return Ok(());
        };
        let unnumbered = std::mem::take(&mut self.unnumbered);
        match self.last.replace(seq) {
            Some(last) if seq <= last => Err(last),
            last => {
                let due = last.map_or(0, |last| last.saturating_add(1));
                let missing = (seq - due).saturating_sub(unnumbered);
                self.lost = self.lost.saturating_add(missing);
                Ok(())
            }
        }
    }
}

/// The findings of one event.
struct Findings {
    span_id: SpanId,
    /// Whether something was lost before this event.
    after_loss: bool,
    list: Vec<Finding>,
}

impl Findings {
    /// A breach that no loss explains.
    fn add(&mut self, clause: Clause, expected: impl Into<String>, found: impl Into<String>) {
        self.push(clause, expected.into(), found.into(), false);
    }

    /// A breach that something lost explains, if something was lost. Returns
    /// what is known now of what should have come.
    fn add_missing(
        &mut self,
        clause: Clause,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Seen {
        self.push(clause, expected.into(), found.into(), self.after_loss);
        if self.after_loss {
            Seen::Excused
        } else {
            Seen::No
        }
    }

    fn push(&mut self, clause: Clause, expected: String, found: String, explained_by_loss: bool) {
        self.list.push(Finding {
            clause,
            span_id: self.span_id,
            expected,
            found,
            explained_by_loss,
        });
    }
}

impl Stream {
    /// At the beginning of a connection. A parent that never starts on it
    /// counts as another producer's.
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`Self::new`], but remembering only so many ended spans, and so many
    /// parents that are only named: the latest. Open spans are all remembered.
    ///
    /// What is said of a span that was forgotten is judged as if it had never
    /// been heard of: what breaks `rule.end-last` or `rule.end-once` is found
    /// to break `rule.start-first`, and a span that starts again after its
    /// end (`rule.start-once`), or a parent that starts after its child
    /// (`rule.parent-started`), to break nothing.
    pub fn remembering(ended: usize) -> Self {
        Self {
            memory: Some(Memory::of(ended)),
            ..Self::default()
        }
    }

    /// Remembers also of open spans only so many, or up to twice as many: the
    /// latest. Once one was forgotten, that explains whatever a loss would.
    #[must_use]
    pub fn with_most_open(mut self, most: usize) -> Self {
        let memory = self.memory.get_or_insert_with(|| Memory::of(usize::MAX));
        memory.limit_open(most);
        self
    }

    /// As [`Self::new`], but the only parents of other producers are these:
    /// any other parent that has not started breaks `rule.parent-started` at
    /// once.
    pub fn with_parents(parents: HashSet<SpanId>) -> Self {
        Self {
            parents: Some(parents),
            ..Self::default()
        }
    }

    /// Takes the next event of the connection and says which rules it breaks.
    pub fn observe(&mut self, event: &Event<'_>) -> Vec<Finding> {
        let risen = self.seq.take(event.seq());
        let lacks_open = self.memory.as_ref().is_some_and(Memory::lacks_open);
        let mut findings = Findings {
            span_id: event.span_id(),
            after_loss: self.has_unread || self.seq.lost > 0 || lacks_open,
            list: Vec::new(),
        };
        if let (Err(last), Some(seq)) = (risen, event.seq()) {
            let expected = format!("a seq above {last}");
            findings.add(Clause::RuleSeqRises, expected, seq.to_string());
        }
        self.see_producer(event, &mut findings);
        match event {
            Event::Start(start) => self.start(start, &mut findings),
            _ => self.go_on(event, &mut findings),
        }
        findings.list
    }

    fn see_producer(&mut self, event: &Event<'_>, findings: &mut Findings) {
        const RULE: Clause = Clause::RuleProducerFirst;
        let has_producer = event.producer().is_some();
        self.producer = match self.producer {
            Seen::Nothing if !has_producer => {
                findings.add_missing(RULE, "producer on the first event", "none")
            }
            Seen::Yes | Seen::Excused if has_producer => {
                findings.add(
                    RULE,
                    "producer on the first event only",
                    "it on a later one",
                );
                Seen::Yes
            }
            _ if has_producer => Seen::Yes,
            seen => seen,
        };
    }

    fn start(&mut self, event: &SpanStart<'_>, findings: &mut Findings) {
        let id = event.span_id;
        match self.spans.get(&id) {
            Some(Span::Met(met)) => met.start_again(id, findings),
            Some(Span::Named { child }) => findings.add(
                Clause::RuleParentStarted,
                format!("the start of {id} before that of its child {child}"),
                "it after",
            ),
            None => {}
        }
        if let Some(parent) = event.parent_span_id {
            self.name_parent(parent, id, findings);
        }
        self.meet(id, event.ts_ms, Seen::Yes, true);
    }

    fn name_parent(&mut self, parent: SpanId, child: SpanId, findings: &mut Findings) {
        const RULE: Clause = Clause::RuleParentStarted;
        let expected = || format!("a parent that started before {child}");
        if parent == child {
            findings.add(RULE, expected(), "the span itself");
            return;
        }
        let is_foreign = |parents: &HashSet<_>| parents.contains(&parent);
        if self.spans.contains_key(&parent) {
            return;
        }
        if self.parents.as_ref().is_none_or(is_foreign) {
            self.spans.insert(parent, Span::Named { child });
            self.forget_named(parent, child);
        } else {
            let _seen = findings.add_missing(RULE, expected(), format!("{parent}, never started"));
        }
    }

    /// A tag, a log or an end.
    fn go_on(&mut self, event: &Event<'_>, findings: &mut Findings) {
        let id = event.span_id();
        if let Some(Span::Met(met)) = self.spans.get_mut(&id) {
            let (was_open, order) = (met.is_open, met.order);
            met.go_on(event, findings);
            if was_open && !met.is_open {
                self.forget_ended(id, order);
            }
            return;
        }
        let expected = format!("{} as the first event of {id}", SpanStart::TYPE);
        let start = findings.add_missing(Clause::RuleStartFirst, expected, event.type_name());
        let is_open = !matches!(event, Event::End(_));
        self.meet(id, event.ts_ms(), start, is_open);
    }

    fn meet(&mut self, id: SpanId, last: TimeMs, start: Seen, is_open: bool) {
        let met = Met {
            last,
            order: self.met,
            is_open,
            start,
        };
        self.met = self.met.saturating_add(1);
        self.spans.insert(id, Span::Met(met));
        if is_open {
            self.forget_open(id, met.order);
        } else {
            self.forget_ended(id, met.order);
        }
    }

    /// A span has begun: remembers it, and forgets the oldest for it.
    fn forget_open(&mut self, id: SpanId, order: u32) {
        let Some(memory) = &mut self.memory else {
            return;
        };
        let spans = &self.spans;
        let is_open = |id, order| spans.get(&id).is_some_and(|span| span.is_open(order));
        for (id, order) in memory.begin(id, order, is_open) {
            self.forget(id, |span| span.is_open(order));
        }
    }

    /// A span has ended: remembers it, and forgets the oldest for it.
    fn forget_ended(&mut self, id: SpanId, order: u32) {
        let Some(memory) = &mut self.memory else {
            return;
        };
        let Some((id, order)) = memory.end(id, order) else {
            return;
        };
        self.forget(
            id,
            |span| matches!(span, Span::Met(met) if !met.is_open && met.order == order),
        );
    }

    /// A parent was named: remembers it, and forgets the oldest for it.
    fn forget_named(&mut self, parent: SpanId, child: SpanId) {
        let Some(memory) = &mut self.memory else {
            return;
        };
        let Some((id, first)) = memory.name(parent, child) else {
            return;
        };
        self.forget(
            id,
            |span| matches!(span, Span::Named { child } if *child == first),
        );
    }

    fn forget(&mut self, id: SpanId, is_the_same: impl FnOnce(&Span) -> bool) {
        if self.spans.get(&id).is_some_and(is_the_same) {
            self.spans.remove(&id);
            let kept = self.spans.len();
            if self.spans.capacity() > 4 * kept + 64 {
                self.spans.shrink_to(2 * kept);
            }
        }
    }

    /// Tells that a line came here that could not be read. What it said may
    /// be missed later, and is excused then.
    pub fn observe_rejected(&mut self) {
        self.has_unread = true;
        self.seq.unnumbered += 1;
    }

    /// Tells that a line of unknown type was skipped here. It may have carried
    /// `producer`, and the next `seq`.
    pub fn observe_skipped(&mut self) {
        if self.producer == Seen::Nothing {
            self.producer = Seen::Unknown;
        }
        self.seq.unnumbered += 1;
    }

    /// The spans that have begun and not ended, in the order they began. When
    /// the connection has ended, that is how they stay (`consumer.open`).
    pub fn open_spans(&self) -> Vec<SpanId> {
        let mut open: Vec<_> = self
            .spans
            .iter()
            .filter_map(|(&id, span)| match span {
                Span::Met(met) if met.is_open => Some((met.order, id)),
                _ => None,
            })
            .collect();
        open.sort_unstable();
        open.into_iter().map(|(_, id)| id).collect()
    }

    /// How many events never arrived: the gaps of `seq`, also before the
    /// first event, less the lines that came but had no number to read. Of a
    /// stream that breaks `rule.seq-rises` it is an estimate.
    pub const fn lost(&self) -> u64 {
        self.seq.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn span_takes_little_memory() {
        assert!(size_of::<(SpanId, Span)>() <= 32);
    }
}
