//! `hero-span collect` in a pipe.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::common::{Collector, end, hero_span, run, start};

#[test]
fn it_ends_with_the_first_run_if_asked() {
    let collector = Collector::start(&["--once", "--view", "trees", "--stable"]);
    let (mut parent, mut child) = (collector.connect(), collector.connect());
    let say = |stream: &mut dyn Write, line: String| {
        stream.write_all(line.as_bytes()).expect("sent");
    };
    say(&mut child, start(3, Some(2)));
    say(&mut parent, start(1, None));
    say(&mut parent, start(2, Some(1)));
    say(&mut child, end(3, "failed"));
    say(&mut parent, end(2, "ok"));
    drop(parent);
    drop(child);
    let path = collector.path.clone();
    let finished = collector.finish();
    insta::assert_snapshot!(finished.stdout, @"
    run 1  3 spans, 2 processes, 1 failed, 1 left open
    ○ n1  step  open, producer gone; last heard its start
    └─ ✓ n2  step
       └─ ✗ n3  step  failed  [another process, producer not where it belongs]
    ");
    insta::assert_snapshot!(finished.stderr, @"1 run, 3 spans, 5 lines, 0 lost");
    assert_eq!(finished.code, Some(0));
    assert!(!path.exists());
}

#[test]
fn in_a_pipe_each_event_is_a_line_and_then_comes_the_tree() {
    let collector = Collector::start(&["--once", "--stable"]);
    let log = r#"{"type":"span_log","span_id":"0000000000000002","ts_ms":3,"level":"warn","message":"careful\u001b[2J","fields":{"n":1}}"#;
    let tag =
        r#"{"type":"span_tag","span_id":"0000000000000002","ts_ms":3,"key":"rows","value":[1,2]}"#;
    let failed = r#"{"type":"span_end","span_id":"0000000000000002","ts_ms":4,"status":"failed","error":"Traceback\n  x\nValueError: no","error_type":"ValueError"}"#;
    collector.send(&[
        start(1, None),
        start(2, Some(1)),
        format!("{log}\n{tag}\n"),
        "nonsense\n{\"type\":\"span\\u001b[2Jlink\"}\n".to_owned(),
        format!("{failed}\n{failed}\n"),
        "torn".to_owned(),
    ]);
    let finished = collector.finish();
    insta::assert_snapshot!(finished.stdout, @r"
    #1 ▶ n1  step
    #1   ▶ n2  step
    #1   · n2: warn: careful\u{1b}[2J  n=1
    #1   = n2: rows=[1,2]
    #1   ✗ n2  ValueError: no
    #1   ✗ n2  ValueError: no
    ! connection 1: line 8: rule.end-once: expected one span_end of 0000000000000002, found another
    ! connection 1: line 5: rejected: transport.line at byte 0: expected a JSON object, found 'n'
    ! connection 1: line 6: skipped: unknown type span\u{1b}[2Jlink
    ! connection 1: torn last line of 4 bytes discarded

    run 1  2 spans, 1 failed, 1 left open, 1 line rejected, 1 line of unknown type, 1 torn
    ○ n1  step  open, producer gone; last heard its start
    └─ ✗ n2  step  failed  rows=[1,2]  [ended twice]
          · warn: careful\u{1b}[2J  n=1
          ! ValueError: no
    ");
    insta::assert_snapshot!(finished.stderr, @"1 run, 2 spans, 8 lines, 0 lost, 1 rejected (transport.line 1), 1 of unknown type, 1 torn");
}

#[test]
fn a_span_whose_start_was_lost_goes_by_its_id() {
    let collector = Collector::start(&["--once"]);
    collector.send(&[end(0xa1, "failed")]);
    insta::assert_snapshot!(collector.finish().stdout, @"
    00:00:01.161 #1 ✗ 00000000000000a1
    ! connection 1: line 1: rule.producer-first: expected producer on the first event, found none
    ! connection 1: line 1: rule.start-first: expected span_start as the first event of 00000000000000a1, found span_end

    run 1  1 span, 1 failed, 0 µs
    ✗ 00000000000000a1  failed  [start not seen, producer not where it belongs]
    ");
}

#[test]
fn times_are_shown_unless_they_must_not_be() {
    let collector = Collector::start(&["--once"]);
    collector.send(&[start(1, None), end(1, "ok")]);
    insta::assert_snapshot!(collector.finish().stdout, @"
    00:00:00.001 #1 ▶ n1  step
    00:00:01.001 #1 ✓ n1  1.00 s

    run 1  1 span, 1.00 s
    ✓ n1  step  1.00 s
    ");
}

#[test]
fn signals_end_it_in_good_order() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let collector = Collector::start(&["--view", "trees", "--stable"]);
        collector.send(&[start(1, None), end(1, "ok")]);
        let mut open = collector.connect();
        let lines: String = (2..=100).map(|id| start(id, None)).collect();
        open.write_all(lines.as_bytes()).expect("sent");
        let path = collector.path.clone();
        collector.signal(signal);
        let finished = collector.finish();
        assert_eq!(finished.code, Some(0), "{signal:?}");
        assert_eq!(
            finished.stdout.matches("open, collector stopped").count(),
            99,
            "{signal:?}"
        );
        assert_eq!(finished.stderr, "2 runs, 100 spans, 101 lines, 0 lost\n");
        assert!(!path.exists() && !path.with_extension("lock").exists());
    }
}

#[test]
fn the_line_it_prints_can_be_pasted() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("it's a $socket");
    let mut collector = hero_span()
        .args(["collect", "--store", "none", "--listen"])
        .arg(&path)
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut line = Vec::new();
    let mut stderr = collector.stderr.take().expect("piped");
    while line.last() != Some(&b'\n') {
        let mut byte = [0];
        stderr.read_exact(&mut byte).expect("a line");
        line.push(byte[0]);
    }
    let line = String::from_utf8(line).expect("text");
    let script = format!("{line}printf %s \"$HERO_FLOW_SPAN_SOCK\"");
    let shown = run(Command::new("sh").args(["-c", &script])).stdout;
    assert_eq!(shown, path.to_str().expect("text"));
    collector.kill().expect("killed");
    collector.wait().expect("ended");
}

/// The line that names the usual place, of a collector that listens there and
/// of one that is only asked; with DIR for what the variables are set to.
#[track_caller]
fn check_usual_place(variables: &[&str], expected: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    let collect = || {
        let mut command = hero_span();
        for name in ["XDG_RUNTIME_DIR", "HERO_HOME", "HOME"] {
            command.env_remove(name);
        }
        for name in variables {
            command.env(name, directory.path());
        }
        command.arg("collect");
        command
    };
    let asked = run(collect().arg("--print-env"));
    assert_eq!((asked.code, asked.stderr.as_str()), (Some(0), ""));
    let place = directory.path().display().to_string();
    assert_eq!(asked.stdout.replace(&place, "DIR"), expected);

    let mut collector = collect().stderr(Stdio::piped()).spawn().expect("it runs");
    let stderr = collector.stderr.take().expect("piped");
    let mut line = String::new();
    BufReader::new(stderr).read_line(&mut line).expect("a line");
    collector.kill().expect("killed");
    collector.wait().expect("ended");
    assert_eq!(line, asked.stdout);
}

#[test]
fn without_a_path_it_listens_at_the_usual_place() {
    check_usual_place(
        &["XDG_RUNTIME_DIR", "HERO_HOME", "HOME"],
        "export HERO_FLOW_SPAN_SOCK=DIR/hero-span/collector.sock\n",
    );
    check_usual_place(
        &["HERO_HOME", "HOME"],
        "export HERO_FLOW_SPAN_SOCK=DIR/var/hero-span/collector.sock\n",
    );
    check_usual_place(
        &["HOME"],
        "export HERO_FLOW_SPAN_SOCK=DIR/.hero/var/hero-span/collector.sock\n",
    );
}

#[test]
fn a_usual_place_that_others_can_enter_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let place = directory.path().join("hero-span");
    std::fs::create_dir(&place).expect("made");
    std::fs::set_permissions(&place, Permissions::from_mode(0o755)).expect("opened");
    for args in [
        &["collect"][..],
        &["collect", "--print-env"],
        &["check", "--listen"],
    ] {
        let mut command = hero_span();
        command.env("XDG_RUNTIME_DIR", directory.path()).args(args);
        let refused = run(&mut command);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""));
        let expected = "expected a directory that only you can enter (mode 0700), found one of mode 0755: close it with chmod 700, or choose another place\n";
        assert!(refused.stderr.ends_with(expected), "{}", refused.stderr);
    }
}

