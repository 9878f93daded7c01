//! The kill matrix, for people.

use std::fmt::Write;

use super::proof::{Ending, Proof, Sort, Tried};

pub(super) fn text(proof: &Proof) -> String {
    let mut text = String::new();
    let sdk = &proof.sdk;
    let _ = writeln!(
        text,
        "self-test with {} {}: cases {}, false alarms {}",
        sdk.sdk,
        sdk.version,
        proof.cases,
        proof.false_alarms.len()
    );
    for alarm in &proof.false_alarms {
        let _ = writeln!(
            text,
            "  ✗ {}\n    {}",
            alarm.case,
            alarm.why.replace('\n', "\n    ")
        );
    }
    for (sort, words) in SORTS {
        mutants(proof, sort, words, &mut text);
    }
    by_check(proof, &mut text);
    totals(proof, &mut text);
    text
}

const SORTS: [(Sort, &str); 3] = [
    (
        Sort::Behaviour,
        "faults of behaviour, in copies of the reference",
    ),
    (Sort::Wire, "faults of the wire, in what it sent"),
    (Sort::Tools, "faults of the tools, in schemas and parser"),
];

/// One line a mutant.
fn mutants(proof: &Proof, sort: Sort, words: &str, text: &mut String) {
    let mut of_sort = proof
        .mutants
        .iter()
        .filter(|mutant| mutant.sort == sort)
        .peekable();
    if of_sort.peek().is_some() {
        let _ = writeln!(text, "\n{words}");
    }
    for mutant in of_sort {
        let mark = if mutant.is_killed() { '✓' } else { '✗' };
        let line = format!(
            "  {mark} {:<34} {:<24} {}",
            mutant.id,
            mutant.killed_by,
            others(mutant)
        );
        let _ = writeln!(text, "{}", line.trim_end());
        if let Ending::Survived(why) = &mutant.ending {
            let _ = writeln!(text, "    {}\n    SURVIVED: {why}", mutant.about);
        }
    }
}

/// The other checks that bit.
fn others(mutant: &Tried) -> String {
    let others = mutant
        .bites
        .keys()
        .filter(|check| **check != mutant.killed_by);
    let others: Vec<&str> = others.map(String::as_str).collect();
    if others.is_empty() {
        return String::new();
    }
    format!("also {}", others.join(", "))
}

fn by_check(proof: &Proof, text: &mut String) {
    let _ = writeln!(text, "\n{:<24} {:>6}", "check", "killed");
    for (check, killed, all) in proof.by_check() {
        let is_missing = proof.without_mutant.contains(&check);
        if all > 0 || is_missing {
            let words = if is_missing { "  NO MUTANT" } else { "" };
            let _ = writeln!(text, "{check:<24} {:>6}{words}", format!("{killed}/{all}"));
        }
    }
}

fn totals(proof: &Proof, text: &mut String) {
    let bite = proof
        .by_check()
        .into_iter()
        .filter(|(_, killed, _)| *killed > 0)
        .count();
    let (killed, all) = (proof.killed(), proof.mutants.len());
    let _ = writeln!(
        text,
        "\nmutants {all}, killed by their own check {killed}, survived {}; checks that bite {bite}; \
         false alarms {}; {:.1} s",
        all - killed,
        proof.false_alarms.len(),
        proof.seconds
    );
    let verdict = match proof.exit_code() {
        0 => "PROVED: every check bites, and none without a cause",
        1 => "NOT PROVED",
        _ => "NOT EVALUATED: the reference could not be run, or no mutant was",
    };
    let _ = writeln!(text, "{verdict}");
}
