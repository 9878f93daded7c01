//! `hero-span tail`: what others collect, as it comes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::{Home, PATIENCE};
use crate::common::{await_end, end, start};

struct Tail {
    child: Child,
    lines: Receiver<String>,
}

impl Tail {
    fn start(home: &Home, args: &[&str]) -> Self {
        let mut command = home.command();
        command.arg("tail").args(args).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let (tell, lines) = channel();
        thread::spawn(move || {
            let mut lines = stdout.lines().map(|line| line.expect("text"));
            lines.all(|line| tell.send(line).is_ok())
        });
        Self { child, lines }
    }

    /// The next line; an empty one at the end.
    #[track_caller]
    fn line(&self) -> String {
        let line = self.line_within(PATIENCE);
        line.expect("a line, or the end").trim_end().to_owned()
    }

    /// The same, where there may be none.
    fn line_within(&self, patience: Duration) -> Option<String> {
        match self.lines.recv_timeout(patience) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => Some(String::new()),
            Err(RecvTimeoutError::Timeout) => None,
        }
    }

    #[track_caller]
    fn check_over(mut self) {
        assert_eq!(self.line(), "", "nothing more can come");
        assert_eq!(await_end(&mut self.child).code(), Some(0));
    }
}

/// A test that is done, or has failed, leaves nobody behind.
impl Drop for Tail {
    fn drop(&mut self) {
        // It has ended already where the test waited for that.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_run_is_told_from_its_beginning_until_it_is_over() {
    let home = Home::new();
    let collector = home.collect(&["--view", "none"]);
    let mut stream = collector.connect();
    stream.write_all(start(1, None).as_bytes()).expect("sent");
    home.wait(|runs| runs.iter().any(|run| run["state"] == "running"));
    let tail = Tail::start(&home, &["last"]);
    assert_eq!(tail.line(), "#1 00:00:00.001 n1  ▶ step");
    stream.write_all(end(1, "ok").as_bytes()).expect("sent");
    assert_eq!(tail.line(), "#1 00:00:01.001 n1  ✓ ok");
    drop(stream);
    tail.check_over();
    home.stop(collector);
}

#[test]
fn all_runs_are_told_of_as_they_come() {
    let home = Home::with(&[vec![start(1, None), end(1, "ok")]]);
    let collector = home.collect(&["--view", "none"]);
    let tail = Tail::start(&home, &[]);
    // What was there before it began is not told, and when that was is not
    // known: something comes until it is.
    let mut stream = collector.connect();
    let mut send = |line: String| stream.write_all(line.as_bytes()).expect("sent");
    let begun = Instant::now();
    let mut next = 2..;
    let mut told = loop {
        send(start(next.next().expect("a number"), None));
        if let Some(told) = tail.line_within(Duration::from_millis(50)) {
            break told;
        }
        assert!(begun.elapsed() < PATIENCE, "it tells of nothing");
    };
    send(end(2, "ok"));
    while !told.contains("n2  ✓ ok") {
        assert!(told.starts_with("#2 "), "{told}");
        told = tail.line();
    }
    drop(tail);
    home.stop(collector);
}

#[test]
fn a_run_that_was_cut_off_is_over() {
    let home = Home::new();
    let mut collector = home.collect(&["--view", "none"]);
    let mut stream = collector.connect();
    stream.write_all(start(1, None).as_bytes()).expect("sent");
    home.wait(|runs| runs.iter().any(|run| run["state"] == "running"));
    let tail = Tail::start(&home, &["1"]);
    assert!(tail.line().contains("n1"));
    collector.child.kill().expect("killed");
    collector.child.wait().expect("ended");
    tail.check_over();
}

#[test]
fn a_run_that_becomes_part_of_another_is_told_on() {
    let home = Home::new();
    let collector = home.collect(&["--view", "none"]);
    let [mut first, mut second] = [(); 2].map(|()| collector.connect());
    first.write_all(start(1, None).as_bytes()).expect("sent");
    home.wait(|runs| runs.len() == 1);
    second.write_all(start(2, None).as_bytes()).expect("sent");
    home.wait(|runs| runs.len() == 2);
    let tail = Tail::start(&home, &["2"]);
    assert_eq!(tail.line(), "#2 00:00:00.002 n2  ▶ step");
    // Only now it turns out that one process started the other.
    second
        .write_all(start(3, Some(1)).as_bytes())
        .expect("sent");
    assert_eq!(tail.line(), "! run 2 turned out to be part of run 1");
    assert_eq!(tail.line(), "#1 00:00:00.003 n3  ▶ step");
    second.write_all(end(3, "ok").as_bytes()).expect("sent");
    assert_eq!(tail.line(), "#1 00:00:01.003 n3  ✓ ok");
    drop(second);
    first.write_all(end(1, "ok").as_bytes()).expect("sent");
    assert_eq!(tail.line(), "#1 00:00:01.001 n1  ✓ ok");
    drop(first);
    tail.check_over();
    home.stop(collector);
}
