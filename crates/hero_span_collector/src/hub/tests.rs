//! When a run is over, and what is kept of it.

use std::ops::ControlFlow;

use hero_span_protocol::{Event, Parsed, parse};

use super::{Hub, KEEP_ENDED, KEEP_RUNS, SETTLE_TICKS};
use crate::message::{Message, Said, Told};
use crate::sink::{Sink, Update};
use crate::tree::{Ending, Forest, SessionId};

/// Notes which runs are over, with how many spans each had then, and how many
/// spans all had at the last tick.
#[derive(Default)]
struct Notes(Vec<(u64, usize)>, usize);

impl Sink for Notes {
    fn take(&mut self, forest: &Forest, update: &Update<'_>) -> ControlFlow<()> {
        if let Update::RunOver(run) = update {
            self.0.push((run.0, forest.spans_of(*run).count()));
        }
        ControlFlow::Continue(())
    }

    fn tick(&mut self, forest: &Forest) -> ControlFlow<()> {
        self.1 = forest.span_count();
        ControlFlow::Continue(())
    }
}

#[derive(Default)]
struct Fixture {
    hub: Hub,
    notes: Notes,
}

impl Fixture {
    fn say(&mut self, id: u64, said: Said) {
        let message = Message::Session(SessionId(id), said);
        let _ = self.hub.take(message, &mut self.notes);
    }

    fn open(&mut self, id: u64) {
        self.say(id, Said::Opened);
    }

    /// A span of one digit starts, under one of another digit or none.
    fn start(&mut self, id: u64, span: u8, parent: Option<u8>) {
        let parent = parent.map_or("null".to_owned(), |parent| format!("\"{parent:016}\""));
        let line = format!(
            r#"{{"type":"span_start","span_id":"{span:016}","ts_ms":1,"parent_span_id":{parent},"name":"n"}}"#
        );
        self.say(id, Said::Event(told(&line)));
    }

    fn close(&mut self, id: u64) {
        let (ending, torn) = (Ending::Closed, None);
        self.say(id, Said::Closed { ending, torn });
    }

    fn ticks(&mut self, count: u32) {
        for _ in 0..count {
            let _ = self.hub.tick(&mut self.notes);
        }
    }

    #[track_caller]
    fn check_over(&mut self, expected: &[(u64, usize)]) {
        assert_eq!(std::mem::take(&mut self.notes.0), expected);
    }
}

fn told(line: &str) -> Told<'_> {
    let Ok(Parsed::Event(event)) = parse(line.as_bytes()) else {
        panic!("no event: {line}")
    };
    let event: Event<'static> = event.into_owned();
    Told {
        line: 1,
        text: line.as_bytes().into(),
        event,
        findings: Vec::new(),
        lost: 0,
    }
}

#[test]
fn a_run_is_over_a_while_after_its_last_connection() {
    let mut fixture = Fixture::default();
    fixture.open(1);
    fixture.start(1, 1, None);
    fixture.ticks(100);
    fixture.check_over(&[]);
    fixture.close(1);
    fixture.ticks(SETTLE_TICKS);
    fixture.check_over(&[]);
    fixture.ticks(1);
    fixture.check_over(&[(1, 1)]);
    fixture.ticks(100);
    fixture.check_over(&[]);
}

#[test]
fn a_child_that_connects_meanwhile_prolongs_the_run() {
    let mut fixture = Fixture::default();
    fixture.open(1);
    fixture.start(1, 1, None);
    fixture.close(1);
    fixture.ticks(SETTLE_TICKS);
    fixture.open(2);
    fixture.start(2, 2, Some(1));
    fixture.ticks(100);
    fixture.check_over(&[]);
    fixture.close(2);
    fixture.ticks(100);
    fixture.check_over(&[(1, 2)]);
}

#[test]
fn a_connection_that_has_said_nothing_yet_is_waited_for_a_little() {
    let mut fixture = Fixture::default();
    fixture.open(1);
    fixture.start(1, 1, None);
    fixture.open(2);
    fixture.close(1);
    fixture.ticks(SETTLE_TICKS + 1);
    fixture.check_over(&[]);
    fixture.ticks(SETTLE_TICKS);
    fixture.check_over(&[(1, 1)]);
}

