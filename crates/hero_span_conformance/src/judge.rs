//! Judges what came of a case: bytes, schema, parser, rules, tree, outcome.

use std::collections::HashSet;
use std::time::Duration;

use hero_span_protocol::contract::{Clause, EMIT_SCHEMA, limit};
use hero_span_protocol::{SpanId, Stream, Violation, judge};
use jsonschema::Validator;

use crate::case::{Case, Ended, Observed};
use crate::compare::{Arrival, Matcher, Progress, excerpt};
use crate::dialogue::Outcome;
use crate::error::Error;
use crate::finding::Finding;
use crate::model::{Expected, predict};
use crate::schedule::Schedule;
use crate::server::Capture;

/// A call may wait for `WAIT_MS`, and be polled for once more.
const WAIT: Duration = Duration::from_millis(limit::WAIT_MS + 10);
/// What a busy machine may add, besides the time in which the adapter waits for
/// a processor, which is not counted: wake-ups and a runner that answers late.
/// An SDK that waits on purpose waits each time, so a case that took too long is
/// tried again, and only what is slow each time fails. Less than `WAIT_MS`, so
/// that a second wait is seen.
const SLACK: Duration = Duration::from_millis(100);
/// How long a runner may take to read what was sent while it stalled.
const CATCHING_UP: Duration = Duration::from_secs(1);
/// The clock may be set a little while a case runs.
const CLOCK_SLACK_MS: f64 = 50.0;

/// What the emit schema and the parser are compared on.
#[derive(Debug)]
pub(crate) struct Judge {
    emit: Validator,
}

/// The verdict on a case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Judgement {
    pub(crate) findings: Vec<Finding>,
    /// Whether a stall made the SDK drop something.
    pub(crate) lost_something: bool,
}

impl Judge {
    pub(crate) fn new() -> Result<Self, Error> {
        let schema = serde_json::from_str(EMIT_SCHEMA).map_err(|error| Error::schema(&error))?;
        let emit = jsonschema::validator_for(&schema).map_err(|error| Error::schema(&error))?;
        Ok(Self { emit })
    }

    /// Everything that is not as the contract and the model say, what came
    /// first on the wire first.
    pub(crate) fn judge(&self, case: &Case, observed: &Observed) -> Judgement {
        let expected = predict(&case.script);
        let mut judgement = Judgement::default();
        if let Ended::Unsupported(what) = &observed.ending {
            judgement.findings.push(unsupported(what));
            return judgement;
        }
        self.judge_bytes(case, observed, &expected, &mut judgement);
        judgement
            .findings
            .extend(judge_outcome(&expected, observed));
        judgement.findings.extend(judge_time(case, observed));
        judgement
    }

    fn judge_bytes(
        &self,
        case: &Case,
        observed: &Observed,
        expected: &Expected,
        judgement: &mut Judgement,
    ) {
        let mut wire = Wire::default();
        for capture in &observed.captures {
            let arrivals = self.read(case, capture, &mut wire.findings);
            wire.is_torn |= !capture.bytes.is_empty() && !capture.bytes.ends_with(b"\n");
            wire.connections.push(arrivals);
        }
        judge_rules(case, &mut wire);
        let is_clean = wire.findings.is_empty();
        judgement.findings.append(&mut wire.findings);
        if is_clean {
            let tree = Tree {
                case,
                observed,
                expected,
                wire: &wire,
            };
            tree.judge(judgement);
        }
    }

    /// The events of a connection.
    fn read(&self, case: &Case, capture: &Capture, findings: &mut Vec<Finding>) -> Vec<Arrival> {
        let mut arrivals = Vec::new();
        let mut start = 0;
        for (index, line) in capture
            .bytes
            .split_inclusive(|byte| *byte == b'\n')
            .enumerate()
        {
            let place = Place {
                line: index as u64 + 1,
                byte: start,
            };
            start += line.len() as u64;
            match line.strip_suffix(b"\n") {
                Some(text) => arrivals.extend(self.read_line(text, place, findings)),
                None if capture.was_closed || case.socket.stalls() => {}
                None => findings.push(torn(line, place)),
            }
        }
        arrivals
    }

    fn read_line(&self, text: &[u8], place: Place, findings: &mut Vec<Finding>) -> Option<Arrival> {
        let (event, violations) = judge(text);
        let is_clean = violations.is_empty();
        findings.extend(
            violations
                .into_iter()
                .map(|violation| place.blames(violation)),
        );
        if is_clean && let Err(why) = self.matches_schema(text) {
            findings.push(place.finds(Finding::named(
                "schema.drift",
                "the emit schema and the parser agree",
                why,
            )));
        }
        event.map(|event| Arrival::new(place.line, place.byte, text, event))
    }

    fn matches_schema(&self, text: &[u8]) -> Result<(), String> {
        let line = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        self.emit.validate(&line).map_err(|error| {
            format!(
                "the parser takes what the schema does not: {error} at {}",
                error.instance_path()
            )
        })
    }
}

/// What all connections brought.
#[derive(Default)]
struct Wire {
    connections: Vec<Vec<Arrival>>,
    findings: Vec<Finding>,
    is_torn: bool,
}

#[derive(Clone, Copy)]
struct Place {
    line: u64,
    byte: u64,
}

impl Place {
    fn of(arrival: &Arrival) -> Self {
        Self {
            line: arrival.line,
            byte: arrival.byte,
        }
    }

    fn finds(self, finding: Finding) -> Finding {
        finding.at(format!("line {}, byte {}", self.line, self.byte))
    }

