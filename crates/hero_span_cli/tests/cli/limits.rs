//! What a collector costs when clients misbehave.

use std::io::{ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Signal, getrlimit, setrlimit};

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
    eprintln!("{cost} KiB for {CONNECTIONS} endless lines");
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

/// Connections that are open in the collector: its files over those it had.
fn wait_for_files(collector: &Collector, files: usize) {
    let begun = Instant::now();
    while open_files(collector) != files {
        assert!(begun.elapsed() < Duration::from_secs(20), "{files}");
        sleep(Duration::from_millis(20));
    }
}

fn open_files(collector: &Collector) -> usize {
    let files = format!("/proc/{}/fd", collector.child.id());
    std::fs::read_dir(files).expect("readable").count()
}

/// A collector whose limit of open files is this; what may be is more.
fn start_with_files(limit: &str, args: &[&str]) -> Collector {
    let mut shell = Command::new("sh");
    let script = format!("ulimit {limit}; exec \"$0\" \"$@\"");
    shell.args(["-c", &script]).arg(hero_span().get_program());
    shell.stdout(Stdio::piped());
    Collector::spawn(shell, args)
}

/// Connections that say this and then nothing cost less than 8 KiB each: what a
/// thousand more of them cost, as all that the allocator keeps of what it has
/// had, and a store's queue, cost as much however many there are.
#[track_caller]
fn check_silent(lines: &str) {
    const FIRST: usize = 500;
    const MORE: usize = 1_000;
    let mut files = getrlimit(Resource::Nofile);
    files.current = files.maximum;
    setrlimit(Resource::Nofile, files).expect("our ends need files too");
    let collector = Collector::start(&["--stable", "--view", "trees", "--store", "none"]);
    let files = open_files(&collector);
    let mut streams = Vec::new();
    let mut memory_of = |connections: usize| {
        while streams.len() < connections {
            let mut stream = collector.connect();
            stream.write_all(lines.as_bytes()).expect("sent");
            streams.push(stream);
        }
        wait_for_files(&collector, files + connections);
        wait_until_idle(collector.child.id());
        collector.memory_kib("VmRSS")
    };
    let first = memory_of(FIRST);
    let cost = memory_of(FIRST + MORE).saturating_sub(first);
    let each = cost as f64 / MORE as f64;
    assert!(each < 8.0, "{each:.2} KiB each, over {first} KiB");
    eprintln!("{each:.2} KiB for a silent connection");
    drop(streams);
    collector.signal(Signal::TERM);
    collector.finish();
}

#[test]
fn a_silent_connection_costs_little() {
    check_silent("");
}

#[test]
fn a_connection_that_was_loud_once_costs_little() {
    let unknown = format!("{{\"type\":\"{}\"}}\n", "x".repeat(200));
    let lines = unknown.repeat(100) + &format!("{{\"type\":\"{}\"}}\n", "x".repeat(30_000));
    check_silent(&lines);
}

#[test]
fn it_takes_as_many_files_as_it_may() {
    let collector = start_with_files("-Sn 32", &["--stable"]);
    let files = open_files(&collector);
    let streams: Vec<_> = (0..100).map(|_| collector.connect()).collect();
    wait_for_files(&collector, files + streams.len());
    collector.signal(Signal::TERM);
    assert_eq!(collector.finish().stdout, "");
}

#[test]
fn those_over_the_limit_wait_for_others_to_leave() {
    let collector = Collector::start(&["--stable", "--max-connections", "2"]);
    let files = open_files(&collector);
    let mut streams: Vec<_> = (0..3).map(|_| collector.connect()).collect();
    for (number, stream) in (1..).zip(&mut streams) {
        let lines = start(number, None) + &end(number, "ok");
        stream.write_all(lines.as_bytes()).expect("sent");
    }
    wait_for_files(&collector, files + 2);
    drop(streams);
    sleep(Duration::from_millis(500));
    collector.signal(Signal::TERM);
    let finished = collector.finish();
    assert_eq!(finished.stderr, "3 runs, 3 spans, 6 lines, 0 lost\n");
    let said = "! cannot accept connections: 2 are open, which is the limit; trying again\n";
    assert_eq!(
        finished.stdout.matches(said).count(),
        1,
        "{}",
        finished.stdout
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
    let collector = start_with_files("-n 16", &["--stable", "--store", "none"]);
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
