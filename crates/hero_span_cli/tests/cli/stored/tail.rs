//! `hero-span tail`: what others collect, as it comes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Stdio};

use super::Home;
use crate::common::{end, start};

struct Tail {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Tail {
    fn start(home: &Home, args: &[&str]) -> Self {
        let mut command = home.command();
        command.arg("tail").args(args).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, stdout }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }
}

#[test]
fn a_run_is_told_from_its_beginning_until_it_is_over() {
    let home = Home::new();
    let collector = home.collect(&["--view", "none"]);
    let mut stream = collector.connect();
    stream.write_all(start(1, None).as_bytes()).expect("sent");
    home.wait(|runs| runs.iter().any(|run| run["state"] == "running"));
    let mut tail = Tail::start(&home, &["last"]);
    assert_eq!(tail.line(), "#1 00:00:00.001 n1  ▶ step");
    stream.write_all(end(1, "ok").as_bytes()).expect("sent");
    assert_eq!(tail.line(), "#1 00:00:01.001 n1  ✓ ok");
    drop(stream);
    assert_eq!(tail.line(), "", "it is over");
    assert_eq!(tail.child.wait().expect("ended").code(), Some(0));
    home.stop(collector);
}

#[test]
fn all_runs_are_told_of_as_they_come() {
    let home = Home::with(&[vec![start(1, None), end(1, "ok")]]);
    let collector = home.collect(&["--view", "none"]);
    let mut tail = Tail::start(&home, &[]);
    // What was there before it began is not told.
    let mut stream = collector.connect();
    let mut told = String::new();
    for number in 2.. {
        stream
            .write_all(start(number, None).as_bytes())
            .expect("sent");
        std::thread::sleep(std::time::Duration::from_millis(50));
        if number == 3 {
            break;
        }
    }
    while !told.contains("n3 ") {
        told = tail.line();
        assert!(told.starts_with("#2 ") || told.starts_with("#3 "), "{told}");
    }
    tail.child.kill().expect("killed");
    tail.child.wait().expect("ended");
    home.stop(collector);
}

#[test]
fn a_run_that_was_cut_off_is_over() {
    let home = Home::new();
    let mut collector = home.collect(&["--view", "none"]);
    let mut stream = collector.connect();
    stream.write_all(start(1, None).as_bytes()).expect("sent");
    home.wait(|runs| runs.iter().any(|run| run["state"] == "running"));
    let mut tail = Tail::start(&home, &["1"]);
    assert!(tail.line().contains("n1"));
    collector.child.kill().expect("killed");
    collector.child.wait().expect("ended");
    assert_eq!(tail.line(), "", "nothing more can come");
    assert_eq!(tail.child.wait().expect("ended").code(), Some(0));
}