    fn blames(self, violation: Violation) -> Finding {
        let byte = self.byte + violation.at.unwrap_or_default() as u64;
        let finding = Finding::of(violation.clause, violation.expected, violation.found);
        let finding = match violation.field {
            Some(field) => finding.field(field),
            None => finding,
        };
        Self { byte, ..self }.finds(finding)
    }
}

fn torn(line: &[u8], place: Place) -> Finding {
    let found = format!("a last line of {} bytes without one", line.len());
    place.finds(Finding::of(
        Clause::TransportLine,
        "an LF at the end of each line",
        found,
    ))
}

/// The rules of each connection (`rule.*`).
fn judge_rules(case: &Case, wire: &mut Wire) {
    let started: HashSet<SpanId> = wire
        .connections
        .iter()
        .flatten()
        .map(|arrival| arrival.event.span_id())
        .collect();
    let environment = case
        .parent
        .as_deref()
        .and_then(|parent| parent.parse().ok());
    let mut found = Vec::new();
    for (index, arrivals) in wire.connections.iter().enumerate() {
        let mut parents: HashSet<SpanId> = environment.into_iter().collect();
        if index > 0 {
            let own: HashSet<SpanId> = arrivals
                .iter()
                .map(|arrival| arrival.event.span_id())
                .collect();
            parents.extend(started.difference(&own));
        }
        let mut stream = Stream::with_parents(parents);
        for arrival in arrivals {
            let broken = stream.observe(&arrival.event).into_iter();
            let broken =
                broken.filter(|finding| !(finding.explained_by_loss && case.socket.stalls()));
            found.extend(broken.map(|finding| {
                let words = format!("{} of span {}", finding.found, finding.span_id);
                Place::of(arrival).finds(Finding::of(finding.clause, finding.expected, words))
            }));
        }
    }
    wire.findings.extend(found);
}

/// The tree that arrived against the model's.
struct Tree<'a> {
    case: &'a Case,
    observed: &'a Observed,
    expected: &'a Expected,
    wire: &'a Wire,
}

impl Tree<'_> {
    fn judge(&self, judgement: &mut Judgement) {
        if let Some(finding) = self.too_many_connections() {
            judgement.findings.push(finding);
            return;
        }
        let parent = self
            .case
            .parent
            .as_deref()
            .and_then(|parent| parent.parse().ok());
        let mut matcher = Matcher::new(self.expected, parent);
        let mut unused: Vec<&Vec<Arrival>> = self.wire.connections.iter().collect();
        for process in 0..self.expected.processes {
            let (arrivals, progress) = self.best_match(&mut matcher, process, &mut unused);
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

    fn too_many_connections(&self) -> Option<Finding> {
        let found = self.wire.connections.len();
        let allowed = if self.case.socket.is_off() {
            0
        } else {
            self.expected.processes
        };
        let clause = if self.case.socket.closes() {
            Clause::SdkVanished
        } else {
            Clause::TransportSocket
        };
        (found > allowed).then(|| {
            Finding::of(
                clause,
                format!("at most {allowed} connections"),
                found.to_string(),
            )
        })
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
        let must_be_there = self.must_all_arrive() || self.must_recover(process, progress);
        must_be_there.then(|| {
            Finding::of(
                Clause::SdkDelivered,
                matcher.name_event(missing),
                "the end of what was sent",
            )
        })
    }

    fn must_all_arrive(&self) -> bool {
        let socket = &self.case.socket;
        !(socket.is_off() || socket.closes() || socket.stalls())
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

/// What the user's code saw (`sdk.silent`).
fn judge_outcome(expected: &Expected, observed: &Observed) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &observed.ending {
        Ended::Done { outcome, printed } => {
            if *outcome != expected.outcome {
                let words = (words(&expected.outcome), words(outcome));
                findings.push(Finding::of(Clause::SdkSilent, words.0, words.1).field("outcome"));
            }
            if !printed.is_empty() {
                let finding =
                    Finding::of(Clause::SdkSilent, "nothing printed", excerpt(printed, 0));
                findings.push(finding.field("printed"));
            }
        }
        Ended::Piped(why) => {
            findings.push(Finding::of(
                Clause::SdkVanished,
                "no SIGPIPE in the process",
                why,
            ));
        }
        Ended::Hangs(why) => {
            findings.push(Finding::of(Clause::SdkBounded, within(WAIT), why));
        }
        Ended::Unsupported(_) => {}
    }
    findings
}

fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Returned(value) => format!("returned {value}"),
        Outcome::Raised { type_name, message } => format!("raised {type_name} {message}"),
    }
}

/// How long the user's code was held up (`sdk.bounded`).
fn judge_time(case: &Case, observed: &Observed) -> Option<Finding> {
    let whole: Duration = observed.spells.iter().sum();
    let (took, slack) = match case.socket {
        // Each call may wait.
        Schedule::Slow { .. } => (observed.spells.iter().max().copied()?, SLACK),
        // Once for the stall, then for a runner that is slow to catch up.
        Schedule::Stall { .. } => (whole, CATCHING_UP),
        // There is one stall at most.
        _ => (whole, SLACK),
    };
    (took > WAIT + slack).then(|| {
        let found = format!("{} ms, each time it was tried", took.as_millis());
        Finding::of(Clause::SdkBounded, within(WAIT), found).field("time")
    })
}

fn within(time: Duration) -> String {
    format!("at most {} ms of waiting", time.as_millis())
}

fn unsupported(what: &str) -> Finding {
    let expected = "every operation of the contract, and of each declared feature";
    Finding::named(
        "adapter.features",
        expected,
        format!("unsupported: {}", excerpt(what, 0)),
    )
}
