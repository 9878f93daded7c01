//! Makes a random script one that a program could contain.

use crate::script::{Block, Call, Flow, Op, Stretch};
use crate::value::Value;

/// What a block runs in.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Surroundings {
    /// It is a coroutine's.
    pub(super) is_async: bool,
    /// Its thread runs an event loop, so that nothing in it may start another.
    pub(super) has_loop: bool,
    /// There are other threads or tasks beside it.
    pub(super) beside_others: bool,
    /// The current span is one that the others see as well.
    pub(super) shares_span: bool,
}

/// Replaces what cannot stand where it stands: what would start an event loop
/// within another, forks beside other threads or in a loop, and results of one
/// span by several at once, of which nobody can say which is the last.
pub(super) fn fit_together(script: &mut Block, around: Surroundings) {
    for op in script {
        *op = fitting(
            std::mem::replace(op, Op::Catch { body: Vec::new() }),
            around,
        );
        let within = surroundings(op, around);
        for block in op.blocks_mut() {
            fit_together(block, within);
        }
    }
}

fn fitting(op: Op, around: Surroundings) -> Op {
    let may_await = around.is_async || !around.has_loop;
    match op {
        Op::Flow(Flow { name, body, .. }) if around.has_loop => Op::Step(Stretch {
            name,
            tags: Value::empty_object(),
            decorator: false,
            body,
        }),
        Op::Call(call) => Op::Call(Call {
            is_async: call.is_async && may_await,
            ..call
        }),
        Op::Tasks { branches } if !may_await => Op::Parallel {
            wrap: true,
            branches,
        },
        Op::Result { value } if around.shares_span => Op::Tag {
            key: Value::text(""),
            value,
        },
        Op::Fork { body } if around.has_loop || around.beside_others => Op::Catch { body },
        op => op,
    }
}

fn surroundings(op: &Op, around: Surroundings) -> Surroundings {
    match op {
        Op::Flow(Flow { is_async, .. }) | Op::Call(Call { is_async, .. }) => Surroundings {
            is_async: *is_async,
            has_loop: *is_async || around.has_loop,
            shares_span: false,
            ..around
        },
        Op::Step(_) | Op::Span(_) => Surroundings {
            shares_span: false,
            ..around
        },
        Op::Parallel { .. } => Surroundings {
            is_async: false,
            has_loop: false,
            beside_others: true,
            shares_span: true,
        },
        Op::Tasks { .. } => Surroundings {
            is_async: true,
            has_loop: true,
            beside_others: true,
            shares_span: true,
        },
        _ => around,
    }
}

/// Gives everything a name of its own, so that whatever arrives can be told
/// from everything else, also from what runs beside it.
pub(super) fn name_everything(script: &mut Block) {
    name_block(script, &mut 0);
}

fn name_block(block: &mut Block, count: &mut usize) {
    for op in block {
        name_op(op, count);
        for block in op.blocks_mut() {
            name_block(block, count);
        }
    }
}

fn name_op(op: &mut Op, count: &mut usize) {
    let mut next = |word: &str| {
        *count += 1;
        format!("{word}{count}")
    };
    match op {
        Op::Flow(flow) => flow.name = Value::text(next("flow")),
        Op::Step(stretch) => stretch.name = Value::text(next("step")),
        Op::Span(stretch) => stretch.name = Value::text(next("span")),
        Op::Tag { key, .. } => *key = Value::text(next("tag")),
        Op::Log { message, .. } => *message = Value::text(next("log")),
        Op::Call(call) => call.class = next("Client"),
        Op::Generator(generator) => {
            for span in &mut generator.spans {
                span.name = Value::text(next("held"));
            }
        }
        _ => {}
    }
}

/// Puts a checkpoint after each operation, except beside other threads or
/// tasks and within what is repeated, and says how many there are.
pub(super) fn add_checkpoints(script: &mut Block) -> usize {
    let mut count = 0;
    add_to_block(script, &mut count);
    count
}

fn add_to_block(block: &mut Block, count: &mut usize) {
    let operations = std::mem::take(block);
    for mut op in operations {
        if !matches!(
            op,
            Op::Parallel { .. } | Op::Tasks { .. } | Op::Repeat { .. } | Op::Fork { .. }
        ) {
            for block in op.blocks_mut() {
                add_to_block(block, count);
            }
        }
        block.push(op);
        block.push(Op::Checkpoint {
            name: format!("c{count}"),
        });
        *count += 1;
    }
}
