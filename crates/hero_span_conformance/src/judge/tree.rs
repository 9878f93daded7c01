//! The tree and the clock.

use hero_span_protocol::contract::Clause;

use super::{Judgement, Place, Wire};
use crate::case::{Case, Observed};
use crate::checks;
use crate::compare::{Arrival, Matcher, Progress};
use crate::draw::{Labels, expected_tree, found_tree};
use crate::finding::Finding;
use crate::model::Expected;
use crate::schedule::Schedule;

/// The clock may be set a little while a case runs.
const CLOCK_SLACK_MS: f64 = 50.0;

/// The tree that arrived against the model's.
pub(super) struct Tree<'a> {
    pub(super) case: &'a Case,
    pub(super) observed: &'a Observed,
    pub(super) expected: &'a Expected,
    pub(super) wire: &'a Wire,
    /// The events that came as they must, by their places in the model.
    pub(super) came: Vec<(usize, &'a Arrival)>,
}

impl Tree<'_> {
    /// Adds the first difference, if there is one.
    pub(super) fn judge(&mut self, judgement: &mut Judgement) {
        if let Some(finding) = self.too_many_connections() {
            judgement.findings.push(finding);
            return;
        }
        let parent = self.case.root_parent();
        let wire = self.wire;
        let mut matcher = Matcher::new(self.expected, parent, self.case.parent.is_some());
        let mut unused: Vec<&Vec<Arrival>> = wire.connections.iter().collect();
        for process in 0..self.expected.processes {
            let (arrivals, progress) = self.best_match(&mut matcher, process, &mut unused);
            let came = progress.matched.iter();
            let came = came.filter_map(|(event, index)| Some((*event, arrivals.get(*index)?)));
            self.came.extend(came);
            let arrived = progress.matched.len() + progress.lost.len();
            judgement.lost_something |=
                !progress.lost.is_empty() || arrived < self.events_of(process);
            let finding = self.first_difference(&matcher, process, arrivals, &progress);
            if let Some(finding) = finding.or_else(|| self.judge_times(arrivals, &progress)) {
                judgement.findings.push(finding);
                return;
            }
        }
    }

    /// The tree that the contract asks for, and the one that came.
    pub(super) fn draw(&self) -> (Vec<String>, Vec<String>) {
        let connections: Vec<&[Arrival]> =
            self.wire.connections.iter().map(Vec::as_slice).collect();
        let parent = self.case.root_parent();
        let parent = parent.map(|parent| parent.to_string());
        let came = Labels::of(&self.came, &connections);
        let expected = expected_tree(self.expected, parent.as_deref(), &came);
        (expected, found_tree(&connections))
    }

    fn too_many_connections(&self) -> Option<Finding> {
        let found = self.wire.connections.len();
        let allowed = if self.case.socket.is_off() {
            0
        } else {
            self.expected.processes
        };
        let check = if self.case.socket.is_off() {
            Clause::EnvSocket.id()
        } else if self.case.socket.closes() {
            checks::RECONNECT
        } else {
            Clause::TransportSocket.id()
        };
        let expected = format!("at most {allowed} connections");
        (found > allowed).then(|| Finding::named(check, expected, found.to_string()))
    }

    /// The connection on which this process wrote: the one that keeps to the
    /// model for longest.
    fn best_match<'b>(
        &self,
        matcher: &mut Matcher<'b>,
        process: usize,
        unused: &mut Vec<&'b Vec<Arrival>>,
    ) -> (&'b [Arrival], Progress)
    where
        Self: 'b,
    {
        let may_lose = self.case.socket.stalls();
        let tries = unused.iter().enumerate().map(|(index, arrivals)| {
            let mut matcher = matcher.clone();
            let progress = matcher.follow(process, arrivals, may_lose);
            (index, matcher, progress)
        });
        let best = tries.max_by_key(|(index, _, progress)| {
            (
                progress.failure.is_none(),
                progress.matched.len(),
                std::cmp::Reverse(*index),
            )
        });
        match best {
            Some((index, followed, progress)) if self.owns(process, &progress) => {
                *matcher = followed;
                (unused.remove(index), progress)
            }
            _ => (&[], matcher.follow(process, &[], may_lose)),
        }
    }

    /// A process that has nothing to say has no connection.
    fn owns(&self, process: usize, progress: &Progress) -> bool {
        self.events_of(process) > 0 && (!progress.matched.is_empty() || progress.failure.is_some())
    }

    fn events_of(&self, process: usize) -> usize {
        let events = self.expected.events.iter();
        events.filter(|event| event.process == process).count()
    }

    fn first_difference(
        &self,
        matcher: &Matcher<'_>,
        process: usize,
        arrivals: &[Arrival],
        progress: &Progress,
    ) -> Option<Finding> {
        if let Some((index, difference)) = &progress.failure {
            let finding = Finding::of(difference.clause, &difference.expected, &difference.found)
                .field(&difference.field);
            return Some(match arrivals.get(*index) {
                Some(arrival) => Place::of(arrival).finds(finding),
                None => finding,
            });
        }
        let missing = *progress.next.first()?;
        let must_be_there = self.must_all_arrive()
            || self.must_recover(process, progress)
            || progress.matched.len() < self.sent_before_the_end();
        let is_silent_child = process > 0 && progress.matched.is_empty();
        let clause = if is_silent_child {
            Clause::SdkFork
        } else {
            Clause::SdkDelivered
        };
        must_be_there.then(|| {
            Finding::of(
                clause,
                matcher.name_event(missing),
                self.end_of_what_was_sent(arrivals),
            )
        })
    }

    fn end_of_what_was_sent(&self, arrivals: &[Arrival]) -> &'static str {
        let captures = &self.observed.captures;
        if captures.is_empty() {
            "nothing, for nobody connected to the socket"
        } else if captures.iter().all(|capture| capture.bytes.is_empty()) {
            "nothing, though somebody connected to the socket"
        } else if arrivals.is_empty() {
            "nothing on a connection of its own"
        } else {
            "the end of what was sent"
        }
    }

    fn must_all_arrive(&self) -> bool {
        let socket = &self.case.socket;
        let was_closed = self
            .observed
            .captures
            .iter()
            .any(|capture| capture.was_closed);
        !(socket.is_off() || was_closed || socket.stalls())
    }

    /// How many events were sent when the socket closed at a checkpoint: when a
    /// call returns, its line is there (`sdk.delivered`).
    fn sent_before_the_end(&self) -> usize {
        let Schedule::CloseAtCheckpoint { name: end } = &self.case.socket else {
            return 0;
        };
        let mut checkpoints = self.expected.checkpoints.iter();
        let end = checkpoints.find(|(name, _)| name == end);
        end.map_or(0, |(_, events)| *events)
    }

    /// After a stall, what is said once the socket takes bytes again arrives,
    /// unless a line was sent in part: then the SDK is off (`sdk.vanished`).
    fn must_recover(&self, process: usize, progress: &Progress) -> bool {
        let is_main = process == 0 && !progress.matched.is_empty();
        is_main && self.observed.recovered && !self.wire.is_torn
    }

    /// The clock of each event lies in the run and never goes back along the
    /// script (`type.time`, `sdk.clock`).
    fn judge_times(&self, arrivals: &[Arrival], progress: &Progress) -> Option<Finding> {
        let time = |index: usize| {
            arrivals
                .get(index)
                .map(|arrival| arrival.event.ts_ms().as_f64())
        };
        let (first, last) = self.observed.window;
        for (event, index) in &progress.matched {
            let (at, place) = (time(*index)?, arrivals.get(*index).map(Place::of)?);
            if at < first - CLOCK_SLACK_MS || at > last + CLOCK_SLACK_MS {
                let expected = format!("a time of this run, {first:.0} to {last:.0}");
                let finding =
                    Finding::of(Clause::TypeTime, expected, at.to_string()).field("ts_ms");
                return Some(place.finds(finding));
            }
            let before = self
                .expected
                .events
                .get(*event)
                .map(|event| event.after.as_slice());
            let before = before.unwrap_or_default().iter();
            let earlier = before
                .filter_map(|before| progress.matched.iter().find(|(event, _)| event == before));
            let latest = earlier
                .filter_map(|(_, index)| time(*index))
                .fold(f64::MIN, f64::max);
            if at < latest {
                let finding = Finding::of(
                    Clause::SdkClock,
                    format!("at least {latest}, the time of what came before"),
                    at.to_string(),
                );
                return Some(place.finds(finding.field("ts_ms")));
            }
        }
        None
    }
}