#[test]
fn a_shell_can_take_the_line_that_is_printed_for_it() {
    let mut shell = Command::new("sh");
    let script = "eval \"$(\"$0\" collect --listen \"/run/it's a \\$socket\" --print-env)\"; printf %s \"$HERO_FLOW_SPAN_SOCK\"";
    shell.args(["-c", script]).arg(hero_span().get_program());
    assert_eq!(run(&mut shell).stdout, "/run/it's a $socket");
}

#[test]
fn a_connection_that_is_silent_too_long_is_closed() {
    let collector = Collector::start(&[
        "--once",
        "--stable",
        "--view",
        "trees",
        "--idle-limit",
        "200ms",
    ]);
    let mut stream = collector.connect();
    stream.write_all(start(1, None).as_bytes()).expect("sent");
    insta::assert_snapshot!(collector.finish().stdout, @"
    run 1  1 span, 1 left open
    ○ n1  step  open, silent too long; last heard its start
    ");
}

#[test]
fn a_wrong_limit_is_refused_with_what_would_do() {
    let said = |args: &[&str]| {
        let finished = run(hero_span().arg("collect").args(args));
        assert_eq!(finished.code, Some(2));
        finished.stderr
    };
    insta::assert_snapshot!(said(&["--idle-limit", "soon"]), @"
    hero-span: invalid value 'soon' for '--idle-limit <DURATION>': expected a duration such as 90s, 10m, 1h 30m or 1d

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(said(&["--max-connections", "0"]), @"
    hero-span: invalid value '0' for '--max-connections <N>': 0 is not in 1..=4294967295

    For more information, try '--help'.
    ");
}

#[test]
fn it_ends_when_nobody_reads_its_output() {
    // Taking the reader's end away is what `| head` does.
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut command = hero_span();
    command.stdout(writer);
    let collector = Collector::spawn(command, &[]);
    drop(reader);
    let begun = Instant::now();
    let mut stream = collector.connect();
    while stream.write_all(start(1, None).as_bytes()).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it goes on");
    }
    assert_eq!(collector.finish().code, Some(0));
}

#[test]
fn two_on_one_socket_are_one_too_many() {
    let first = Collector::start(&[]);
    let second = run(hero_span().args(["collect", "--listen"]).arg(&first.path));
    assert_eq!(second.code, Some(2));
    let place = first.path.display().to_string();
    insta::assert_snapshot!(second.stderr.replace(&place, "SOCKET"), @"hero-span: SOCKET: expected to be its only collector, found one that holds SOCKET.lock: stop it, or choose another path");
    first.signal(Signal::TERM);
    assert_eq!(first.finish().code, Some(0));
}

#[test]
fn the_place_of_a_killed_collector_is_free() {
    let mut first = Collector::start(&[]);
    let path = first.path.clone();
    first.child.kill().expect("killed");
    first.child.wait().expect("ended");
    assert!(path.exists(), "a killed one leaves its socket");
    let mut second = hero_span();
    second.args(["collect", "--store", "none", "--once", "--listen"]);
    second.arg(&path);
    let mut second = second
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut line = [0; 7];
    second
        .stderr
        .take()
        .expect("piped")
        .read_exact(&mut line)
        .expect("a line");
    assert_eq!(&line, b"export ");
    let mut stream = std::os::unix::net::UnixStream::connect(&path).expect("it listens");
    stream.write_all(start(1, None).as_bytes()).expect("sent");
    drop(stream);
    assert_eq!(second.wait().expect("ended").code(), Some(0));
}

#[test]
fn colours_come_only_where_they_are_wanted() {
    let coloured = |args: &[&str]| {
        let collector = Collector::start(args);
        collector.send(&[start(1, None), end(1, "failed")]);
        collector.finish().stdout.contains('\u{1b}')
    };
    assert!(!coloured(&["--once"]), "a pipe is no terminal");
    assert!(!coloured(&["--once", "--color", "never"]));
    assert!(coloured(&["--once", "--color", "always"]));
}

#[test]
fn times_of_day_are_local() {
    let mut command = hero_span();
    command.stdout(Stdio::piped()).env("TZ", "JST-9");
    let collector = Collector::spawn(command, &["--once", "--view", "lines"]);
    collector.send(&[start(1, None), end(1, "ok")]);
    let shown = collector.finish().stdout;
    assert!(shown.starts_with("09:00:00.001 #1 ▶ n1"), "{shown}");
}
