//! Trees as indented text, with everything that a forest says of a span but
//! its times.

use std::fmt::Write;

use crate::tree::{Forest, RunId, SpanKey, State};

pub(super) fn outline(forest: &Forest) -> String {
    let runs = forest.runs();
    runs.map(|(id, _)| format!("run {id}{}", run_outline(forest, id)))
        .collect()
}

/// A run without its number.
pub(super) fn run_outline(forest: &Forest, run: RunId) -> String {
    let counts = forest.counts(run);
    let mut text = String::new();
    let roots_let_go = forest.run(run).map_or(0, |run| run.roots_let_go());
    for (word, count) in [
        ("lost", counts.lost),
        ("rejected", counts.rejected),
        ("roots let go", roots_let_go),
    ] {
        if count > 0 {
            let _ = write!(text, ", {word} {count}");
        }
    }
    text.push('\n');
    let mut open = vec![(1, forest.roots(run).into_iter())];
    while let Some((depth, siblings)) = open.last_mut() {
        let depth = *depth;
        if let Some(key) = siblings.next() {
            let _ = writeln!(text, "{}{}", "  ".repeat(depth), describe(forest, key));
            open.push((depth + 1, forest.children(key).into_iter()));
        } else {
            open.pop();
        }
    }
    text
}

fn describe(forest: &Forest, key: SpanKey) -> String {
    let span = forest.span(key);
    let state = match span.state() {
        State::Unknown => "unknown".to_owned(),
        State::Open => "open".to_owned(),
        State::Ended(status) => status.to_string(),
    };
    let mut parts = vec![state];
    let mut mark = |is: bool, word: &str| is.then(|| parts.push(word.to_owned()));
    mark(forest.is_left_open(key), "gone");
    mark(
        span.started().is_none() && span.ended().is_some(),
        "start unseen",
    );
    mark(span.is_orphan(), "orphan");
    mark(span.is_in_cycle(), "cycle");
    parts.extend(span.tags().map(|(key, value)| format!("{key}={value}")));
    parts.extend(span.logs().map(|log| format!("log {}", log.text)));
    if span.children_let_go() > 0 {
        parts.push(format!("{} let go", span.children_let_go()));
    }
    if span.lost() > 0 {
        parts.push(format!("lost {}", span.lost()));
    }
    parts.extend(span.flags().map(|clause| clause.to_string()));
    format!("{} {}", name(forest, key), parts.join(", "))
}

/// The name, or for a span whose start was never seen the one letter that
/// has its id.
fn name(forest: &Forest, key: SpanKey) -> String {
    let span = forest.span(key);
    if span.started().is_some() {
        return span.name().to_owned();
    }
    let named = |name: &String| super::script::id(name) == span.id();
    let letters = ('a'..='z').map(String::from);
    letters
        .into_iter()
        .find(named)
        .unwrap_or_else(|| span.id().to_string())
}
