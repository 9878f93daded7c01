//! What a flow prints.

use std::fs::File;
use std::io::Read;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Place, flow_of, signal, wait_until};
use crate::common::await_end;
use crate::screen::Screen;
use crate::terminal::{pair, read_all};

const BOTH: &str = "\
print(\"to stdout\")
print(\"to stderr\", file=sys.stderr)
sys.stdout.buffer.write(b\"no text: \\xff\\xfe, no end\")";

#[test]
fn each_stream_goes_to_its_own() {
    let place = Place::with("flow.py", &flow_of(BOTH));
    let output = |args: &[&str]| {
        let args = [&["run", "flow.py", "--store", "none", "-q"], args].concat();
        let output = place.command(&args).output().expect("it runs");
        (
            output.stdout,
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (stdout, stderr) = output(&[]);
    assert_eq!(stdout, b"to stdout\nno text: \xff\xfe, no end");
    assert_eq!(stderr, "to stderr\n");
    let (stdout, stderr) = output(&["--json"]);
    let end: serde_json::Value = serde_json::from_slice(&stdout).expect("nothing but JSON");
    assert_eq!(
        (&end["stdout_bytes"], &end["stderr_bytes"]),
        (&29.into(), &10.into())
    );
    assert!(
        stderr.contains("to stdout\n") && stderr.contains("to stderr\n"),
        "{stderr}"
    );
}

/// What is kept of a stream: its parts, and how much was lost before each.
fn kept(place: &Place, name: &str, stream: &str) -> Vec<(u64, Vec<u8>)> {
    let execution = place.execution(name);
    let printed = place.reader().printed(&execution).expect("readable");
    let of_stream = printed.into_iter().filter(|part| part.stream == stream);
    let mut parts: Vec<(u64, Vec<u8>)> = Vec::new();
    for part in of_stream {
        match parts.last_mut() {
            Some((_, bytes)) if part.lost == 0 => bytes.extend(part.bytes),
            _ => parts.push((part.lost, part.bytes)),
        }
    }
    parts
}

#[test]
fn it_is_kept_with_the_run() {
    let place = Place::with("flow.py", &flow_of(BOTH));
    assert_eq!(
        place
            .run_bytes(&["run", "flow.py", "--id", "it"])
            .status
            .code(),
        Some(0)
    );
    let stdout = b"to stdout\nno text: \xff\xfe, no end".to_vec();
    assert_eq!(kept(&place, "it", "stdout"), [(0, stdout)]);
    assert_eq!(kept(&place, "it", "stderr"), [(0, b"to stderr\n".to_vec())]);
}

#[test]
fn of_much_the_beginning_and_the_end_are_kept_and_the_loss_is_counted() {
    const PRINTED: usize = 2 << 20;
    const KEPT: usize = 512 << 10;
    let code = flow_of("for n in range(1 << 17):\n    sys.stdout.write(\"%15d\\n\" % n)");
    let place = Place::with("flow.py", &code);
    let args = ["run", "flow.py", "--id", "it", "--env", "PYTHONUNBUFFERED="];
    let output = place.run_bytes(&args);
    assert_eq!(output.status.code(), Some(0));
    let all = output.stdout;
    assert_eq!(all.len(), PRINTED, "all of it is shown");
    let parts = kept(&place, "it", "stdout");
    let [(0, head), (lost, tail)] = &parts[..] else {
        let parts = parts.iter().map(|(lost, bytes)| (lost, bytes.len()));
        panic!("{:?}", parts.collect::<Vec<_>>());
    };
    assert!(all.starts_with(head) && all.ends_with(tail));
    assert_eq!(head.len() + *lost as usize + tail.len(), PRINTED);
    // A piece that was read at once is kept whole or not at all.
    for part in [head, tail] {
        assert!(
            (KEPT - (64 << 10)..=KEPT).contains(&part.len()),
            "{}",
            part.len()
        );
    }
}

#[test]
fn a_line_that_looks_like_an_event_is_none() {
    let body = "print('{\"type\":\"span_start\",\"span_id\":\"00000000000000a1\",\"ts_ms\":1,\"parent_span_id\":null,\"name\":\"not me\",\"kind\":\"step\"}')";
    let place = Place::with("flow.py", &flow_of(body));
    let finished = place.run(&["run", "flow.py", "--store", "none"]);
    assert!(finished.stdout.contains("not me"), "it is printed");
    insta::assert_snapshot!(place.steady(&finished.stderr), @"
    1 span, TIME
    ✓ nightly  flow  TIME
    nightly ok in TIME
    ");
}

#[test]
fn nobody_to_read_it_is_no_reason_to_stop() {
    let body = "for n in range(100):\n    print(\"x\" * 10_000)\nopen(\"over\", \"w\").write(\"yes\")\nreturn 1";
    let place = Place::with("flow.py", &flow_of(body));
    let mut command = place.command(&["run", "flow.py", "--store", "none"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    drop(child.stdout.take());
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("ended").code(), Some(0));
    assert_eq!(place.read("over"), "yes");
}

/// 20 MiB in lines of 16 bytes, on standard output in large parts.
const MUCH: &str = "\
sys.stdout.buffer.write(b\"0123456789abcde\\n\" * 65536 * 20)
print(\"over\", file=sys.stderr)";

#[track_caller]
fn is_whole(bytes: &[u8]) {
    assert_eq!(bytes.len(), 20 << 20);
    let odd = bytes
        .chunks(16)
        .position(|line| line != b"0123456789abcde\n");
    assert_eq!(odd, None, "each line is as it was printed");
}

#[test]
fn a_file_gets_all_of_much_output() {
    let place = Place::with("flow.py", &flow_of(MUCH));
    let path = place.path("work/out");
    let mut command = place.command(&["run", "flow.py", "--id", "it", "-q"]);
    command.stdout(File::create(&path).expect("made"));
    let output = command.output().expect("it runs");
    assert_eq!(
        (output.status.code(), &*output.stderr),
        (Some(0), &b"over\n"[..])
    );
    is_whole(&std::fs::read(path).expect("there"));
}

#[test]
fn a_slow_reader_gets_all_of_much_output() {
    let place = Place::with("flow.py", &flow_of(MUCH));
    let mut command = place.command(&["run", "flow.py", "--store", "none", "-q"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs");
    let mut stdout = child.stdout.take().expect("a pipe");
    let (mut all, mut part) = (Vec::new(), vec![0; 256 << 10]);
    loop {
        sleep(Duration::from_millis(4));
        match stdout.read(&mut part).expect("read") {
            0 => break,
            count => all.extend_from_slice(&part[..count]),
        }
    }
    assert_eq!(child.wait().expect("ended").code(), Some(0));
    is_whole(&all);
}

/// Prints so much, and waits for ever, in effect.
fn floods(bytes: usize) -> String {
    flow_of(&format!(
        "open(\"there\", \"w\").write(str(os.getpid()))\nsys.stdout.write(\"x\" * {bytes})\ntime.sleep(600)"
    ))
}

/// Starts a run that nobody reads the output of, and gives the flow's process.
fn unread(place: &Place, args: &[&str]) -> (Child, u32) {
    let mut command = place.command(&[&["run", "flow.py", "--store", "none"], args].concat());
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let child = child.expect("it runs");
    wait_until("the flow is there", || !place.read("there").is_empty());
    let pid = place.read("there").parse().expect("a number");
    (child, pid)
}

#[track_caller]
fn is_soon_over(child: &mut Child, pid: u32, code: i32) {
    let begun = Instant::now();
    while std::path::Path::new(&format!("/proc/{pid}")).exists() {
        assert!(begun.elapsed() < Duration::from_secs(4), "the flow goes on");
        sleep(Duration::from_millis(10));
    }
    assert_eq!(await_end(child).code(), Some(code));
    assert!(begun.elapsed() < Duration::from_secs(8), "it stays");
}

#[test]
fn a_reader_that_stalls_does_not_stop_the_deadline() {
    for bytes in [3 << 20, 40 << 20] {
        let place = Place::with("flow.py", &floods(bytes));
        let (mut child, pid) = unread(&place, &["--timeout", "1s"]);
        is_soon_over(&mut child, pid, 124);
        let mut told = String::new();
        let mut stderr = child.stderr.take().expect("a pipe");
        stderr.read_to_string(&mut told).expect("text");
        assert!(told.contains("nightly out of time after"), "{told}");
        assert!(told.contains("! standard output takes nothing"), "{told}");
    }
}

#[test]
fn a_reader_that_stalls_does_not_stop_ctrl_c() {
    let place = Place::with("flow.py", &floods(40 << 20));
    let (mut child, pid) = unread(&place, &[]);
    sleep(Duration::from_millis(500));
    signal(child.id(), Signal::INT);
    is_soon_over(&mut child, pid, 130);
}

#[test]
fn ctrl_c_ends_the_wait_for_who_does_not_read() {
    let body = "open(\"there\", \"w\").write(str(os.getpid()))\nprint(\"x\" * 300_000)";
    let place = Place::with("flow.py", &flow_of(body));
    let (mut child, _) = unread(&place, &["-q"]);
    sleep(Duration::from_secs(1));
    assert!(
        child.try_wait().expect("waited for").is_none(),
        "it has more to print"
    );
    signal(child.id(), Signal::INT);
    assert_eq!(await_end(&mut child).code(), Some(130));
}

#[test]
fn output_that_cannot_be_written_is_told() {
    let place = Place::with("flow.py", &flow_of("print(\"well\")"));
    let mut command = place.command(&["run", "flow.py", "--store", "none", "-q"]);
    let full = File::options().write(true).open("/dev/full");
    let output = command
        .stdout(full.expect("there"))
        .output()
        .expect("it runs");
    let told = String::from_utf8(output.stderr).expect("text");
    insta::assert_snapshot!(told, @"! not all that it printed could be written: No space left on device (os error 28)");
}

/// Runs on a terminal of 24 rows; standard output goes there, or into a pipe.
/// Gives what the terminal was sent, and what came out of the pipe.
fn on_terminal(place: &Place, args: &[&str], is_piped: bool) -> (String, String) {
    let (ours, theirs) = pair(24);
    let mut command = place.command(args);
    command.env("TERM", "xterm-256color");
    if is_piped {
        command.stdout(Stdio::piped());
    } else {
        command.stdout(theirs.try_clone().expect("another"));
    }
    let mut child = command.stderr(theirs).spawn().expect("it runs");
    // What we hold of the other end would keep it open.
    drop(command);
    let reading = child.stdout.take().map(|mut stdout| {
        std::thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).expect("text");
            text
        })
    });
    let shown = read_all(ours);
    assert_eq!(child.wait().expect("ended").code(), Some(0), "{shown}");
    let piped = reading.map(|reading| reading.join().expect("read"));
    (shown, piped.unwrap_or_default())
}

const STEERS: &str = "\
with flow.span(\"load\"):
    print(\"one\\ttwo\\x1b[2J\\x1b]0;title\\x07\")
    print(\"\\u202eover\", file=sys.stderr)
    time.sleep(0.3)
    sys.stdout.write(\"no end\")
return 1";

#[test]
fn on_a_terminal_the_tree_grows_below_and_nothing_steers() {
    let place = Place::with("flow.py", &flow_of(STEERS));
    let args = ["run", "flow.py", "--store", "none", "--color", "never"];
    let (shown, _) = on_terminal(&place, &args, false);
    assert!(
        !shown.contains("\u{1b}[2J") && !shown.contains('\u{7}'),
        "{shown:?}"
    );
    assert!(
        shown.contains("● load"),
        "it is drawn while it goes on: {shown:?}"
    );
    insta::assert_snapshot!(place.steady(&Screen::show(&shown).text()), @r"
    one	two\u{1b}[2J\u{1b}]0;title\u{7}
    \u{202e}over
    2 spans, TIME
    ✓ nightly  flow  TIME
    └─ ✓ load  span  TIME
    no end
    nightly ok in TIME: 1
    ");
}

#[test]
fn a_pipe_gets_the_bytes_as_they_are_while_the_tree_is_drawn() {
    let place = Place::with("flow.py", &flow_of(STEERS));
    let args = ["run", "flow.py", "--store", "none", "--color", "never"];
    let (shown, piped) = on_terminal(&place, &args, true);
    assert_eq!(piped, "one\ttwo\u{1b}[2J\u{1b}]0;title\u{7}\nno end");
    insta::assert_snapshot!(place.steady(&Screen::show(&shown).text()), @r"
    \u{202e}over
    2 spans, TIME
    ✓ nightly  flow  TIME
    └─ ✓ load  span  TIME
    nightly ok in TIME: 1
    ");
}

#[test]
fn a_character_that_comes_in_two_parts_is_shown_whole() {
    let body = "\
for byte in \"aé漢🦀b\".encode():
    os.write(1, bytes([byte]))
    time.sleep(0.02)
os.write(1, b\"\\xe6\\xbc\")";
    let place = Place::with("flow.py", &flow_of(body));
    let args = [
        "run", "flow.py", "--store", "none", "--color", "never", "-q",
    ];
    let (shown, _) = on_terminal(&place, &args, false);
    assert_eq!(shown, "aé漢🦀b\u{fffd}");
}
