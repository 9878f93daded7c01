//! The Python SDK as it is: the checks must not cry wolf.

use hero_span_conformance::{Conclusion, Family, Options, Quiet, run};

use crate::support::{options, python, sdk};

fn check(family: Family) {
    let directory = tempfile::tempdir().unwrap();
    let command = python(&sdk().join("conformance_adapter.py"));
    let report = run(&options(command, family, directory.path()), &Quiet).unwrap();
    assert_eq!(
        report.conclusion(),
        Conclusion::Conformant,
        "{}",
        report.to_text()
    );
    assert_eq!(report.groups[0].ran(), 40);
}

#[test]
fn truncation_is_as_the_contract_says() {
    check(Family::Truncation);
}

#[test]
fn ordering_is_as_the_contract_says() {
    check(Family::Ordering);
}

#[test]
fn dropped_sockets_go_unnoticed() {
    check(Family::Dropped);
}

#[test]
fn every_fixed_case_is_as_the_contract_says() {
    let directory = tempfile::tempdir().unwrap();
    let command = python(&sdk().join("conformance_adapter.py"));
    let options = Options {
        fixed: true,
        families: Vec::new(),
        ..options(command, Family::Dropped, directory.path())
    };
    let report = run(&options, &Quiet).unwrap();
    assert_eq!(
        report.conclusion(),
        Conclusion::Conformant,
        "{}",
        report.to_text()
    );
    let cases = &report.groups[0];
    assert_eq!(cases.ran(), cases.results.len(), "{}", report.to_text());
}
