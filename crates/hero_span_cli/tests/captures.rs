//! `hero-span conformance record` and `replay` by their exit codes, their files
//! and their words.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use insta::assert_snapshot;
use serde_json::Value;
use tempfile::TempDir;

const ADAPTER: &str = "python3 sdk/python/conformance_adapter.py";
/// Two clauses, and one whose captures are torn.
const CASES: [&str; 3] = ["type.kind/*", "type.time/*", "sdk.vanished/at-*"];
const VERSION: &str = "python-1.0.0";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The exit code, and what was said on stdout and stderr.
fn run(arguments: &[&str]) -> (i32, String) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_hero-span"))
        .arg("conformance")
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(text).unwrap(),
    )
}

fn check(arguments: &[&str], code: i32, words: &[&str]) {
    let (found, text) = run(arguments);
    assert_eq!(found, code, "{text}");
    for words in words {
        assert!(text.contains(words), "expected {words:?} in:\n{text}");
    }
}

/// A corpus of one version.
struct Corpus(TempDir);

impl Corpus {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With the cases of the real SDK.
    fn recorded() -> Self {
        let corpus = Self::new();
        corpus.record(&[], 0, &["python 1.0.0, protocol 1: "]);
        corpus
    }

    fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(VERSION).join(name)
    }

    fn record(&self, options: &[&str], code: i32, words: &[&str]) {
        let mut arguments = vec!["record", "--out", self.path(), "--adapter", ADAPTER];
        for case in CASES {
            arguments.extend(["--filter", case]);
        }
        arguments.extend(options);
        check(&arguments, code, words);
    }

    fn replay(&self, code: i32, words: &[&str]) {
        check(&["replay", self.path()], code, words);
    }

    /// What a replay that fails says above its table.
    fn failure(&self) -> String {
        let (code, text) = run(&["replay", self.path()]);
        assert_eq!(code, 1, "{text}");
        let (failures, _) = text.split_once("\nSDK ").unwrap();
        redacted(failures)
    }

    /// Changes one text in a file, at the first place where it stands after
    /// another.
    fn change(&self, name: &str, after: &str, from: &str, to: &str) {
        let path = self.file(name);
        let text = fs::read_to_string(&path).unwrap();
        let start = text.find(after).unwrap();
        let (before, rest) = text.split_at(start);
        assert!(rest.contains(from), "{rest}");
        fs::write(&path, format!("{before}{}", rest.replacen(from, to, 1))).unwrap();
    }

    /// Makes the manifest say that a line was read in another way.
    fn change_reading(&self, case: &str, line: usize) {
        let path = self.file("manifest.json");
        let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        manifest["cases"][case][0]["readings"][line - 1] = "0123456789abcdef".into();
        fs::write(&path, manifest.to_string()).unwrap();
    }
}

/// What is new in every run: ids, digests, times.
fn redacted(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let mut words: Vec<String> = Vec::new();
    for word in text.split_inclusive(|c| !is_word(c)) {
        let bare = word.trim_end_matches(|c| !is_word(c));
        let is_hex = bare.chars().all(|c| c.is_ascii_hexdigit());
        let stands_for = match bare.len() {
            64 if is_hex => "SHA256",
            16 if is_hex => "ID",
            13.. if bare.starts_with(|c: char| c.is_ascii_digit()) => "TIME",
            _ => bare,
        };
        words.push(format!("{stands_for}{}", &word[bare.len()..]));
    }
    words.concat()
}

