//! `hero-span collect` on a terminal.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::{JoinHandle, sleep};
use std::time::Duration;

use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::common::{Collector, Finished, end, hero_span, start};
use crate::screen::Screen;

/// Longer than a frame takes to be drawn.
const A_WHILE: Duration = Duration::from_millis(300);

/// A collector on a terminal of its own.
struct Terminal {
    collector: Collector,
    shown: JoinHandle<String>,
}

impl Terminal {
    fn open(rows: u16, args: &[&str], prepare: impl FnOnce(&mut Command)) -> Self {
        let (ours, theirs) = pair(rows);
        let mut command = hero_span();
        command.env("TERM", "xterm-256color").stdout(theirs);
        // What CI shows of a dumb terminal has colours.
        command.env_remove("CI");
        prepare(&mut command);
        let collector = Collector::spawn(command, args);
        let shown = std::thread::spawn(move || read_all(ours));
        Self { collector, shown }
    }

    fn finish(self) -> (String, Finished) {
        let finished = self.collector.finish();
        (self.shown.join().expect("read"), finished)
    }
}

/// What a program shows that ends by itself.
pub(crate) fn on_terminal(command: &mut Command) -> String {
    let (ours, theirs) = pair(24);
    command.env("TERM", "xterm-256color").stdin(Stdio::null());
    let mut child = command.stdout(theirs).spawn().expect("it runs");
    // What we hold of the other end would keep it open.
    command.stdout(Stdio::null());
    let shown = read_all(ours);
    assert_eq!(child.wait().expect("ended").code(), Some(0), "{shown}");
    shown
}

pub(crate) fn pair(rows: u16) -> (File, File) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let ours: OwnedFd = openpt(flags).expect("a terminal");
    grantpt(&ours).expect("granted");
    unlockpt(&ours).expect("unlocked");
    let name = ptsname(&ours, Vec::new()).expect("a name");
    let path = Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()));
    let theirs = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .expect("opened");
    let size = Winsize {
        ws_row: rows,
        ws_col: 80,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&ours, size).expect("sized");
    (File::from(ours), theirs)
}

/// Everything until the other end is closed, which is an error on a terminal.
pub(crate) fn read_all(mut terminal: File) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(count @ 1..) = terminal.read(&mut chunk) {
        bytes.extend_from_slice(&chunk[..count]);
    }
    String::from_utf8(bytes).expect("text")
}

#[test]
fn a_tree_grows_in_place_and_stays_when_it_is_over() {
    let terminal = Terminal::open(24, &["--once", "--stable"], |_| {});
    let mut stream = terminal.collector.connect();
    for line in [
        start(1, None),
        start(2, Some(1)),
        end(2, "ok"),
        end(1, "failed"),
    ] {
        stream.write_all(line.as_bytes()).expect("sent");
        sleep(A_WHILE);
    }
    drop(stream);
    let (shown, finished) = terminal.finish();
    assert_eq!(finished.code, Some(0));
    assert!(
        shown.contains('\u{1b}') && shown.contains("running"),
        "{shown:?}"
    );
    let screen = Screen::show(&shown);
    insta::assert_snapshot!(screen.text(), @"
    run 1  2 spans, 1 failed
    ✗ n1  step  failed
    └─ ✓ n2  step
    ");
    assert_eq!(screen.tallest, 3, "a header and two spans");
}

#[test]
fn a_run_that_was_over_is_drawn_again_when_a_late_process_joins_it() {
    let terminal = Terminal::open(24, &["--stable", "--color", "never"], |_| {});
    terminal.collector.send(&[start(1, None), end(1, "ok")]);
    sleep(3 * A_WHILE);
    let mut late = terminal.collector.connect();
    late.write_all(start(2, Some(1)).as_bytes()).expect("sent");
    sleep(A_WHILE);
    terminal.collector.signal(Signal::INT);
    let (shown, _) = terminal.finish();
    let frame = "└─ ● n2  step  running";
    assert!(shown.contains(frame), "{shown}");
    let text = Screen::show(&shown).text();
    assert_eq!(text.matches("run 1").count(), 2, "{text}");
    assert!(!text.contains("running"), "{text}");
}

#[test]
fn a_frame_is_never_taller_than_the_terminal() {
    let terminal = Terminal::open(10, &["--stable"], |_| {});
    let streams: Vec<_> = (0..8)
        .map(|run| {
            let mut stream = terminal.collector.connect();
            let first = run * 100 + 1;
            let spans = (1..50).map(|n| start(first + n, Some(first)));
            let lines: String = std::iter::once(start(first, None)).chain(spans).collect();
            stream.write_all(lines.as_bytes()).expect("sent");
            sleep(Duration::from_millis(100));
            stream
        })
        .collect();
    sleep(A_WHILE);
    terminal.collector.signal(Signal::INT);
    let (shown, _) = terminal.finish();
    drop(streams);
    let screen = Screen::show(&shown);
    assert!((5..10).contains(&screen.tallest), "{}", screen.tallest);
    assert!(
        shown.contains("earlier runs") && shown.contains("not shown"),
        "{shown}"
    );
    let text = screen.text();
    assert_eq!(
        text.matches("collector stopped").count(),
        400,
        "all stand there in the end"
    );
    assert!(!text.contains("running"), "no frame is left over");
}

#[test]
fn colours_come_unless_no_color_is_set() {
    let shown = |prepare: fn(&mut Command)| {
        let terminal = Terminal::open(24, &["--once"], prepare);
        terminal.collector.send(&[start(1, None), end(1, "failed")]);
        terminal.finish().0
    };
    let red = "\u{1b}[31m";
    assert!(shown(|_| {}).contains(red));
    let without = shown(|command| {
        command.env("NO_COLOR", "1");
    });
    assert!(!without.contains(red));
}

#[test]
fn a_dumb_terminal_gets_lines() {
    let terminal = Terminal::open(24, &["--once", "--stable"], |command| {
        command.env("TERM", "dumb");
    });
    terminal.collector.send(&[start(1, None), end(1, "ok")]);
    let (shown, _) = terminal.finish();
    assert!(
        shown.contains("▶ n1") && !shown.contains('\u{1b}'),
        "{shown:?}"
    );
}
