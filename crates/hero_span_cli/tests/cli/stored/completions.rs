//! What shells offer, as they ask for it.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Home, line, three_runs};
use crate::common::{end, hero_span, run};
use crate::terminal::pair;

fn named(names: &[&str]) -> Home {
    let spans = |(id, name): (u64, &&str)| {
        let name = serde_json::Value::from(*name);
        let start = line(&format!(
            r#"{{"type":"span_start","span_id":"{id:016x}","ts_ms":{id},"parent_span_id":null,"name":{name},"kind":"step","tags":{{{name}:1}}}}"#
        ));
        [start, end(id, "ok")]
    };
    let lines = (1..).zip(names).map(spans).collect::<Vec<_>>().concat();
    Home::with(&[lines])
}

/// What is offered for the last of the words, as the shell's script asks.
fn asked(home: &Home, shell: &str, words: &[&str]) -> String {
    let mut command = home.command();
    command.env("HERO_SPAN_COMPLETE", shell);
    command.env("_CLAP_IFS", "\n");
    command.env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string());
    let finished = run(command.arg("--").args(words));
    assert_eq!(
        (finished.code, &*finished.stderr),
        (Some(0), ""),
        "{words:?}"
    );
    finished.stdout
}

#[test]
fn runs_are_offered_by_number_with_their_names() {
    let home = three_runs();
    for words in [
        &["show"][..],
        &["logs"],
        &["tail"],
        &["top"],
        &["export"],
        &["diff"],
        &["diff", "1"],
    ] {
        let offered = asked(&home, "bash", &[&["hero-span"], words, &[""]].concat());
        let offered: Vec<_> = offered
            .lines()
            .filter(|word| !word.starts_with('-'))
            .collect();
        assert_eq!(offered, ["last", "3", "2", "1"], "{words:?}");
    }
    let offered = asked(&home, "fish", &["hero-span", "show", "2"]);
    assert_eq!(offered, "2\tn17, failed, 1970-01-01 00:00:00\n");
    let offered = asked(&home, "zsh", &["hero-span", "show", "la"]);
    assert_eq!(offered, "last:the newest run");
    let offered = asked(&home, "bash", &["hero-span", "show", "last~"]);
    assert_eq!(offered, "last~0\nlast~1\nlast~2");
    let offered = asked(&home, "fish", &["hero-span", "show", "last~1"]);
    assert_eq!(offered, "last~1\tn17, failed, 1970-01-01 00:00:00\n");
}

#[test]
fn names_and_keys_are_offered_by_their_beginning() {
    let home = named(&["load rows", "load", "rpc:Api.get", "other"]);
    let offered = |words: &[&str]| asked(&home, "bash", &[&["hero-span", "runs"], words].concat());
    assert_eq!(offered(&["--name", "lo"]), "load\nload rows");
    assert_eq!(offered(&["--name", "rpc:A"]), "rpc:Api.get");
    assert_eq!(offered(&["--tag", "o"]), "other");
    assert_eq!(offered(&["--tag", "other=1"]), "");
    assert_eq!(offered(&["--state", "f"]), "failed", "as ever");
}

#[test]
fn what_a_command_line_cannot_hold_is_not_offered() {
    let home = named(&[
        "a\u{1b}[2J",
        "a\nb",
        "a\tb",
        "a\u{9b}",
        "a\u{202e}",
        "-a",
        "",
        "a=b",
        "ab",
    ]);
    let offered = |what: &str| asked(&home, "fish", &["hero-span", "runs", what, "a"]);
    assert_eq!(offered("--name"), "a=b\nab\n");
    assert_eq!(offered("--tag"), "ab\n");
}

#[test]
fn the_store_that_is_named_is_asked() {
    let home = three_runs();
    let store = home.store().display().to_string();
    let other = Home::new();
    let joined = format!("--store={store}");
    for named in [&["--store", &store][..], &[&joined]] {
        let words = [&["hero-span", "show"], named, &["3"]].concat();
        assert_eq!(asked(&other, "bash", &words), "3");
    }
    let left = std::fs::read_dir(other.path()).expect("readable").count();
    assert_eq!(left, 0, "to ask is not to make");
}

#[test]
fn without_a_store_there_is_silence() {
    let home = Home::new();
    assert_eq!(asked(&home, "bash", &["hero-span", "show", "1"]), "");
    assert_eq!(
        asked(&home, "bash", &["hero-span", "runs", "--name", "x"]),
        ""
    );
    std::fs::create_dir_all(home.store().parent().expect("a directory")).expect("made");
    std::fs::write(home.store(), "no database").expect("written");
    assert_eq!(asked(&home, "bash", &["hero-span", "show", "1"]), "");
    let mut homeless = hero_span();
    homeless.env_remove("HERO_HOME").env_remove("HOME");
    homeless.env("HERO_SPAN_COMPLETE", "fish");
    let finished = run(homeless.args(["--", "hero-span", "show", "1"]));
    assert_eq!(
        (finished.code, finished.stdout + &finished.stderr),
        (Some(0), String::new())
    );
}

