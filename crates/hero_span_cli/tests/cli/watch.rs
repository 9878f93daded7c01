//! `hero-span check --listen` and `hero-span check -- PROGRAM`.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::check::{BROKEN, GOOD};
use crate::common::{Collector, Finished, hero_span, run};
use crate::limits::wait_until_idle;

/// The good capture as another producer and another span say it.
fn good(producer: u8, span: u8) -> String {
    GOOD.replace("00000000000000ff", &format!("{producer:016x}"))
        .replace("00000000000000a1", &format!("{span:016x}"))
        .replace("\"pid\":1", &format!("\"pid\":{producer}"))
}

/// What comes of captures, each sent over a connection of its own after the
/// one before has ended.
fn watch(args: &[&str], captures: &[String]) -> Finished {
    let watch = Collector::check(args);
    for capture in captures {
        watch.send(std::slice::from_ref(capture));
        // Else they might be read side by side.
        sleep(Duration::from_millis(30));
    }
    watch.signal(Signal::INT);
    watch.finish()
}

fn example(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/python/examples");
    root.join(name).with_extension("py")
}

/// The report's last line.
fn total(finished: &Finished) -> &str {
    finished.stdout.lines().last().unwrap_or_default()
}

#[test]
fn the_sdk_s_examples_conform_with_forks_and_sub_flows() {
    for (name, connections) in [("sqlite_report", 1), ("fork_workers", 5), ("subflow", 3)] {
        for parent in [&[][..], &["--parent", "00000000000000a1"]] {
            let watch = Collector::check(&[&["--once"], parent].concat());
            let mut python = Command::new("python3");
            let flow = run(python
                .arg(example(name))
                .env("HERO_FLOW_SPAN_SOCK", &watch.path));
            assert_eq!(flow.code, Some(0), "{}", flow.stderr);
            let finished = watch.finish();
            let total = total(&finished);
            assert!(
                total.starts_with(&format!("{connections} connection")),
                "{total}"
            );
            assert!(total.ends_with(": conforms"), "{}", finished.stdout);
            assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
        }
    }
}

