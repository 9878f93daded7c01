//! What a collector costs when clients misbehave.

use std::io::{ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::common::{Collector, end, hero_span, start};

const CONNECTIONS: usize = 200;

/// Sends to each connection in turn until each has taken so many bytes.
fn flood(streams: &mut [UnixStream], bytes: usize) {
    let chunk = [b'x'; 16 * 1024];
    let mut left = vec![bytes; streams.len()];
    for stream in streams.iter() {
        stream.set_nonblocking(true).expect("set");
    }
    while left.iter().any(|&left| left > 0) {
        for (stream, left) in streams.iter_mut().zip(&mut left) {
            match stream.write(&chunk[..chunk.len().min(*left)]) {
                Ok(count) => *left -= count,
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(e) => panic!("{e}"),
            }
        }
    }
}

#[test]
fn endless_lines_cost_bounded_memory() {
    let collector = Collector::start(&["--stable"]);
    let before = collector.memory_kib("VmRSS");
    let mut streams: Vec<_> = (0..CONNECTIONS).map(|_| collector.connect()).collect();
    flood(&mut streams, 1024 * 1024);
    let cost = collector.memory_kib("VmHWM") - before;
    let most = CONNECTIONS as u64 * 64 + 32 * 1024;
    assert!(cost <= most, "{cost} KiB over {before} KiB");
    for (number, stream) in (1..).zip(&mut streams) {
        stream.set_nonblocking(false).expect("set");
        let lines = format!("\n{}{}", start(number, None), end(number, "ok"));
        stream.write_all(lines.as_bytes()).expect("sent");
    }
    drop(streams);
    collector.signal(Signal::TERM);
    let summary = collector.finish().stderr;
    assert_eq!(
        summary,
        "200 runs, 200 spans, 600 lines, 0 lost, 200 rejected (limit.line 200)\n"
    );
}

#[test]
fn a_flood_of_bad_lines_costs_bounded_memory() {
    let collector = Collector::start(&["--view", "trees"]);
    let before = collector.memory_kib("VmRSS");
    let mut streams: Vec<_> = (0..50).map(|_| collector.connect()).collect();
    let lines = "\n{\n1\n{}\n".repeat(50_000);
    for stream in &mut streams {
        stream.write_all(lines.as_bytes()).expect("sent");
    }
    drop(streams);
    wait_until_idle(collector.child.id());
    let cost = collector.memory_kib("VmHWM") - before;
    collector.signal(Signal::TERM);
    assert!(cost <= 32 * 1024, "{cost} KiB over {before} KiB");
    let summary = collector.finish().stderr;
    assert!(summary.contains("10000000 rejected"), "{summary}");
}

/// Processor time a process has used, in hundredths of a second.
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("readable");
    let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
    let fields: Vec<_> = fields.split_whitespace().collect();
    let number = |at: usize| fields[at].parse::<u64>().expect("a number");
    number(11) + number(12)
}

pub(crate) fn wait_until_idle(pid: u32) {
    let mut before = u64::MAX;
    while before != ticks(pid) {
        before = ticks(pid);
        sleep(Duration::from_millis(500));
    }
}

#[test]
fn without_descriptors_it_waits_instead_of_spinning() {
    let mut shell = Command::new("sh");
    let program = hero_span().get_program().to_owned();
    shell
        .args(["-c", "ulimit -n 16; exec \"$0\" \"$@\""])
        .arg(program);
    shell.stdout(Stdio::piped());
    let collector = Collector::spawn(shell, &["--stable"]);
    let mut streams: Vec<_> = (0..30).map(|_| collector.connect()).collect();
    sleep(Duration::from_millis(300));
    let (begun, before) = (Instant::now(), ticks(collector.child.id()));
    sleep(Duration::from_secs(2));
    let used = ticks(collector.child.id()) - before;
    assert!(used <= 20, "{used} hundredths in {:?}", begun.elapsed());

    for (number, stream) in (1..).zip(&mut streams) {
        let lines = start(number, None) + &end(number, "ok");
        stream.write_all(lines.as_bytes()).expect("sent");
    }
    // Descriptors come free as clients leave, and the others get their turn.
    drop(streams);
    sleep(Duration::from_millis(2_500));
    collector.signal(Signal::TERM);
    let finished = collector.finish();
    assert_eq!(finished.stderr, "30 runs, 30 spans, 60 lines, 0 lost\n");
    let said = "! cannot accept connections: Too many open files";
    assert!(finished.stdout.contains(said), "{}", finished.stdout);
}