#[test]
fn commands_and_options_are_offered() {
    let home = Home::new();
    let offered = asked(&home, "bash", &["hero-span", ""]);
    for word in ["collect", "runs", "export", "completions"] {
        assert!(
            offered.lines().any(|line| line == word),
            "{word}: {offered}"
        );
    }
    assert_eq!(
        asked(&home, "bash", &["hero-span", "export", "--form"]),
        "--format"
    );
    assert_eq!(
        asked(&home, "bash", &["hero-span", "export", "--format", "o"]),
        "otlp-json"
    );
}

#[test]
fn an_answer_does_not_keep_anybody_waiting() {
    let home = three_runs();
    let words = ["hero-span", "runs", "--name", "n"];
    asked(&home, "bash", &words);
    let begun = Instant::now();
    for _ in 0..5 {
        asked(&home, "bash", &words);
    }
    let each = begun.elapsed() / 5;
    eprintln!("{each:?} for an answer");
    assert!(each < Duration::from_millis(500), "{each:?}");
}

#[test]
fn what_is_no_shell_is_not_answered() {
    let mut command = hero_span();
    command.env("HERO_SPAN_COMPLETE", "1").arg("--version");
    assert!(run(&mut command).stdout.starts_with("hero-span "));
}

/// Types into an interactive bash that has our script, and gives what it ran
/// in the end: each word in brackets. `⇥` is the tabulator key.
fn typed(home: &Home, line: &str) -> String {
    let (mut ours, theirs) = pair(24);
    let program = Path::new(env!("CARGO_BIN_EXE_hero-span"))
        .parent()
        .expect("a directory");
    let path = std::env::var("PATH").expect("a path");
    let mut shell = Command::new("bash");
    shell.args(["--norc", "--noprofile", "-i"]);
    shell.current_dir(home.path()).env("HERO_HOME", home.path());
    shell.env("PATH", format!("{}:{path}", program.display()));
    shell
        .env("TERM", "dumb")
        .env("INPUTRC", "/dev/null")
        .env("PS1", "$ ");
    shell.env("HISTFILE", "");
    shell.stdin(theirs.try_clone().expect("shared"));
    shell.stderr(theirs.try_clone().expect("shared"));
    let mut child = shell.stdout(theirs).spawn().expect("it runs");
    shell
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // Before the line goes a command that shows what follows it.
    let keys = line.replace('⇥', "\t");
    let script = format!(
        "source <(hero-span completions bash)\n{keys}\u{1}printf '<%s>' \u{5}; printf '.\\n'\nexit\n"
    );
    ours.write_all(script.as_bytes()).expect("typed");
    let mut shown = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(count @ 1..) = ours.read(&mut chunk) {
        shown.extend_from_slice(&chunk[..count]);
    }
    child.wait().expect("ended");
    let shown = String::from_utf8_lossy(&shown).into_owned();
    let words = shown.lines().rfind(|line| line.contains(">."));
    let words = words.unwrap_or_else(|| panic!("nothing ran: {shown}"));
    words[words.find("<hero-span>").unwrap_or(0)..]
        .trim_end()
        .to_owned()
}

#[test]
fn bash_completes_as_it_is_typed() {
    let home = named(&[
        "load rows",
        "load",
        "rpc:Api.get",
        "rpc:Api.put",
        "other step",
        "key",
    ]);
    let check = |line: &str, expected: &str| assert_eq!(typed(&home, line), expected, "{line}");
    check("hero-span expo⇥", "<hero-span><export>.");
    check("hero-span show la⇥", "<hero-span><show><last>.");
    check("hero-span show 1⇥", "<hero-span><show><1>.");
    check("hero-span show last~0⇥", "<hero-span><show><last~0>.");
    check(
        "hero-span runs --name oth⇥",
        "<hero-span><runs><--name><other step>.",
    );
    check(
        "hero-span runs --name load\\ r⇥",
        "<hero-span><runs><--name><load rows>.",
    );
    check(
        "hero-span runs --name rpc:Api.g⇥",
        "<hero-span><runs><--name><rpc:Api.get>.",
    );
    check(
        "hero-span runs --name rp⇥p⇥",
        "<hero-span><runs><--name><rpc:Api.put>.",
    );
    check(
        "hero-span runs --tag k⇥--state f⇥",
        "<hero-span><runs><--tag><key><--state><failed>.",
    );
    check("hero-span runs --tag=k⇥", "<hero-span><runs><--tag=key>.");
}

#[test]
fn bash_runs_nothing_that_a_name_says() {
    for name in [
        "a$(touch pwned)",
        "a;touch pwned",
        "a`touch pwned`",
        "a'\"\\ & | > pwned",
        "a*?[b]",
    ] {
        let home = named(&[name]);
        let ran = typed(&home, "hero-span runs --name a⇥");
        assert_eq!(ran, format!("<hero-span><runs><--name><{name}>."));
        assert!(!home.path().join("pwned").exists(), "{name}");
    }
}
