//! Dropped sockets: closed anywhere, stalled, slow, late, missing.

use proptest::prelude::*;
use proptest::sample::select;

use super::ordering::scripts;
use super::shape::{Surroundings, add_checkpoints, fit_together, name_everything};
use crate::case::{Case, LONG_STALL_MS};
use crate::schedule::Schedule;
use crate::script::{Block, Op, Stretch};
use crate::value::{Recipe, Value};

/// Lines of some 32 KiB that overfill the largest send buffer an SDK gets:
/// twice the 4 MiB it asks for.
const FLOOD_LINES: usize = 300;
const FLOOD_FIELDS: usize = 8;
const FLOOD_FIELD_BYTES: usize = 4000;

pub(super) fn cases() -> BoxedStrategy<Case> {
    prop_oneof![
        30 => small_scripts().prop_flat_map(closing),
        12 => (small_scripts(), passing_schedules()).prop_map(|(script, socket)| case(script, socket)),
        18 => (small_scripts(), off_schedules()).prop_map(|(script, socket)| case(script, socket)),
        3 => (trickles(), tiny_buffers()).prop_map(|(script, socket)| case(script, socket)),
        2 => (tiny_stalls(), torn()).prop_map(|(socket, script)| case(script, socket)),
        1 => (stalls(), floods()).prop_map(|(socket, script)| case(script, socket)),
    ]
    .boxed()
}

fn case(script: Block, socket: Schedule) -> Case {
    Case::new(socket, None, script)
}

/// Random scripts without forks: a child has a socket of its own.
fn small_scripts() -> BoxedStrategy<Block> {
    let without_forks = Surroundings {
        beside_others: true,
        ..Surroundings::default()
    };
    scripts()
        .prop_map(move |mut script| {
            fit_together(&mut script, without_forks);
            name_everything(&mut script);
            script
        })
        .boxed()
}

/// Closed at any byte of any line, or at any checkpoint. With checkpoints the
/// script waits until the socket is closed, without them the two race.
fn closing(script: Block) -> BoxedStrategy<Case> {
    let mut stopping = script.clone();
    let checkpoints = add_checkpoints(&mut stopping).max(1);
    let anywhere =
        (0..24_usize, 0..400_usize).prop_map(|(line, byte)| Schedule::Close { line, byte });
    let at_checkpoint = (0..checkpoints).prop_map(|count| Schedule::CloseAtCheckpoint {
        name: format!("c{count}"),
    });
    prop_oneof![
        4 => anywhere.clone().prop_map({
            let stopping = stopping.clone();
            move |socket| case(stopping.clone(), socket)
        }),
        2 => at_checkpoint.prop_map(move |socket| case(stopping.clone(), socket)),
        2 => anywhere.prop_map(move |socket| case(script.clone(), socket)),
    ]
    .boxed()
}

/// Schedules that a short script does not feel.
fn passing_schedules() -> BoxedStrategy<Schedule> {
    prop_oneof![
        2 => (1..2000_usize, 1..3_u64).prop_map(|(bytes, every_ms)| Schedule::Slow { bytes, every_ms }),
        2 => (1..60_u64).prop_map(|ms| Schedule::AcceptLate { ms }),
        1 => (0..5_usize, 1..60_u64).prop_map(|(lines, ms)| Schedule::Stall { lines, ms }),
        1 => (0..5_usize).prop_map(|lines| Schedule::StallForEver { lines }),
    ]
    .boxed()
}

/// Schedules that leave the SDK off.
fn off_schedules() -> BoxedStrategy<Schedule> {
    let schedules = [
        Schedule::Unset,
        Schedule::Empty,
        Schedule::Missing,
        Schedule::Relative,
        Schedule::Refused,
        Schedule::NotASocket,
        Schedule::Denied,
        Schedule::TooLong,
    ];
    select(schedules.to_vec()).boxed()
}

fn tiny_buffers() -> BoxedStrategy<Schedule> {
    (100..4096_usize)
        .prop_map(|bytes| Schedule::TinyBuffers { bytes })
        .boxed()
}

/// A few lines, long and short, alone or from several threads, after a
/// checkpoint at which the buffer becomes tiny.
fn trickles() -> BoxedStrategy<Block> {
    let lines = || (1..4_usize, 0..=FLOOD_FIELDS).prop_map(|(times, fields)| flood(times, fields));
    let beside = prop::collection::vec(lines().prop_map(|op| vec![op]), 2..4);
    let beside = beside.prop_map(|branches| Op::Parallel {
        wrap: true,
        branches,
    });
    let body = prop::collection::vec(prop_oneof![lines(), beside], 1..4);
    body.prop_map(|mut body| {
        body.insert(0, checkpoint("ready"));
        vec![step("trickling", body)]
    })
    .boxed()
}

/// Stalls that a flood does feel: it waits, and loses lines if they are long.
fn stalls() -> BoxedStrategy<Schedule> {
    let times = prop_oneof![50..200_u64, LONG_STALL_MS..LONG_STALL_MS + 100];
    prop_oneof![
        1 => (0..3_usize, times).prop_map(|(lines, ms)| Schedule::Stall { lines, ms }),
        1 => (0..3_usize).prop_map(|lines| Schedule::StallForEver { lines }),
    ]
    .boxed()
}

fn tiny_stalls() -> BoxedStrategy<Schedule> {
    let times = prop_oneof![50..200_u64, LONG_STALL_MS..LONG_STALL_MS + 100];
    times.prop_map(|ms| Schedule::TinyStall { ms }).boxed()
}

/// A checkpoint, more than a tiny socket holds, another, and a few words.
fn torn() -> BoxedStrategy<Block> {
    let lines = prop_oneof![Just((30, 0)), (1..4_usize, 1..=FLOOD_FIELDS)];
    (lines, 0..3_usize)
        .prop_map(|((times, fields), after)| {
            let mut body = vec![
                checkpoint("ready"),
                flood(times, fields),
                checkpoint("after"),
            ];
            body.extend((0..after).map(|_| log("after", Value::empty_object())));
            vec![step("tearing", body)]
        })
        .boxed()
}

/// More than any socket holds, a checkpoint, and a few words after it.
fn floods() -> BoxedStrategy<Block> {
    (0..3_usize)
        .prop_map(|after| {
            let mut body = vec![
                log("before", Value::empty_object()),
                flood(FLOOD_LINES, FLOOD_FIELDS),
                checkpoint("after"),
            ];
            body.extend((0..after).map(|_| log("after", Value::empty_object())));
            vec![step("flooding", body)]
        })
        .boxed()
}

/// So many lines of some 4 KiB for each field.
fn flood(times: usize, fields: usize) -> Op {
    let value = Recipe::Text {
        char: "x".into(),
        bytes: FLOOD_FIELD_BYTES,
    };
    let fields = Recipe::Members {
        count: fields,
        value: value.into(),
    };
    Op::Repeat {
        times,
        body: vec![log("flood", fields.into())],
    }
}

fn step(name: &str, body: Block) -> Op {
    Op::Step(Stretch {
        name: Value::text(name),
        tags: Value::empty_object(),
        decorator: false,
        body,
    })
}

fn checkpoint(name: &str) -> Op {
    Op::Checkpoint { name: name.into() }
}

fn log(message: &str, fields: Value) -> Op {
    Op::Log {
        message: Value::text(message),
        level: None,
        fields,
    }
}
