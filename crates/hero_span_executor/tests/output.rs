//! What runs print.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::time::Duration;

use common::{command, python, run, start, text, within};
use hero_span_executor::{End, Stream};

#[tokio::test]
async fn each_piece_says_where_it_was_printed() {
    let (ending, stdout, stderr) = run(&command("sh", &["-c", "echo out; echo err >&2"])).await;
    assert_eq!((stdout.as_str(), stderr.as_str()), ("out\n", "err\n"));
    let output = ending.output;
    assert_eq!((output.stdout.read, output.stdout.lost), (4, 0));
    assert_eq!((output.stderr.read, output.stderr.lost), (4, 0));
}

#[tokio::test]
async fn pieces_come_while_the_run_goes_on() {
    let (run, mut output) = start(&command("sh", &["-c", "echo first; sleep 60"])).await;
    let piece = output.next().await.expect("a piece");
    assert_eq!((piece.stream, piece.lost), (Stream::Stdout, 0));
    assert_eq!(piece.bytes, b"first\n");
    drop(run);
}

#[tokio::test]
async fn what_was_printed_last_is_not_lost() {
    let code = "import os; os.write(1, b'x' * 60_000); os.kill(os.getpid(), 9)";
    let (ending, stdout, _) = run(&python(code)).await;
    assert_eq!(ending.end, End::Killed { signal: 9 });
    assert_eq!(stdout.len(), 60_000);
}

#[tokio::test]
async fn output_beyond_its_bound_is_counted() {
    let code = "import os; [os.write(1, b'x' * 1000) for _ in range(100)]";
    let (ending, stdout, _) = run(&python(code).most_output(10_000)).await;
    assert_eq!(ending.end, End::Exited { code: 0 });
    assert!(stdout.len() <= 10_000);
    let counted = ending.output.stdout;
    assert_eq!(counted.read, 100_000);
    assert_eq!(counted.lost, 100_000 - stdout.len() as u64);
}

#[tokio::test]
async fn what_was_lost_is_told_where_it_was() {
    let code = "
import os, sys, time
for _ in range(100):
    os.write(1, b'x' * 1000)
os.write(2, b'flooded')
sys.stdin.read()
time.sleep(0.3)
os.write(1, b'end')
";
    let (run, mut output) = start(&python(code).most_waiting(20_000)).await;
    let mut read = 0;
    let mut lost = 0;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let waiting = tokio::spawn(run.wait_until(None, Duration::ZERO));
    while let Some(piece) = output.next().await {
        if piece.stream == Stream::Stdout {
            read += piece.bytes.len() as u64;
            lost += piece.lost;
        }
    }
    let ending = waiting.await.expect("over");
    assert_eq!(read + lost, 100_003);
    assert_eq!(ending.output.stdout.lost, lost);
}

/// The most memory that this process had, in bytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let text = line.expect("a peak").trim().trim_end_matches(" kB");
    text.parse::<u64>().expect("a number") * 1024
}

#[tokio::test]
async fn a_flood_that_nobody_reads_goes_by() {
    let code = "
import os
for _ in range(1600):
    os.write(1, b'x' * 65536)
";
    let (run, output) = start(&python(code)).await;
    let before = peak();
    let ending = run.wait_until(None, Duration::ZERO).await;
    let grown = peak() - before;
    assert_eq!(ending.end, End::Exited { code: 0 });
    assert_eq!(ending.output.stdout.read, 1600 * 65536);
    assert!(grown < 16 << 20, "{grown} bytes");
    assert!(text(output).await.0.len() < 1 << 20);
}

#[tokio::test]
async fn small_pieces_are_bounded_as_well() {
    let code = "
import os
for _ in range(100_000):
    os.write(1, b'x')
";
    let (run, output) = start(&python(code).most_waiting(100_000)).await;
    let ending = run.wait_until(None, Duration::ZERO).await;
    assert_eq!(ending.output.stdout.read, 100_000);
    let (stdout, _) = text(output).await;
    assert_eq!(stdout.len() as u64, 100_000 - ending.output.stdout.lost);
}

#[tokio::test]
async fn nobody_waits_for_who_holds_the_pipe() {
    // This very process keeps the pipe's other end, as one could that is not
    // under the run.
    let (run, _output) = start(&command("sleep", &["60"])).await;
    let pid = run.pid().expect("a pid");
    let held = fs::File::options()
        .write(true)
        .open(format!("/proc/{pid}/fd/1"));
    let held = held.expect("the pipe");
    common::kill(pid);
    let ending = run.wait_until(None, Duration::ZERO).await;
    assert_eq!(ending.end, End::Killed { signal: 9 });
    within(Duration::from_secs(1), "closed", || {
        use std::io::Write;
        (&held).write(b"x").is_err()
    });
}
