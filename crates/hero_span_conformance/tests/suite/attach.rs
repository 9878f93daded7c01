//! An adapter that somebody starts by hand.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use hero_span_conformance::{Conclusion, Family, Quiet, run};

use crate::support::{code, copy_sdk, options};

/// Does what the runner says to do, once for each time it says so.
fn start_by_hand(command: &[String], fifos: &Path, times: usize) -> Vec<Child> {
    let [stdin, stdout] = ["in", "out"].map(|name| fifos.join(name));
    let mut before = None;
    let mut started = Vec::new();
    for _ in 0..times {
        let number = wait_for_another(&stdout, before);
        before = Some(number);
        let line = format!(
            "exec {} <{} >{}",
            command.join(" "),
            stdin.display(),
            stdout.display()
        );
        started.push(Command::new("sh").args(["-c", &line]).spawn().unwrap());
    }
    started
}

fn wait_for_another(file: &PathBuf, before: Option<(u64, i64)>) -> (u64, i64) {
    use std::os::unix::fs::MetadataExt;
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline {
        if let Ok(found) = fs::metadata(file) {
            let found = (found.ino(), found.ctime_nsec());
            if Some(found) != before {
                return found;
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{} does not come", file.display());
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
    let by_hand = {
        let fifos = fifos.clone();
        std::thread::spawn(move || start_by_hand(&command, &fifos, starts))
    };
    let report = run(&options, &Quiet).unwrap();
    assert_eq!(
        report.conclusion(),
        Conclusion::Conformant,
        "{}",
        report.to_text()
    );
    for mut adapter in by_hand.join().unwrap() {
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