#[test]
fn a_late_child_makes_the_run_be_over_again() {
    let mut fixture = Fixture::default();
    fixture.open(1);
    fixture.start(1, 1, None);
    fixture.close(1);
    fixture.ticks(100);
    fixture.check_over(&[(1, 1)]);
    fixture.open(2);
    fixture.start(2, 2, Some(1));
    fixture.close(2);
    fixture.ticks(100);
    fixture.check_over(&[(1, 2)]);
}

#[test]
fn a_late_parent_takes_in_a_run_that_was_over() {
    let mut fixture = Fixture::default();
    for id in [1, 2] {
        fixture.open(id);
    }
    fixture.start(1, 5, None);
    fixture.start(2, 2, Some(1));
    fixture.close(2);
    fixture.ticks(100);
    fixture.check_over(&[(2, 1)]);
    fixture.start(1, 1, Some(5));
    fixture.close(1);
    fixture.ticks(100);
    fixture.check_over(&[(1, 3)]);
}

#[test]
fn a_connection_that_says_nothing_is_no_run() {
    let mut fixture = Fixture::default();
    fixture.open(1);
    fixture.close(1);
    fixture.ticks(100);
    fixture.check_over(&[]);
    let totals = fixture.hub.finish(&mut fixture.notes);
    assert_eq!((totals.sessions, totals.runs), (1, 0));
}

#[test]
fn what_is_left_at_the_end_is_over_then() {
    let mut fixture = Fixture::default();
    for id in 1..=3 {
        fixture.open(id);
        fixture.start(id, id as u8, None);
    }
    fixture.close(1);
    fixture.ticks(100);
    fixture.check_over(&[(1, 1)]);
    fixture.close(2);
    let totals = fixture.hub.finish(&mut fixture.notes);
    assert_eq!(fixture.notes.0, [(2, 1), (3, 1)]);
    assert_eq!((totals.runs, totals.spans, totals.sessions), (3, 3, 3));
}

#[test]
fn old_runs_are_let_go() {
    let mut fixture = Fixture::default();
    let runs = KEEP_RUNS as u64 + 10;
    for id in 1..=runs {
        fixture.open(id);
        fixture.start(id, 1, None);
        fixture.close(id);
    }
    fixture.ticks(100);
    assert_eq!(fixture.notes.0.len() as u64, runs);
    assert_eq!(fixture.hub.forest.span_count(), KEEP_RUNS);
    let totals = fixture.hub.finish(&mut fixture.notes);
    assert_eq!((totals.runs, totals.spans), (runs, runs));
}

#[test]
fn old_spans_of_a_run_that_goes_on_are_let_go_once_the_sink_has_seen_them() {
    let mut fixture = Fixture::default();
    fixture.open(1);
    let spans = KEEP_ENDED + 100;
    for number in 1..=spans {
        let end =
            format!(r#"{{"type":"span_end","span_id":"{number:016x}","ts_ms":1,"status":"ok"}}"#);
        fixture.say(1, Said::Event(told(&end)));
    }
    fixture.ticks(1);
    assert_eq!(fixture.notes.1, spans);
    assert_eq!(fixture.hub.forest.span_count(), KEEP_ENDED);
    fixture.close(1);
    let totals = fixture.hub.finish(&mut fixture.notes);
    assert_eq!(totals.spans, spans as u64);
}

#[test]
fn an_old_run_is_forgotten_once_the_sink_has_had_its_tick() {
    let mut fixture = Fixture::default();
    for id in 1..=KEEP_RUNS as u64 + 1 {
        fixture.open(id);
        fixture.start(id, 1, None);
        fixture.close(id);
    }
    fixture.ticks(SETTLE_TICKS + 1);
    assert_eq!(fixture.notes.1, KEEP_RUNS + 1);
    assert_eq!(fixture.hub.forest.span_count(), KEEP_RUNS);
}
