//! `hero-span top` in a real terminal.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::common::{end, hero_span, leave_out, run, start};
use crate::stored::Home;

/// Long enough for a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(30);

/// A shell in a terminal of tmux; `None` where there is no tmux, and never
/// where all is wanted.
struct Tmux {
    socket: PathBuf,
}

impl Tmux {
    fn open(home: &Home) -> Option<Self> {
        let is_there = Command::new("tmux").arg("-V").output().is_ok();
        if !is_there {
            leave_out("tmux");
            return None;
        }
        let tmux = Self {
            socket: home.path().join("tmux"),
        };
        let home = format!("HERO_HOME={}", home.path().display());
        tmux.run(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            "80",
            "-y",
            "24",
            "-e",
            &home,
            "-e",
            "PS1=$ ",
            "sh",
        ]);
        tmux.run(&["set-option", "-g", "status", "off"]);
        tmux.run(&["resize-window", "-x", "80", "-y", "24"]);
        Some(tmux)
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.env_remove("TMUX").env_remove("NO_COLOR");
        let output = command.arg("-S").arg(&self.socket).args(args).output();
        let output = output.expect("tmux runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {said}");
        output
    }

    fn press(&self, keys: &[&str]) {
        self.run(&[&["send-keys"], keys].concat());
    }

    fn screen(&self) -> String {
        let output = self.run(&["capture-pane", "-p"]);
        String::from_utf8(output.stdout).expect("text")
    }

    /// Waits until the screen shows all of these.
    #[track_caller]
    fn await_all(&self, texts: &[&str]) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if texts.iter().all(|text| screen.contains(text)) {
                return screen;
            }
            assert!(begun.elapsed() < PATIENCE, "no {texts:?} in:\n{screen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Whether the terminal is as a shell wants it.
    fn check_restored(&self) {
        let format = "#{alternate_on} #{cursor_flag}";
        let flags = self.run(&["display-message", "-p", format]);
        assert_eq!(String::from_utf8_lossy(&flags.stdout).trim(), "0 1");
        self.press(&[
            "clear; stty -a | grep -o ' icanon\\| echo ' | xargs",
            "Enter",
        ]);
        self.await_all(&["icanon echo"]);
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let mut command = Command::new("tmux");
        let killed = command.arg("-S").arg(&self.socket).arg("kill-server");
        let _ = killed.output();
    }
}

/// The numbers of all styles that are set: 7 is reversed, 30 to 38 are colours.
fn styles_of(shown: &str) -> impl Iterator<Item = &str> {
    let sequences = shown.split("\u{1b}[").skip(1);
    let styles = sequences.filter_map(|text| Some(text.split_once('m')?.0));
    styles.flat_map(|styles| styles.split(';'))
}

fn program() -> String {
    hero_span().get_program().to_string_lossy().into_owned()
}

