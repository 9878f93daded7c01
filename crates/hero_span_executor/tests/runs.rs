//! How runs begin and end.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use common::{HELPER, Mark, command, parent, python, run, start, text, within};
use hero_span_executor::{Command, End, Given, Signal, Supervised, Swept, environment, stage};
use tokio::time::Instant;

const SOON: Duration = Duration::from_secs(10);

fn from_now(seconds: f32) -> Option<Instant> {
    Some(Instant::now() + Duration::from_secs_f32(seconds))
}

#[tokio::test]
async fn an_exit_code_is_told() {
    for code in [0, 1, 7, 255] {
        let (ending, ..) = run(&command("sh", &["-c", &format!("exit {code}")])).await;
        assert_eq!(ending.end, End::Exited { code });
        assert_eq!(ending.swept, Some(Swept::default()));
    }
}

#[tokio::test]
async fn a_signal_that_nobody_here_sent_is_told() {
    for signal in [6, 9, 15] {
        let (ending, ..) = run(&command("sh", &["-c", &format!("kill -{signal} $$")])).await;
        assert_eq!(ending.end, End::Killed { signal });
    }
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let cases = [
        (
            command("no-such-program", &[]),
            "not started: cannot run \"no-such-program\": No such file or directory (os error 2)",
        ),
        (
            command("/etc/passwd", &[]),
            "not started: cannot run \"/etc/passwd\": Permission denied (os error 13)",
        ),
        (
            command("true", &[]).directory(Path::new("/no/where")),
            "not started: cannot enter \"/no/where\": No such file or directory (os error 2)",
        ),
        (
            command("true", &[&"x".repeat(1 << 20)]),
            "not started: cannot run \"true\": Argument list too long (os error 7)",
        ),
    ];
    for (command, expected) in cases {
        let (run, output) = start(&command).await;
        assert_eq!(run.pid(), None);
        let ending = run.wait_until(from_now(5.0), Duration::ZERO).await;
        assert_eq!(ending.end.to_string(), expected);
        assert_eq!(text(output).await, (String::new(), String::new()));
    }
}

