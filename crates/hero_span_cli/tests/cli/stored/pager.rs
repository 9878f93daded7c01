//! Long output on a terminal goes through a pager.

use super::{Home, three_runs};
use crate::terminal::on_terminal;

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