#[test]
fn a_run_is_watched_as_it_grows() {
    let home = Home::new();
    let collector = home.collect(&["--view", "none"]);
    let Some(tmux) = Tmux::open(&home) else {
        return;
    };
    let command = format!("{} top; echo ended with $?", program());
    tmux.press(&[&command, "Enter"]);
    tmux.await_all(&["● collecting", "No run yet", "follows"]);
    collector.send(&[start(9, None), end(9, "ok")]);
    tmux.await_all(&["run 1 ✓ n9"]);
    let mut stream = collector.connect();
    let mut send = |line: String| stream.write_all(line.as_bytes()).expect("sent");
    send(start(1, None));
    send(start(2, Some(1)));
    tmux.await_all(&["run 2 ● n1  2 spans, 2 running", " └ ● n2  step  running"]);
    // What is heard of later hangs where it belongs.
    send(start(3, Some(2)));
    let error = r#""error":"Traceback (most recent call last):\nValueError: no","status":"failed""#;
    send(end(3, "failed").replace(r#""status":"failed""#, error));
    tmux.await_all(&[
        "   └ ✗ n3  step",
        "── details",
        "✗ n3  step  failed  1.00 s",
    ]);
    // Its whole error comes from the store, which numbers spans of all runs.
    tmux.await_all(&["in full", "Traceback (most recent call last):"]);
    // Another process joins the run, and is gone.
    collector.send(&[start(4, Some(1)), start(5, Some(4))]);
    tmux.await_all(&["2 processes", "├ ● n2", "└ ○ n4", "  └ ○ n5"]);
    // Folding hides what is below, and the next error unfolds it.
    tmux.press(&["g", "Left"]);
    tmux.await_all(&["▸● n1  step  (4 spans)"]);
    tmux.press(&["n"]);
    tmux.await_all(&["✗ n3  step  failed"]);
    tmux.press(&["/", "n5", "Enter"]);
    let screen = tmux.await_all(&["1 span fits", "n5"]);
    assert!(!screen.contains("n3"), "{screen}");
    tmux.press(&["?"]);
    tmux.await_all(&["Any key closes this."]);
    tmux.press(&["x", "Escape"]);
    tmux.await_all(&["n3"]);
    tmux.run(&["resize-window", "-x", "120", "-y", "40"]);
    tmux.await_all(&["spans      took    age"]);
    collector.signal(Signal::INT);
    tmux.await_all(&["nobody collects", "5 spans, 1 failed, 4 left open"]);
    tmux.press(&["q"]);
    tmux.await_all(&["ended with 0"]);
    tmux.check_restored();
}

#[test]
fn without_colours_the_selected_row_is_still_seen() {
    let home = Home::new();
    let collector = home.collect(&["--view", "none"]);
    let Some(tmux) = Tmux::open(&home) else {
        return;
    };
    collector.send(&[start(1, None), end(1, "failed")]);
    let styles = |prefix: &str, suffix: &str| {
        let program = program();
        tmux.press(&[
            &format!("clear; {prefix} {program} top {suffix}; echo ended with $?"),
            "Enter",
        ]);
        tmux.await_all(&["run 1 ✗ n1", "── details"]);
        let shown = tmux.run(&["capture-pane", "-p", "-e"]).stdout;
        tmux.press(&["q"]);
        tmux.await_all(&["ended with 0"]);
        tmux.check_restored();
        let shown = String::from_utf8(shown).expect("text");
        let has = |numbers: &[&str]| styles_of(&shown).any(|found| numbers.contains(&found));
        (has(&["7"]), has(&["31", "32", "36", "38"]))
    };
    assert_eq!(styles("", ""), (true, true));
    assert_eq!(styles("", "--color never"), (true, false));
    assert_eq!(styles("NO_COLOR=1", ""), (true, false));
}

#[test]
fn the_terminal_is_given_back_on_ctrl_c_and_sigterm() {
    let home = Home::new();
    let _collector = home.collect(&["--view", "none"]);
    let Some(tmux) = Tmux::open(&home) else {
        return;
    };
    let program = program();
    tmux.press(&[&format!("{program} top; echo ended with $?"), "Enter"]);
    tmux.await_all(&["No run yet"]);
    tmux.press(&["C-c"]);
    tmux.await_all(&["ended with 0"]);
    tmux.check_restored();
    tmux.press(&[
        &format!("clear; sh -c 'echo $$ >$HERO_HOME/pid; exec {program} top'; echo ended with $?"),
        "Enter",
    ]);
    let place = home.path().join("pid");
    tmux.await_all(&["No run yet"]);
    let pid = std::fs::read_to_string(place).expect("a process id");
    let pid = pid.trim().parse().ok().and_then(Pid::from_raw);
    kill_process(pid.expect("a process id"), Signal::TERM).expect("sent");
    tmux.await_all(&["ended with 0"]);
    tmux.check_restored();
}

#[test]
fn without_a_terminal_it_says_what_to_use_instead() {
    let home = tempfile::tempdir().expect("a directory");
    let finished = run(hero_span().arg("top").env("HERO_HOME", home.path()));
    assert_eq!(finished.code, Some(2));
    insta::assert_snapshot!(finished.stderr, @"hero-span: expected a terminal to draw on and to type at, found none: run it in one, or see hero-span runs and hero-span show");
}
