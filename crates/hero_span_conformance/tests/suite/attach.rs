//! An adapter that somebody starts by hand.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hero_span_conformance::{Conclusion, Family, Quiet, run};

use crate::support::{code, copy_sdk, options};

/// Does what the runner says to do, each time that it says so, until `is_over`.
fn start_by_hand(command: &[String], fifos: &Path, is_over: &AtomicBool) -> Vec<Child> {
    let [stdin, stdout] = ["in", "out"].map(|name| fifos.join(name));
    let line = format!(
        "exec {} <{} >{}",
        command.join(" "),
        stdin.display(),
        stdout.display()
    );
    let mut known = None;
    let mut started = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let found = fs::metadata(&stdout).ok();
        let found = found.map(|file| file.created().unwrap());
        if found.is_some() && found != known {
            known = found;
            started.push(Command::new("sh").args(["-c", &line]).spawn().unwrap());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    started
}

fn check(features: &str, cases: u64, starts: usize) {
    let directory = tempfile::tempdir().unwrap();
    let command = copy_sdk(directory.path(), &code());
    let file = directory.path().join("conformance_adapter.py");
    let own = fs::read_to_string(&file).unwrap();
    fs::write(&file, own.replace("[*FEATURES, \"reuse\"]", features)).unwrap();
    let fifos = directory.path().join("fifos");
    let mut options = options(command.clone(), Family::Ordering, directory.path());
    options.cases = cases;
    options.jobs = 1;
    options.launch.attach = Some(fifos.clone());
    // Nobody is hurried.
    options.launch.patience = Duration::from_millis(1);
    let is_over = AtomicBool::new(false);
    let (report, started) = std::thread::scope(|scope| {
        let by_hand = scope.spawn(|| start_by_hand(&command, &fifos, &is_over));
        let report = run(&options, &Quiet);
        is_over.store(true, Ordering::Relaxed);
        (report.unwrap(), by_hand.join().unwrap())
    });
    assert_eq!(
        report.conclusion(),
        Conclusion::Conformant,
        "{}",
        report.to_text()
    );
    assert_eq!(started.len(), starts);
    for mut adapter in started {
        assert!(adapter.wait().unwrap().success());
    }
    assert_eq!(fs::read_dir(&fifos).unwrap().count(), 0);
}

#[test]
fn one_that_runs_many_cases_is_started_once() {
    check("[*FEATURES, \"reuse\"]", 5, 1);
}

#[test]
fn one_that_runs_one_case_is_started_for_each() {
    check("FEATURES", 2, 3);
}

#[test]
fn files_that_are_in_the_way_stay() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("out"), "mine").unwrap();
    let mut options = options(vec!["x".into()], Family::Ordering, directory.path());
    options.launch.attach = Some(directory.path().into());
    let error = run(&options, &Quiet).unwrap_err().to_string();
    assert!(
        error.contains("remove it, or name another directory"),
        "{error}"
    );
    assert_eq!(
        fs::read_to_string(directory.path().join("out")).unwrap(),
        "mine"
    );
    assert!(!directory.path().join("in").exists());
}
