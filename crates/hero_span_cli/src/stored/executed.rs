//! What is known of flows that hero-span ran, in lines.

use hero_span_collector::store::{ExecutionLine, Reader};
use hero_span_protocol::printable;

use super::table::Cell;
use super::when;
use crate::error::Error;
use crate::view::{Paint, Tone, duration};

/// How the run was asked for, and how it ended.
pub(super) fn lines(execution: &ExecutionLine, paint: Paint) -> Vec<String> {
    let name = paint.bold(&printable(&execution.name));
    let asked = paint.dim(&format!(
        "{}, began {}",
        target(execution),
        began(execution)
    ));
    let told = execution.told.as_deref().unwrap_or(&execution.state);
    let mut told = told.lines().map(|line| printable(line).into_owned());
    let first = told.next().unwrap_or_default();
    let mut lines = vec![format!("{name}  {asked}")];
    lines.push(paint.toned(tone(execution), &first));
    lines.extend(told.map(|line| paint.toned(tone(execution), &line)));
    lines
}

/// FILE:FLOW.
fn target(execution: &ExecutionLine) -> String {
    let file = printable(&execution.file);
    match &execution.flow {
        Some(flow) => format!("{file}:{}", printable(flow)),
        None => file.into_owned(),
    }
}

fn began(execution: &ExecutionLine) -> String {
    when::local(execution.began_ms)
}

fn tone(execution: &ExecutionLine) -> Tone {
    match execution.state.as_str() {
        "ok" => Tone::Good,
        "running" => Tone::Live,
        "cancelled" => Tone::Warn,
        _ => Tone::Bad,
    }
}

/// What the state of a run's spans does not say of its end.
pub(super) fn remark(reader: &Reader, run: u64) -> Result<Option<String>, Error> {
    let all = reader.executions_of(run)?;
    let odd = |execution: &&ExecutionLine| {
        let told = ["ok", "failed", "raised", "cancelled", "running"];
        !told.contains(&execution.state.as_str())
    };
    let odd = all.iter().find(odd);
    Ok(odd.map(|execution| execution.state.replace('_', " ")))
}

/// A row of the table of runs, for one of which no span came.
pub(super) fn row(execution: &ExecutionLine, paint: Paint) -> Vec<Cell> {
    let took = execution
        .ended_ms
        .map(|ended| duration(ended - execution.began_ms));
    let name = execution.flow.as_deref().unwrap_or(&execution.name);
    let state = execution.state.replace('_', " ");
    vec![
        Cell::new("-").right_aligned(),
        Cell::new(printable(&state)).painted(|text| paint.toned(tone(execution), text)),
        Cell::new(began(execution)),
        Cell::new(took.unwrap_or_default()),
        Cell::number(0),
        Cell::new(printable(name)),
        Cell::new(printable(&execution.name)).painted(|text| paint.dim(text)),
    ]
}
