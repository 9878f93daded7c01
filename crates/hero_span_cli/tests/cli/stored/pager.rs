//! Long output on a terminal goes through a pager.

use std::os::unix::process::CommandExt;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::{Home, PATIENCE, three_runs};
use crate::common::await_end;
use crate::terminal::{on_terminal, pair, read_all};

fn paged(home: &Home, pager: &str, args: &[&str]) -> String {
    let mut command = home.command();
    command.env("PAGER", pager).args(args);
    on_terminal(&mut command).replace("\r\n", "\n")
}

#[test]
fn a_terminal_gets_what_the_pager_makes_of_it() {
    let home = three_runs();
    for args in [&["show", "2"][..], &["logs", "2"]] {
        let plain = paged(&home, "cat", args);
        let marked: String = plain.lines().map(|line| format!("| {line}\n")).collect();
        assert_eq!(paged(&home, "sed 's/^/| /'", args), marked);
        assert!(plain.contains("\u{1b}[31m"), "in colours: {plain}");
    }
}

#[test]
fn without_a_pager_that_works_it_is_shown_all_the_same() {
    let home = three_runs();
    let plain = paged(&home, "cat", &["show", "2"]);
    for pager in ["", "/no/such/pager", "'never closed"] {
        assert_eq!(paged(&home, pager, &["show", "2"]), plain, "{pager:?}");
    }
    let marks = "sed 's/^/| /'";
    assert_eq!(paged(&home, marks, &["show", "2", "--no-pager"]), plain);
}

#[test]
fn a_pager_that_has_seen_enough_is_no_failure() {
    let home = three_runs();
    assert_eq!(paged(&home, "true", &["show", "2"]), "");
    let first = paged(&home, "head -n 1", &["show", "2"]);
    assert_eq!(first.lines().count(), 1, "{first}");
}

#[test]
fn json_and_pipes_are_not_paged() {
    let home = three_runs();
    let shown = paged(&home, "sed 's/^/| /'", &["show", "2", "--json"]);
    assert!(shown.starts_with('{'), "{shown}");
    let mut command = home.command();
    command.env("PAGER", "sed 's/^/| /'").args(["show", "2"]);
    let piped = crate::common::run(&mut command).stdout;
    assert!(piped.starts_with("run 2"), "{piped}");
}

#[test]
fn ctrl_c_is_the_pagers_affair() {
    const PAGER: &str = "sh -c 'trap : INT; touch begun
        while [ -e begun -a ! -e go ]; do sleep 0.02; done; sed s/^/:/'";
    let home = three_runs();
    let (ours, theirs) = pair(24);
    let mut command = home.command();
    command.env("TERM", "xterm-256color").env("PAGER", PAGER);
    command.args(["show", "2"]).current_dir(home.path());
    // As a shell does, so that a terminal's Ctrl-C is for both and no other.
    let mut child = command.process_group(0).stdout(theirs).spawn();
    command.stdout(std::process::Stdio::null());
    let child = child.as_mut().expect("it runs");
    let begun = Instant::now();
    while !home.path().join("begun").exists() {
        assert!(begun.elapsed() < PATIENCE, "no pager begins");
        std::thread::sleep(Duration::from_millis(10));
    }
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    for _ in 0..3 {
        kill_process_group(group.expect("a group"), Signal::INT).expect("sent");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(child.try_wait().expect("asked"), None, "it waits for it");
    std::fs::write(home.path().join("go"), "").expect("written");
    let shown = read_all(ours);
    let is_paged = |line: &str| line.starts_with(':');
    assert!(
        shown.lines().all(is_paged) && shown.contains("n17"),
        "{shown}"
    );
    assert_eq!(await_end(child).code(), Some(0));
}
