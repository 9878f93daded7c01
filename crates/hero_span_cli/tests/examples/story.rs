//! What is true of every example, and what a snapshot shall hold of it.

use std::fmt::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use crate::capture::Capture;
use crate::collector::{Collector, Drawn};
use crate::process::{self, Finished};

/// How an example says that a program or a package is missing.
const UNAVAILABLE: i32 = 69;

/// Whether the order of a tree's rows is the same in each run.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Order {
    /// It is.
    Told,
    /// Spans without children ran at once, and stand in any order.
    Any,
}

/// How an example ends, what it prints, and its tree as a flow.
pub(crate) fn story(name: &str, order: Order) -> String {
    let off = process::run(&mut process::script(name, None));
    tell(name, order, &off)
}

/// The same of an example that may lack something; never where all is wanted.
pub(crate) fn story_if_possible(name: &str, order: Order) -> Option<String> {
    let off = process::run(&mut process::script(name, None));
    if off.status.code() != Some(UNAVAILABLE) {
        return Some(tell(name, order, &off));
    }
    let wanted = ["CI", "HERO_REQUIRE_ALL"].map(std::env::var_os);
    assert!(
        wanted.iter().all(Option::is_none),
        "{name} cannot run: {}",
        off.stderr
    );
    eprintln!("skipped: {name}: {}", off.stderr.trim());
    None
}

/// What an example's instrumented clients were asked, and what they gave.
pub(crate) fn calls(name: &str) -> String {
    let capture = Capture::start();
    process::run(&mut process::script(name, Some(&capture.socket())));
    capture.calls()
}

fn tell(name: &str, order: Order, off: &Finished) -> String {
    let script = watch_script(name, off);
    let flow = watch_flow(name, off.status);
    let [script, tree] = [&script, &flow].map(|drawn| rows(&drawn.tree, order));
    assert_eq!(
        below_root(&tree),
        script[1..],
        "the flow's tree is not the script's"
    );
    let mut story = format!("{}, printed:\n", ending(off.status));
    for line in off.stdout.lines() {
        let _ = writeln!(story, "  {line}");
    }
    for row in tree {
        let _ = writeln!(story, "{row}");
    }
    story + flow.sums.trim_end()
}

/// Runs the script twice more: with a collector, and with one that records.
/// Neither makes a difference to what it does.
fn watch_script(name: &str, off: &Finished) -> Drawn {
    let collector = Collector::start();
    expect_same(
        off,
        &process::run(&mut process::script(name, Some(&collector.socket()))),
    );
    let drawn = collector.finish();

    let capture = Capture::start();
    expect_same(
        off,
        &process::run(&mut process::script(name, Some(&capture.socket()))),
    );
    let lines = format!(" {} lines, 0 lost", capture.judge());
    assert!(
        drawn.sums.contains(&lines),
        "sent{lines}, but heard: {}",
        drawn.sums
    );
    drawn
}

fn expect_same(off: &Finished, on: &Finished) {
    assert_eq!((&*off.stderr, &*on.stderr), ("", ""));
    assert_eq!(on.stdout, off.stdout);
    assert_eq!(on.status, off.status);
}

/// Runs the flow as an executor does.
fn watch_flow(name: &str, expected: ExitStatus) -> Drawn {
    let collector = Collector::start();
    let finished = process::run(&mut process::flow(name, Some(&collector.socket())));
    assert_eq!(finished.status, expected, "{}", finished.stderr);
    collector.finish()
}

fn rows(tree: &str, order: Order) -> Vec<String> {
    let mut rows: Vec<String> = tree.lines().map(str::to_owned).collect();
    if order == Order::Any {
        // The last of them has a rail of its own.
        for row in &mut rows {
            *row = row.replace('└', "├");
        }
        let rails = |row: &String| row.find("├─ ");
        rows.chunk_by_mut(|one, next| rails(one).is_some() && rails(one) == rails(next))
            .for_each(<[String]>::sort_unstable);
    }
    rows
}

/// The rows of a flow's tree without its root, and without the root's rail.
fn below_root(tree: &[String]) -> Vec<String> {
    let without_rail = |row: &String| row.chars().skip(3).collect::<String>();
    let is_said_by_root = |row: &String| row.starts_with("· ") || row.starts_with("! ");
    let below = tree.iter().skip(2).map(without_rail);
    below.filter(|row| !is_said_by_root(row)).collect()
}

fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit {code}"),
        (_, signal) => format!("signal {}", signal.unwrap_or_default()),
    }
}
