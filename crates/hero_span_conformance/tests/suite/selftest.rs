//! The self-test: what it proves, and that it can fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hero_span_conformance::selftest::{Options, Proof, prove};
use hero_span_conformance::{Filter, Quiet};

use crate::support::{code, sdk};

/// A reference with these mutants, which lies anywhere.
fn reference(directory: &Path, mutants: &str) -> PathBuf {
    reference_that(directory, mutants, "proves_the_suite = true")
}

fn reference_that(directory: &Path, mutants: &str, more: &str) -> PathBuf {
    let files = [
        "hero_tracing.py",
        "conformance_adapter.py",
        "conformance_script.py",
    ];
    let root = sdk().canonicalize().unwrap();
    let listed = directory.join("mutants.toml");
    fs::write(&listed, mutants).unwrap();
    let text = format!(
        "root = {root:?}\ncommand = ['python3', 'conformance_adapter.py']\nfiles = {files:?}\n\
         mutants = [{listed:?}]\n{more}\n"
    );
    let path = directory.join("reference.toml");
    fs::write(&path, text).unwrap();
    path
}

fn options(reference: PathBuf, filter: &str) -> Options {
    Options {
        reference,
        filter: Filter::new(&[filter.into()]).unwrap(),
        without: Vec::new(),
        jobs: 2,
        full: false,
        patience: Duration::from_secs(10),
    }
}

const MUTANT: &str = "
    [[mutant]]
    id = 'short'
    about = 'Values are cut to 4,095 bytes.'
    killed_by = 'limit.value'
    replace = [['_VALUE_BYTES = 4_096', '_VALUE_BYTES = 4_095']]
";

fn run(mutants: &str, without: &[&str]) -> Proof {
    let directory = tempfile::tempdir().unwrap();
    let mut options = options(reference(directory.path(), mutants), "short");
    options.without = without.iter().map(ToString::to_string).collect();
    prove(&options, &Quiet).unwrap()
}

/// The exit code and why the only mutant survived.
fn check(mutants: &str, without: &[&str], code: u8, survived: &str) {
    let proof = run(mutants, without);
    assert_eq!(proof.exit_code(), code, "{}", proof.to_text());
    let text = proof.to_text();
    assert!(text.contains(survived), "expected {survived}\n{text}");
}

#[test]
fn a_mutant_is_killed_by_its_own_check() {
    check(MUTANT, &[], 0, "✓ short");
}

#[test]
fn a_check_that_is_not_looked_at_finds_nothing() {
    check(MUTANT, &["limit.value"], 1, "SURVIVED");
}

#[test]
fn a_mutant_that_another_check_finds_has_survived() {
    let wrong = MUTANT.replace(
        "killed_by = 'limit.value'",
        "killed_by = 'value.numbers'\ncases = ['limit.value/*']",
    );
    check(&wrong, &[], 1, "found by limit.value instead");
}

#[test]
fn a_fault_that_is_none_survives() {
    let none = MUTANT.replace("4_095", "4096");
    check(&none, &[], 1, "cases pass all the same");
}

#[test]
fn what_is_found_in_the_unbroken_reference_is_a_false_alarm() {
    let directory = tempfile::tempdir().unwrap();
    let path = reference(directory.path(), &MUTANT.replace("4_096", "4_094"));
    let broken = code().replace("_VALUE_BYTES = 4_096", "_VALUE_BYTES = 4_094");
    fs::write(directory.path().join("hero_tracing.py"), broken).unwrap();
    for name in ["conformance_adapter.py", "conformance_script.py"] {
        fs::copy(sdk().join(name), directory.path().join(name)).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    let sdk = sdk().canonicalize().unwrap().display().to_string();
    let text = text.replace(&sdk, &directory.path().display().to_string());
    fs::write(&path, text).unwrap();
    let proof = prove(&options(path, "short"), &Quiet).unwrap();
    assert_eq!(proof.exit_code(), 1);
    assert!(!proof.false_alarms.is_empty(), "{}", proof.to_text());
}

#[test]
fn no_mutant_proves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let options = options(reference(directory.path(), MUTANT), "nobody");
    assert_eq!(prove(&options, &Quiet).unwrap().exit_code(), 3);
}

#[test]
fn an_sdk_that_does_not_prove_the_suite_has_its_own_mutants_only() {
    let directory = tempfile::tempdir().unwrap();
    let reference = reference_that(directory.path(), MUTANT, "build = ['touch', 'built']");
    let mut options = options(reference, "*");
    options.filter = Filter::default();
    let proof = prove(&options, &Quiet).unwrap();
    assert_eq!(proof.exit_code(), 0, "{}", proof.to_text());
    assert_eq!(proof.mutants.len(), 1);
}

#[test]
fn a_reference_that_cannot_be_built_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let build = "build = ['sh', '-c', 'echo no such type >&2; exit 1']";
    let options = options(reference_that(directory.path(), MUTANT, build), "*");
    let error = prove(&options, &Quiet).unwrap_err().to_string();
    assert!(
        error.contains("cannot be built") && error.contains("no such type"),
        "{error}"
    );
}

#[test]
fn a_check_without_a_mutant_fails() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = options(reference(directory.path(), "mutant = []"), "*");
    options.filter = Filter::default();
    options.jobs = 4;
    let proof = prove(&options, &Quiet).unwrap();
    assert_eq!(proof.exit_code(), 1);
    assert!(proof.without_mutant.contains(&"sdk.bounded/time"));
    assert!(proof.to_text().contains("NO MUTANT"), "{}", proof.to_text());
}

/// What is wrong with a file of mutants, from the name of the mutant on.
fn check_error(mutants: &str, expected: &str) {
    let directory = tempfile::tempdir().unwrap();
    let options = options(reference(directory.path(), mutants), "*");
    let error = prove(&options, &Quiet).unwrap_err();
    assert!(error.is_usage());
    assert!(error.to_string().ends_with(expected), "{error}");
}

#[test]
fn a_mutant_that_cannot_be_made_is_named() {
    check_error(
        &MUTANT.replace("[['_VALUE", "[['_VALEU"),
        "mutant short: expected a text that is there to replace, found \"_VALEU_BYTES = 4_096\"",
    );
    check_error(
        &MUTANT.replace("'limit.value'", "'limit.valeu'"),
        "mutant short: killed_by: expected a check's id, found \"limit.valeu\"",
    );
    check_error(
        &format!("{MUTANT}{MUTANT}"),
        "mutant short: expected an id of its own",
    );
}
