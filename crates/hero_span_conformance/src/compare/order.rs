//! The events of a connection against the order and the tree of the model.

use hero_span_protocol::contract::Clause;
use hero_span_protocol::{Event, SpanId};

use super::difference::Difference;
use super::{Arrival, event};
use crate::model::{Body, Expected};

/// Follows arrivals through the model: which expected event each one is.
#[derive(Clone, Debug)]
pub(crate) struct Matcher<'a> {
    expected: &'a Expected,
    /// The parent of roots, from the environment.
    root_parent: Option<SpanId>,
    /// Whether the environment names one, be it of use or not.
    is_parent_set: bool,
    /// The id that each span turned out to have.
    ids: Vec<Option<SpanId>>,
    /// Of each event, how many before it have not come yet.
    waits_for: Vec<usize>,
    /// Of each event, those just after it.
    then: Vec<Vec<usize>>,
}

/// How far one connection kept to the model.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    /// Expected and arrived, by their places.
    pub(crate) matched: Vec<(usize, usize)>,
    /// The expected events that were lost on the way, by gaps of `seq`.
    pub(crate) lost: Vec<usize>,
    /// The expected events that may come next.
    pub(crate) next: Vec<usize>,
    /// The arrival that is not as the model says, and why.
    pub(crate) failure: Option<(usize, Difference)>,
}

impl<'a> Matcher<'a> {
    pub(crate) fn new(
        expected: &'a Expected,
        root_parent: Option<SpanId>,
        is_parent_set: bool,
    ) -> Self {
        let mut then = vec![Vec::new(); expected.events.len()];
        for (index, event) in expected.events.iter().enumerate() {
            for before in &event.after {
                if let Some(after) = then.get_mut(*before) {
                    after.push(index);
                }
            }
        }
        Self {
            expected,
            root_parent,
            is_parent_set,
            ids: vec![None; expected.spans.len()],
            waits_for: expected
                .events
                .iter()
                .map(|event| event.after.len())
                .collect(),
            then,
        }
    }

    /// Follows the arrivals of one process from its first event. `may_lose`
    /// says that gaps of `seq` are losses that the socket explains.
    pub(crate) fn follow(
        &mut self,
        process: usize,
        arrivals: &[Arrival],
        may_lose: bool,
    ) -> Progress {
        let mut progress = Progress {
            next: self.first_of(process),
            ..Progress::default()
        };
        for (index, arrival) in arrivals.iter().enumerate() {
            let taken = self
                .skip_lost(arrival, &mut progress, may_lose)
                .and_then(|()| self.take(arrival, index, &mut progress));
            if let Err(difference) = taken {
                let uncounted = || self.uncounted_loss(arrival, &progress);
                let difference = may_lose.then(uncounted).flatten().unwrap_or(difference);
                progress.failure = Some((index, difference));
                break;
            }
        }
        progress
    }

    fn first_of(&self, process: usize) -> Vec<usize> {
        let events = self.expected.events.iter().enumerate();
        let first = events.filter(|(_, event)| event.process == process && event.after.is_empty());
        first.map(|(index, _)| index).collect()
    }

    /// `seq` counts every event that the SDK tried to send (`event.any`).
    fn skip_lost(
        &mut self,
        arrival: &Arrival,
        progress: &mut Progress,
        may_lose: bool,
    ) -> Result<(), Difference> {
        let due = progress.matched.len() + progress.lost.len();
        let seq = arrival
            .event
            .seq()
            .and_then(|seq| usize::try_from(seq).ok());
        let differs = |expected: String| {
            let found = seq.map_or_else(|| "nothing".into(), |seq| seq.to_string());
            Err(Difference::new(Clause::EventAny, "seq", expected, found))
        };
        let Some(gap) = seq.and_then(|seq| seq.checked_sub(due)) else {
            return differs(due.to_string());
        };
        if gap > 0 && !may_lose {
            return differs(format!("{due}, for nothing was lost"));
        }
        for _ in 0..gap {
            let Some(lost) = progress.next.first().copied() else {
                return differs(format!(
                    "at most {}, the number of events",
                    self.expected.events.len()
                ));
            };
            progress.lost.push(lost);
            self.pass(lost, progress);
        }
        Ok(())
    }

    /// The arrival may be a later event, before which losses were not counted.
    fn uncounted_loss(&self, arrival: &Arrival, progress: &Progress) -> Option<Difference> {
        let mut candidate = *progress.next.first()?;
        let mut number = progress.matched.len() + progress.lost.len();
        while self.compare(candidate, arrival).is_err() {
            candidate = *self.then.get(candidate)?.first()?;
            number += 1;
        }
        let found = arrival.event.seq()?;
        let expected = format!("at least {number}, that of {}", self.name_event(candidate));
        Some(Difference::new(
            Clause::EventAny,
            "seq",
            expected,
            found.to_string(),
        ))
    }

    fn take(
        &mut self,
        arrival: &Arrival,
        index: usize,
        progress: &mut Progress,
    ) -> Result<(), Difference> {
        let mut nearest: Option<(u8, Difference)> = None;
        for candidate in progress.next.clone() {
            match self.compare(candidate, arrival) {
                Ok(()) => {
                    self.bind(candidate, arrival);
                    progress.matched.push((candidate, index));
                    self.pass(candidate, progress);
                    return Ok(());
                }
                Err(miss) if nearest.as_ref().is_none_or(|(near, _)| miss.0 > *near) => {
                    nearest = Some(miss);
                }
                Err(_) => {}
            }
        }
        Err(nearest.map_or_else(|| self.nothing_more(arrival), |(_, difference)| difference))
    }