#[test]
fn a_violation_is_shown_as_it_comes() {
    let mut watch = hero_span();
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("s");
    watch.args(["check", "--once", "--listen"]).arg(&path);
    watch.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut watch = watch.spawn().expect("it runs");
    let mut export = String::new();
    let stderr = watch.stderr.take().expect("piped");
    BufReader::new(stderr)
        .read_line(&mut export)
        .expect("a line");
    let mut stdout = BufReader::new(watch.stdout.take().expect("piped"));
    let mut next = || {
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        line
    };
    let mut stream = UnixStream::connect(&path).expect("it listens");
    let (first, rest) = BROKEN.split_once("nonsense").expect("in two");
    stream.write_all(first.as_bytes()).expect("sent");
    insta::assert_snapshot!(next(), @"connection 1 (python, pid 1):1: type.name: name at byte 188: expected at least 1 byte, found none");
    insta::assert_snapshot!(next(), @r#"connection 1 (python, pid 1):2: type.id: span_id at byte 29: expected 16 lower-case hex digits, not all zero, found "00000000000000A1""#);
    stream.write_all(b"nonsense").expect("sent");
    stream.write_all(rest.as_bytes()).expect("sent");
    drop(stream);
    let mut report = String::new();
    stdout.read_to_string(&mut report).expect("text");
    insta::assert_snapshot!(report, @r#"
    connection 1 (python, pid 1):3: transport.line at byte 0: expected a JSON object, found 'n'
    connection 1 (python, pid 1):5: rule.end-once: expected one span_end of 00000000000000a1, found another
    connection 1 (python, pid 1):6: transport.torn: expected an LF, found 56 bytes without one
    connection 1 (python, pid 1): 6 lines, 3 events: 5 violations of 5 clauses

    transport.line  MUST
        An event is one JSON object on one line, ended by one LF.

    transport.torn  MUST
        A last line without its LF is torn. A consumer discards and counts it,
        even if it would parse.

    type.id  MUST
        64 bits in lower-case hex, not all zero; never used twice.

    type.name  MUST
        The name of a span, a tag or a field. An empty one is sent as "unnamed".

    rule.end-once  MUST
        A span ends at most once.

    1 connection, 6 lines, 3 events: 5 violations of 5 clauses
    "#);
    assert_eq!(watch.wait().expect("ended").code(), Some(1));
    assert!(!path.exists());
}

#[test]
fn programs_get_an_object_a_line() {
    let bad = GOOD.replace("\"name\":\"a\"", "\"name\":\"\"");
    let finished = watch(&["--format", "json"], &[bad, good(2, 0xa2)]);
    insta::assert_snapshot!(finished.stdout, @r#"
    {"kind":"violation","connection":1,"producer":"00000000000000ff","sdk":"python","pid":1,"line":1,"byte_offset":188,"at":188,"clause":"type.name","requirement":"MUST","field":"name","expected":"at least 1 byte","found":"none"}
    {"kind":"summary","connection":1,"producer":"00000000000000ff","sdk":"python","pid":1,"lines":3,"events":3,"skipped":0,"violations":1,"excused":0,"open_spans":0,"lost":0,"torn":null,"conforms":false}
    {"kind":"summary","connection":2,"producer":"0000000000000002","sdk":"python","pid":2,"lines":3,"events":3,"skipped":0,"violations":0,"excused":0,"open_spans":0,"lost":0,"torn":null,"conforms":true}
    {"kind":"clause","clause":"type.name","requirement":"MUST","violations":1,"text":"The name of a span, a tag or a field. An empty one is sent as \"unnamed\"."}
    {"kind":"total","connections":2,"lines":6,"events":6,"skipped":0,"violations":1,"excused":0,"open_spans":0,"lost":0,"conforms":false}
    "#);
    assert_eq!(finished.code, Some(1));
    let help = run(hero_span().args(["check", "--help"])).stdout;
    for line in finished.stdout.lines() {
        let object: serde_json::Value = serde_json::from_str(line).expect("JSON");
        for name in object.as_object().expect("an object").keys() {
            let listed = |word: &str| word.trim_matches(['"', ',']) == name;
            assert!(help.split_whitespace().any(listed), "{name}");
        }
    }
}

#[test]
fn a_signal_ends_it_with_the_verdict_so_far() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let watch = Collector::check(&[]);
        let mut open = watch.connect();
        let (all_but_the_end, _) = GOOD.rsplit_once("\"ok\"").expect("in two");
        open.write_all(all_but_the_end.as_bytes()).expect("sent");
        sleep(Duration::from_millis(50));
        watch.signal(signal);
        let path = watch.path.clone();
        let finished = watch.finish();
        insta::allow_duplicates! {
            insta::assert_snapshot!(finished.stdout, @"
            connection 1 (python, pid 1): 2 lines, 2 events, 1 left open, still connected: conforms
            1 connection, 2 lines, 2 events, 1 left open: conforms
            ");
        }
        assert_eq!(finished.code, Some(0), "{signal:?}");
        assert!(!path.exists() && !path.with_extension("lock").exists());
    }
}

#[test]
fn what_no_connection_shows_by_itself_is_found() {
    let other_process = good(1, 0xa2).replace("\"pid\":1", "\"pid\":7");
    let captures = [good(1, 0xa1), good(1, 0xa3), other_process, good(2, 0xa1)];
    let finished = watch(&[], &captures);
    insta::assert_snapshot!(finished.stdout, @"
    connection 1 (python, pid 1): 3 lines, 3 events: conforms
    connection 2 (python, pid 1):1: transport.socket: expected one connection of each producer, found 0000000000000001 on connection 1 too
    connection 2 (python, pid 1): 3 lines, 3 events: 1 violation of 1 clause
    connection 3 (python, pid 7):1: sdk.fork: expected a producer.id of its own in each process, found 0000000000000001 on connection 1 too
    connection 3 (python, pid 7): 3 lines, 3 events: 1 violation of 1 clause
    connection 4 (python, pid 2):1: type.id: expected an id that no other span has, found 00000000000000a1, which started on connection 1
    connection 4 (python, pid 2): 3 lines, 3 events: 1 violation of 1 clause

    transport.socket  MUST
        An SDK writes to a Unix stream socket (AF_UNIX, SOCK_STREAM). A process
        that writes is a producer and has one connection. The collector never
        writes back.

    type.id  MUST
        64 bits in lower-case hex, not all zero; never used twice.

    sdk.fork  MUST
        A forked child is a producer of its own: a new connection and id. The span
        that was open at the fork is the parent of its roots, and what the child
        says of its parent's spans is dropped.

    4 connections, 12 lines, 12 events: 3 violations of 3 clauses
    ");
    assert_eq!(finished.code, Some(1));
}

#[test]
fn a_parent_may_start_on_another_connection_but_must_start() {
    let under = |span, parent: &str| good(span, span).replace("null", &format!("\"{parent}\""));
    let captures = [
        under(2, "0000000000000001"),
        good(1, 1),
        under(3, "00000000000000b2"),
    ];
    assert_eq!(watch(&[], &captures).code, Some(0), "any may be one");
    let with = |parent| watch(&["--parent", parent], &captures);
    assert_eq!(with("00000000000000b2").code, Some(0));
    let finished = with("00000000000000c3");
    insta::assert_snapshot!(finished.stdout, @"
    connection 1 (python, pid 2): 3 lines, 3 events: conforms
    connection 2 (python, pid 1): 3 lines, 3 events: conforms
    connection 3 (python, pid 3): 3 lines, 3 events: conforms
    connection 3:1: rule.parent-started: expected a parent that starts on some connection, for 0000000000000003, found 00000000000000b2, which never does

    rule.parent-started  MUST
        A parent has started before its child, unless it belongs to another
        producer. A child may outlive its parent.

    3 connections, 9 lines, 9 events: 1 violation of 1 clause
    ");
    assert_eq!(finished.code, Some(1));
}

#[test]
fn a_parent_may_be_what_was_lost() {
    let orphan = good(2, 2).replace("null", "\"0000000000000009\"");
    let lossy = good(1, 1).replace("\"seq\":2", "\"seq\":5");
    let finished = watch(&["--parent", "00000000000000c3"], &[orphan, lossy]);
    insta::assert_snapshot!(total(&finished), @"2 connections, 6 lines, 6 events, 3 lost, 1 excused by a loss: conforms");
    assert_eq!(finished.code, Some(0));
}

#[test]
fn nothing_came_is_no_verdict() {
    let finished = watch(&[], &[]);
    insta::assert_snapshot!(finished.stdout, @"0 connections, 0 lines, 0 events: nothing to judge");
    assert_eq!(finished.code, Some(3));
    assert_eq!(watch(&[], &[String::new()]).code, Some(3), "a probe");
}

#[test]
fn each_connection_shows_so_many_violations() {
    let finished = watch(&["--max", "1"], &[BROKEN.to_owned(), "{}\n{}\n".to_owned()]);
    let shown = |line: &&str| !line.starts_with("    ") && line.starts_with("connection");
    let lines: Vec<_> = finished.stdout.lines().filter(shown).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    connection 1 (python, pid 1):1: type.name: name at byte 188: expected at least 1 byte, found none
    connection 1 (python, pid 1): and 4 violations more
    connection 1 (python, pid 1): 6 lines, 3 events: 5 violations of 5 clauses
    connection 2:1: event.any: type at byte 1: expected the field type, found none
    connection 2: and 1 violation more
    connection 2: 2 lines, 0 events: 2 violations of 1 clause
    ");
}

#[test]
fn once_waits_for_somebody_to_speak() {
    let watch = Collector::check(&["--once"]);
    drop(watch.connect());
    sleep(Duration::from_millis(400));
    watch.send(&[good(1, 1)]);
    let finished = watch.finish();
    assert!(
        total(&finished).starts_with("1 connection, 3 lines"),
        "{}",
        finished.stdout
    );
}

#[test]
fn many_write_at_once_and_badly_in_bounded_memory() {
    let watch = Collector::check(&["--max", "2"]);
    let before = watch.memory_kib("VmRSS");
    let mut streams: Vec<_> = (0..100).map(|_| watch.connect()).collect();
    let flood = "\n{\n1\n{}\n\u{1b}[2J\n".repeat(2_000) + &"x".repeat(300_000) + "\n";
    for (number, stream) in (1..).zip(&mut streams) {
        stream.write_all(flood.as_bytes()).expect("sent");
        stream
            .write_all(good(number, number).as_bytes())
            .expect("sent");
    }
    drop(streams);
    wait_until_idle(watch.child.id());
    let cost = watch.memory_kib("VmHWM") - before;
    watch.signal(Signal::TERM);
    let finished = watch.finish();
    assert!(cost <= 48 * 1024, "{cost} KiB over {before} KiB");
    let total = total(&finished);
    assert!(
        total.starts_with("100 connections, 1000400 lines, 300 events"),
        "{total}"
    );
    assert!(!finished.stdout.contains('\u{1b}'));
    assert_eq!(finished.code, Some(1));
}

#[test]
fn it_ends_when_nobody_reads_its_report() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut command = hero_span();
    command.stdout(writer);
    let watch = Collector::listen(command, "check", &[]);
    drop(reader);
    let begun = Instant::now();
    let mut stream = watch.connect();
    while stream.write_all(b"nonsense\n").is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it goes on");
    }
    assert_eq!(watch.finish().code, Some(0));
}

#[test]
fn two_on_one_socket_are_one_too_many() {
    let first = Collector::start(&[]);
    let second = run(hero_span().args(["check", "--listen"]).arg(&first.path));
    assert_eq!(second.code, Some(2));
    assert!(
        second.stderr.contains("found one that holds"),
        "{}",
        second.stderr
    );
    first.signal(Signal::TERM);
    first.finish();
}

#[test]
fn without_a_path_it_listens_at_the_usual_place() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut watch = hero_span();
    watch.env("XDG_RUNTIME_DIR", directory.path());
    watch.args(["check", "--once", "--listen"]);
    watch.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut watch = watch.spawn().expect("it runs");
    let mut export = String::new();
    let stderr = watch.stderr.take().expect("piped");
    BufReader::new(stderr)
        .read_line(&mut export)
        .expect("a line");
    let path = directory.path().join("hero-span/collector.sock");
    assert_eq!(
        export,
        format!("export HERO_FLOW_SPAN_SOCK={}\n", path.display())
    );
    let mut stream = UnixStream::connect(&path).expect("it listens");
    stream.write_all(GOOD.as_bytes()).expect("sent");
    drop(stream);
    assert_eq!(watch.wait().expect("ended").code(), Some(0));
}

/// Runs a Python program under `hero-span check`.
fn check_program(args: &[&str], program: &str) -> Finished {
    let mut command = hero_span();
    command.arg("check").args(args);
    run(command.args(["--", "python3", "-c", program]))
}

/// Connects as an SDK does.
const CONNECT: &str = "\
import os, socket, sys, time
stream = socket.socket(socket.AF_UNIX)
stream.connect(os.environ['HERO_FLOW_SPAN_SOCK'])
";

#[test]
fn a_program_is_judged_by_what_it_writes_not_by_how_it_ends() {
    let mut command = hero_span();
    let finished = run(command
        .args(["check", "--", "python3"])
        .arg(example("killed")));
    assert_eq!(finished.code, Some(0), "{}", finished.stdout);
    insta::assert_snapshot!(total(&finished), @"1 connection, 15 lines, 15 events, 2 left open: conforms");
    insta::assert_snapshot!(finished.stderr, @"
    killed in block 3
    hero-span: python3 ended with signal: 9 (SIGKILL)
    ");
}

#[test]
fn a_bad_program_fails_though_it_ends_well() {
    let program = format!("{CONNECT}print('hello')\nstream.send(b'nonsense\\n')");
    let finished = check_program(&["--format", "json"], &program);
    assert_eq!(
        (finished.code, finished.stderr.as_str()),
        (Some(1), "hello\n")
    );
    insta::assert_snapshot!(finished.stdout, @r#"
    {"kind":"violation","connection":1,"producer":null,"sdk":null,"pid":null,"line":1,"byte_offset":0,"at":0,"clause":"transport.line","requirement":"MUST","field":null,"expected":"a JSON object","found":"'n'"}
    {"kind":"summary","connection":1,"producer":null,"sdk":null,"pid":null,"lines":1,"events":0,"skipped":0,"violations":1,"excused":0,"open_spans":0,"lost":0,"torn":null,"conforms":false}
    {"kind":"clause","clause":"transport.line","requirement":"MUST","violations":1,"text":"An event is one JSON object on one line, ended by one LF."}
    {"kind":"total","connections":1,"lines":1,"events":0,"skipped":0,"violations":1,"excused":0,"open_spans":0,"lost":0,"conforms":false}
    "#);
}

#[test]
fn a_program_that_says_nothing_is_no_verdict() {
    let finished = check_program(&[], "print('nothing')");
    assert_eq!(finished.code, Some(3));
    insta::assert_snapshot!(finished.stdout, @"0 connections, 0 lines, 0 events: nothing to judge");
}

#[test]
fn a_program_that_cannot_run_is_bad_usage() {
    let finished = run(hero_span().args(["check", "--", "/no/program"]));
    assert_eq!(finished.code, Some(2));
    insta::assert_snapshot!(finished.stderr, @"hero-span: /no/program: expected a program to run, found: No such file or directory (os error 2): give its name or its path");
}

#[test]
fn a_program_is_asked_to_end_when_we_are() {
    let mut command = hero_span();
    let program = format!("{CONNECT}stream.send(b'nonsense\\n')\ntime.sleep(60)");
    command.args(["check", "--", "python3", "-c", &program]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    stdout.read_line(&mut String::new()).expect("a violation");
    let pid = i32::try_from(child.id()).expect("a number");
    let pid = rustix::process::Pid::from_raw(pid).expect("a process id");
    rustix::process::kill_process(pid, Signal::TERM).expect("sent");
    let begun = Instant::now();
    let output = child.wait_with_output().expect("ended");
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).expect("text");
    insta::assert_snapshot!(stderr, @"hero-span: python3 ended with signal: 15 (SIGTERM)");
}