#[tokio::test]
async fn a_program_that_is_no_supervisor_is_named() {
    async fn refused(program: &str) -> String {
        let command = Command::new("true").supervisor(Path::new(program));
        let refused = Supervised::start(&command).await;
        refused.expect_err("no supervisor").to_string()
    }
    insta::assert_snapshot!(refused("/bin/true").await, @r#""/bin/true": expected it to serve as a supervisor, found one that ended, or closed its standard input: call supervisor_main first thing in its main"#);
    insta::assert_snapshot!(refused("/bin/echo").await, @r#""/bin/echo": expected it to serve as a supervisor, found one that ended, or closed its standard input: call supervisor_main first thing in its main"#);
    insta::assert_snapshot!(refused("/no/where").await, @r#""/no/where": cannot start it as a supervisor: No such file or directory (os error 2): name a program that calls supervisor_main"#);
}

#[tokio::test]
async fn a_run_has_its_place_and_nothing_else() {
    let directory = tempfile::tempdir().expect("a directory");
    let code = "
pwd
read line || echo nothing to read
readlink /proc/self/fd/0
env | grep -v -E '^(PWD|SHLVL|_)='
cut -d' ' -f5,6 /proc/$$/stat
echo $$ $$
";
    let path = ("PATH".into(), "/usr/bin:/bin".into());
    let command = command("sh", &["-c", code]).environment(vec![path]);
    let (ending, stdout, stderr) = run(&command.directory(directory.path())).await;
    assert_eq!((ending.end, stderr.as_str()), (End::Exited { code: 0 }, ""));
    let (stdout, own) = stdout.trim_end().rsplit_once('\n').expect("lines");
    let place = directory.path().display();
    let expected = format!("{place}\nnothing to read\n/dev/null\nPATH=/usr/bin:/bin\n{own}");
    assert_eq!(stdout, expected);
}

#[tokio::test]
async fn a_flow_imports_the_sdk_that_was_staged() {
    let base = tempfile::tempdir().expect("a directory");
    let evil = tempfile::tempdir().expect("a directory");
    std::fs::write(evil.path().join("hero_tracing.py"), "raise SystemExit(3)").expect("written");
    let staged = stage(base.path()).expect("staged");
    let own = std::env::vars_os().chain([("PYTHONPATH".into(), evil.path().into())]);
    let given = Given {
        sdk: &staged.directory,
        socket: None,
        parent: None,
        deadline_ms: None,
        inherit: &[],
        set: &[("DAY".into(), "monday".into())],
    };
    let environment = environment(own, &given).expect("an environment");
    let code = "import os, hero_tracing; print(os.environ['DAY'], hero_tracing.__file__)";
    let (ending, stdout, stderr) = run(&python(code).environment(environment)).await;
    assert_eq!((ending.end, stderr.as_str()), (End::Exited { code: 0 }, ""));
    let file = staged.directory.join("hero_tracing.py");
    assert_eq!(stdout, format!("monday {}\n", file.display()));
}

/// The lines of ignored and blocked signals, without those that only the C
/// library uses (32 and 33), which it ignores in what it starts.
fn signals(status: &str) -> Vec<u64> {
    let word = |line: &str| line.split_whitespace().last().map(ToOwned::to_owned);
    let words = status.lines().filter_map(word);
    let bits = words.map(|word| u64::from_str_radix(&word, 16).expect("bits"));
    bits.map(|bits| bits & !(0b11 << 31)).collect()
}

/// What a shell starts in the background, or under nohup, ignores some.
#[tokio::test]
async fn no_signal_is_ignored_or_blocked() {
    let directory = tempfile::tempdir().expect("a directory");
    let program = directory.path().join("supervisor");
    let text = format!("#!/bin/sh\ntrap '' INT QUIT HUP TERM CHLD PIPE\nexec {HELPER} \"$@\"\n");
    std::fs::write(&program, text).expect("written");
    std::fs::set_permissions(&program, Permissions::from_mode(0o700)).expect("set");
    let command = command("grep", &["-E", "Sig(Ign|Blk)", "/proc/self/status"]);
    let (_, stdout, _) = run(&command.supervisor(&program)).await;
    assert_eq!(signals(&stdout), [0, 0], "{stdout}");
}

#[tokio::test]
async fn a_python_flow_is_interrupted() {
    let code = "
import time
try:
    print('begun', flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print('interrupted')
";
    let (run, mut output) = start(&python(code)).await;
    let stopper = run.stopper();
    let waiting = tokio::spawn(run.wait_until(None, SOON));
    assert_eq!(output.next().await.expect("a piece").bytes, b"begun\n");
    stopper.stop(Signal::Interrupt);
    let ending = waiting.await.expect("over");
    assert_eq!(
        ending.end,
        End::Cancelled {
            by: Signal::Interrupt
        }
    );
    assert_eq!(text(output).await.0, "interrupted\n");
    assert!(ending.took < SOON);
}

/// What ignores signals says that it does before it is stopped.
const DEAF: &str = "trap '' TERM INT; echo deaf; while :; do sleep 0.01; done";

#[tokio::test]
async fn who_does_not_listen_is_killed_after_its_grace() {
    let (run, mut output) = start(&command("sh", &["-c", DEAF])).await;
    output.next().await.expect("a piece");
    run.stopper().stop(Signal::Terminate);
    let ending = run.wait_until(None, Duration::from_millis(200)).await;
    assert_eq!(ending.end, End::Cancelled { by: Signal::Kill });
    assert!(ending.took >= Duration::from_millis(200), "{ending:?}");
}

#[tokio::test]
async fn a_second_stop_cuts_the_grace() {
    let (run, mut output) = start(&command("sh", &["-c", DEAF])).await;
    output.next().await.expect("a piece");
    let stopper = run.stopper();
    let waiting = tokio::spawn(run.wait_until(None, Duration::from_secs(600)));
    stopper.stop(Signal::Interrupt);
    tokio::time::sleep(Duration::from_millis(50)).await;
    stopper.stop(Signal::Kill);
    let ending = waiting.await.expect("over");
    assert_eq!(ending.end, End::Cancelled { by: Signal::Kill });
    assert!(ending.took < SOON);
}

#[tokio::test]
async fn a_deadline_ends_a_run() {
    let (run, _output) = start(&command("sleep", &["60"])).await;
    let ending = run.wait_until(from_now(0.3), SOON).await;
    let End::OutOfTime {
        after,
        by: Signal::Terminate,
    } = ending.end
    else {
        panic!("{ending:?}");
    };
    let about = Duration::from_millis(300)..Duration::from_secs(3);
    assert!(about.contains(&after), "{after:?}");
    assert!(ending.took >= after);
}

#[tokio::test]
async fn a_stopped_flow_hears_that_its_time_is_over() {
    let (run, _output) = start(&command("sh", &["-c", "kill -STOP $$"])).await;
    let ending = run.wait_until(from_now(0.3), SOON).await;
    assert!(
        matches!(
            ending.end,
            End::OutOfTime {
                by: Signal::Terminate,
                ..
            }
        ),
        "{ending:?}"
    );
}

#[tokio::test]
async fn a_run_that_was_over_in_time_was() {
    let (run, _output) = start(&command("true", &[])).await;
    let pid = run.pid().expect("a pid");
    let gone = || parent(pid).is_none();
    within(SOON, "it ended", gone);
    run.stopper().stop(Signal::Kill);
    let ending = run.wait_until(from_now(0.0), Duration::ZERO).await;
    assert_eq!(ending.end, End::Exited { code: 0 });
}

#[tokio::test]
async fn what_is_dropped_is_killed() {
    let mark = Mark::new();
    let (run, output) = start(&mark.python(common::STUBBORN)).await;
    let all = common::STUBBORN_PROCESSES;
    within(SOON, "all are there", || mark.noted() == all);
    let supervisor = parent(run.pid().expect("a pid")).expect("a supervisor");
    drop(run);
    within(SOON, "all are gone", || mark.left().is_empty());
    assert_ne!(text(output).await.0, "");
    // The runtime waits for it, when it next hears of a child.
    let (ending, ..) = common::run(&command("true", &[])).await;
    assert_eq!(ending.end, End::Exited { code: 0 });
    within(SOON, "no zombie", || parent(supervisor).is_none());
}