    fn pass(&mut self, done: usize, progress: &mut Progress) {
        progress.next.retain(|event| *event != done);
        let ready = self.then.get(done).into_iter().flatten();
        for after in ready {
            if let Some(waits_for) = self.waits_for.get_mut(*after) {
                *waits_for = waits_for.saturating_sub(1);
                if *waits_for == 0 {
                    progress.next.push(*after);
                }
            }
        }
    }

    /// What differs first, and how near the two came to each other.
    fn compare(&self, candidate: usize, arrival: &Arrival) -> Result<(), (u8, Difference)> {
        let Some(expected) = self.expected.events.get(candidate) else {
            return Err((0, self.nothing_more(arrival)));
        };
        let found = arrival.event.type_name();
        if expected.body.type_name() != found {
            return Err((0, self.another_event(candidate, arrival)));
        }
        let known = self.ids.get(expected.span).copied().flatten();
        if known.is_some_and(|id| id != arrival.event.span_id()) {
            return Err((1, self.another_event(candidate, arrival)));
        }
        if let Some(difference) = event::difference(&expected.body, arrival) {
            let nearness = if difference.field == "name" { 2 } else { 3 };
            return Err((nearness, difference));
        }
        self.compare_parents(expected.span, arrival)
            .map_err(|difference| (4, difference))
    }

    fn another_event(&self, candidate: usize, arrival: &Arrival) -> Difference {
        let expected = self.name_event(candidate);
        Difference::new(
            Clause::SdkDelivered,
            "type",
            expected,
            self.name_arrival(arrival),
        )
    }

    fn compare_parents(&self, span: usize, arrival: &Arrival) -> Result<(), Difference> {
        let Event::Start(start) = &arrival.event else {
            return Ok(());
        };
        let parent = self.expected.spans.get(span).and_then(|span| span.parent);
        let (clause, expected) = match parent {
            None => (Clause::EnvParent, self.root_parent),
            // A parent whose start was lost shows its id only here.
            Some(parent) => match self.ids.get(parent).copied().flatten() {
                Some(id) => (Clause::SdkParent, Some(id)),
                None => return Ok(()),
            },
        };
        if start.parent_span_id == expected {
            return Ok(());
        }
        let of_this_run = |id: SpanId| self.ids.contains(&Some(id));
        let clause = if parent.is_some_and(|parent| self.belongs_elsewhere(parent, span)) {
            Clause::SdkFork
        } else if self.is_parent_set && !start.parent_span_id.is_some_and(of_this_run) {
            clause
        } else {
            Clause::SdkParent
        };
        let named = |id: Option<SpanId>| {
            id.map_or_else(|| "null, for it is a root".into(), |id| self.name_id(id))
        };
        Err(Difference::new(
            clause,
            "parent_span_id",
            named(expected),
            self.name_parent(start.parent_span_id),
        ))
    }

    /// Whether two spans are of different processes.
    fn belongs_elsewhere(&self, parent: usize, span: usize) -> bool {
        let process = |span: usize| self.expected.spans.get(span).map(|span| span.process);
        process(parent) != process(span)
    }

    fn bind(&mut self, candidate: usize, arrival: &Arrival) {
        let span = self.expected.events.get(candidate).map(|event| event.span);
        if let Some(id) = span.and_then(|span| self.ids.get_mut(span)) {
            *id = Some(arrival.event.span_id());
        }
    }

    /// An expected event, for messages.
    pub(crate) fn name_event(&self, index: usize) -> String {
        let Some(event) = self.expected.events.get(index) else {
            return "no event".into();
        };
        let span = self.expected.spans.get(event.span);
        let label = span.map_or("?", |span| span.label.as_str());
        match &event.body {
            Body::Tag { key, .. } => format!("span_tag {key:.40} of {label}"),
            body => format!("{} of {label}", body.type_name()),
        }
    }

    fn name_arrival(&self, arrival: &Arrival) -> String {
        let event = &arrival.event;
        let label = match event {
            Event::Start(start) => format!("{} {:.40?}", start.kind.as_str(), start.name),
            _ => self.name_id(event.span_id()),
        };
        format!("{} of {label}", event.type_name())
    }

    fn name_parent(&self, id: Option<SpanId>) -> String {
        id.map_or_else(|| "null".into(), |id| self.name_id(id))
    }

    fn name_id(&self, id: SpanId) -> String {
        let known = self.ids.iter().position(|known| *known == Some(id));
        match known.and_then(|span| self.expected.spans.get(span)) {
            Some(span) => format!("{id} ({})", span.label),
            None => id.to_string(),
        }
    }

    /// Of a process that forks, it is most likely the child that speaks here.
    fn nothing_more(&self, arrival: &Arrival) -> Difference {
        let clause = if self.expected.processes > 1 {
            Clause::SdkFork
        } else {
            event::clause_of(&arrival.event)
        };
        Difference::new(
            clause,
            "type",
            "no further event",
            self.name_arrival(arrival),
        )
    }
}