#[test]
fn what_is_recorded_is_replayed() {
    let corpus = Corpus::recorded();
    corpus.replay(
        0,
        &[
            "SDK     version  protocol  captures  lines  verdict\npython  1.0.0           1 ",
            "as recorded",
        ],
    );
    let version = corpus.file("");
    check(&["replay", version.to_str().unwrap()], 0, &["as recorded"]);
    let torn = fs::read_to_string(corpus.file("sdk.vanished.json")).unwrap();
    assert!(torn.contains(r#""torn": "{\"type\":"#), "{torn}");
}

#[test]
fn the_captures_of_this_repository_are_read_as_they_were_recorded() {
    check(&["replay"], 0, &["python  1.0.0 ", "as recorded"]);
}

#[test]
fn a_line_that_is_refused_is_named() {
    let corpus = Corpus::recorded();
    let case = "type.time/milliseconds-since-the-epoch";
    corpus.change("type.time.json", case, r#"\"message\""#, r#"\"massage\""#);
    assert_snapshot!(corpus.failure(), @r#"
    FAILED  python 1.0.0  type.time/milliseconds-since-the-epoch, connection 1: not the capture that was recorded
      expected 4 lines with the SHA-256 SHA256
      found    4 lines with SHA256
      to do    take back the change of the file: what a released version sent stays as it is

    FAILED  python 1.0.0  type.time/milliseconds-since-the-epoch, connection 1, line 2: refused
      clause   event.span_log, message
      expected an event, as when it was recorded
      found    none, where the field message must be
      line     {"type":"span_log","seq":1,"ts_ms":TIME,"span_id":"ID","massage":"m","level":"info"}
      to do    take back the change of the file: what a released version sent stays as it is
    "#);
}

#[test]
fn a_line_that_says_something_else_is_named() {
    let corpus = Corpus::recorded();
    corpus.change(
        "type.kind.json",
        r"span_end",
        r#"\"ts_ms\":1"#,
        r#"\"ts_ms\":-1"#,
    );
    let failure = corpus.failure();
    assert!(
        failure.contains("not the capture that was recorded"),
        "{failure}"
    );
    assert!(
        failure.contains(": read differently\n  clause   event.span_end"),
        "{failure}"
    );
    assert!(failure.contains(": in breach\n"), "{failure}");
}

#[test]
fn a_reading_of_the_same_bytes_is_taken_over_when_it_is_meant() {
    let corpus = Corpus::recorded();
    let case = "type.time/milliseconds-since-the-epoch";
    corpus.change_reading(case, 2);
    assert_snapshot!(corpus.failure(), @r#"
    FAILED  python 1.0.0  type.time/milliseconds-since-the-epoch, connection 1, line 2: read differently
      clause   event.span_log
      expected the event that was recorded, ID
      found    ID: span_log span_id=ID ts_ms=TIME seq=1 message="m" level=info
      line     {"type":"span_log","seq":1,"ts_ms":TIME,"span_id":"ID","message":"m","level":"info"}
      to do    take back the change of the parser or the contract; if it is meant, and no reader of this SDK's events is misled, take it over with `replay --accept`
    "#);
    check(&["replay", corpus.path(), "--accept"], 0, &["as recorded"]);
    corpus.replay(0, &["as recorded"]);
    corpus.change_reading(case, 2);
    corpus.change("type.time.json", case, r#"\"message\""#, r#"\"massage\""#);
    check(&["replay", corpus.path(), "--accept"], 1, &["refused"]);
}

#[test]
fn differences_come_as_json() {
    let corpus = Corpus::recorded();
    corpus.change_reading("type.time/milliseconds-since-the-epoch", 2);
    let (code, text) = run(&["replay", corpus.path(), "--json"]);
    let replayed: Value = serde_json::from_str(&text).unwrap();
    let version = &replayed["versions"][0];
    let difference = &version["differences"][0];
    assert_eq!((code, &version["sdk"]), (1, &"python".into()));
    assert_eq!(difference["case"], "type.time/milliseconds-since-the-epoch");
    assert_eq!(difference["kind"], "read-differently");
    assert_eq!(
        (&difference["connection"], &difference["line"]),
        (&1.into(), &2.into())
    );
}

#[test]
fn a_capture_that_is_gone_is_missed() {
    let corpus = Corpus::recorded();
    fs::remove_file(corpus.file("type.kind.json")).unwrap();
    corpus.replay(1, &["type.kind/", "expected 1 captures\n  found    0"]);
}

#[test]
fn what_cannot_be_read_is_3() {
    let corpus = Corpus::new();
    corpus.replay(3, &["no manifest.json"]);
    let version = corpus.file("");
    fs::create_dir(&version).unwrap();
    corpus.replay(3, &["no manifest.json"]);
    fs::write(corpus.file("manifest.json"), "{}").unwrap();
    corpus.replay(3, &["manifest.json: expected captures", "missing field"]);
    let corpus = Corpus::recorded();
    fs::write(corpus.file("type.kind.json"), [0xff]).unwrap();
    corpus.replay(3, &["type.kind.json: expected captures"]);
}

#[test]
fn bad_usage_is_2() {
    check(
        &["replay", "/nonexistent"],
        2,
        &["/nonexistent: expected a directory"],
    );
    check(&["record", "--adapter", ADAPTER], 2, &["--out"]);
    check(
        &["record", "--out", "x"],
        2,
        &["--adapter: expected the command"],
    );
}

#[test]
fn a_recorded_version_is_frozen() {
    let corpus = Corpus::recorded();
    let manifest = || fs::read(corpus.file("manifest.json")).unwrap();
    let before = manifest();
    corpus.record(&[], 2, &[VERSION, "frozen", "--force"]);
    assert_eq!(manifest(), before);
    corpus.record(
        &["--force", "--case-bytes", "900"],
        0,
        &["bytes are more than 900"],
    );
    assert_ne!(manifest(), before);
    corpus.replay(0, &["as recorded"]);
}

#[test]
fn only_what_passes_is_recorded() {
    let directory = tempfile::tempdir().unwrap();
    for file in [
        "hero_tracing.py",
        "conformance_adapter.py",
        "conformance_script.py",
    ] {
        let code = fs::read_to_string(root().join("sdk/python").join(file)).unwrap();
        let code = code.replace("_NAME_BYTES = 256", "_NAME_BYTES = 6");
        fs::write(directory.path().join(file), code).unwrap();
    }
    let adapter = format!(
        "python3 {}/conformance_adapter.py",
        directory.path().display()
    );
    let corpus = Corpus::new();
    let arguments = ["record", "--adapter", &adapter, "--out", corpus.path()];
    let filtered = |filter| [&arguments[..], &["--filter", filter]].concat();
    let words = ["FAILED  limit.name/", "nothing was recorded"];
    check(&filtered("limit.name/*"), 1, &words);
    check(&filtered("none"), 3, &["nothing to record"]);
    assert_eq!(fs::read_dir(corpus.path()).unwrap().count(), 0);
}
