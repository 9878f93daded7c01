//! Sabotage: a copy of the SDK with one thing changed must fail, by the clause
//! and the field that the change breaks. So each check is known to bite.

use std::fs;
use std::path::Path;
use std::time::Duration;

use hero_span_conformance::{Conclusion, Family, Quiet, Report, replay, run};

use crate::support::{code, copy_sdk, options, python, sdk};

/// What is done to the SDK.
enum Sabotage {
    /// One text of its code is replaced by another, wherever it stands.
    Replace(&'static str, &'static str),
    /// Code is added at its end.
    Append(&'static str),
}

use Sabotage::{Append, Replace};

impl Sabotage {
    fn apply(&self, code: &str) -> String {
        match self {
            Append(more) => format!("{code}\n\n{more}\n"),
            Replace(original, changed) => {
                let changed_code = code.replace(original, changed);
                assert_ne!(
                    code, changed_code,
                    "the SDK has no {original:?} any more; adapt the drill"
                );
                changed_code
            }
        }
    }
}

/// Copies the SDK and its adapter, with the change.
fn sabotaged(directory: &Path, sabotage: &Sabotage) -> Vec<String> {
    copy_sdk(directory, &sabotage.apply(&code()))
}

/// The rule and the field of each finding.
fn blamed(report: &Report) -> Vec<String> {
    let results = report.groups.iter().flat_map(|group| &group.results);
    let failures = results.filter_map(|result| result.failure.as_ref());
    let findings = failures.flat_map(|failure| &failure.findings);
    findings
        .map(|finding| {
            format!(
                "{} {}",
                finding.check,
                finding.field.as_deref().unwrap_or_default()
            )
        })
        .collect()
}

/// The change must be found, and blamed on this rule and field.
fn check(family: Family, sabotage: &Sabotage, expected: &str) {
    let directory = tempfile::tempdir().unwrap();
    let command = sabotaged(directory.path(), sabotage);
    let mut options = options(command, family, directory.path());
    options.cases = 120;
    let report = run(&options, &Quiet).unwrap();
    assert_eq!(
        report.conclusion(),
        Conclusion::NotConformant,
        "{}",
        report.to_text()
    );
    let blamed = blamed(&report);
    let is_blamed = blamed.iter().any(|found| found.starts_with(expected));
    assert!(
        is_blamed,
        "expected {expected}, found {blamed:#?}\n{}",
        report.to_text()
    );
}

#[test]
fn values_one_byte_shorter() {
    let change = Replace("_VALUE_BYTES = 4_096", "_VALUE_BYTES = 4_095");
    check(Family::Truncation, &change, "limit.value");
}

#[test]
fn errors_one_byte_longer() {
    let change = Replace("\n_ERROR_BYTES = 16_384", "\n_ERROR_BYTES = 16_385");
    check(Family::Truncation, &change, "limit.error error");
}

#[test]
fn half_a_character() {
    let change =
        Append("def _cut(text, limit): return text.encode()[:limit].decode('utf-8', 'replace')");
    check(Family::Truncation, &change, "value.cut");
}

#[test]
fn one_level_deeper() {
    check(Family::Truncation, &Append("_DEPTH = 33"), "limit.depth");
}

#[test]
fn cuts_that_are_not_announced() {
    let change = Append(
        "
_well = _Body.encode
def _badly(self):
    self._cuts = {}
    return _well(self)
_Body.encode = _badly",
    );
    check(Family::Truncation, &change, "value.announced");
}

#[test]
fn seconds_for_milliseconds() {
    let change = Append("def _now_us(): return time.time_ns() // 1_000_000");
    check(Family::Ordering, &change, "type.time ts_ms");
}

#[test]
fn a_clock_that_goes_back() {
    let change = Append(
        "
from random import random
def _now_us(): return time.time_ns() // 1000 - int(random() * 10_000)",
    );
    check(Family::Ordering, &change, "sdk.clock ts_ms");
}

#[test]
fn a_lost_parent_in_threads() {
    let change = Append("_Flow.wrap = lambda self, function: function");
    check(Family::Ordering, &change, "sdk.parent parent_span_id");
}

#[test]
fn a_parent_by_order_of_closing() {
    let change = Append(
        "
_well = Span._end
def _badly(self, error=None):
    was_open = self._open
    _well(self, error)
    if was_open:
        _current.set(self._parent)
Span._end = _badly",
    );
    check(Family::Ordering, &change, "sdk.parent parent_span_id");
}

#[test]
fn an_environment_that_is_not_read() {
    let change = Append("def _environment_parent(): return None");
    check(Family::Ordering, &change, "env.parent parent_span_id");
}

#[test]
fn one_field_renamed() {
    let change = Replace("\"message\"", "\"text\"");
    check(Family::Ordering, &change, "event.span_log message");
}

#[test]
fn a_failure_that_looks_well() {
    let change = Append(
        "
_well = _judge
def _judge(error):
    return _Ending(_OK, None, None) if isinstance(error, Failed) else _well(error)",
    );
    check(Family::Ordering, &change, "sdk.status status");
}

#[test]
fn a_swallowed_exception() {
    let change = Append(
        "
_well = Span.__exit__
def _badly(self, *left):
    _well(self, *left)
    return True
Span.__exit__ = _badly",
    );
    check(Family::Ordering, &change, "sdk.silent/outcome");
}

#[test]
fn a_fork_on_the_parents_connection() {
    let change = Replace(
        "after_in_child=_after_fork_in_child",
        "after_in_child=lambda: None",
    );
    check(Family::Ordering, &change, "sdk.fork");
}

#[test]
fn an_exception_when_the_collector_is_gone() {
    let change = Append(
        "
_well = _Producer.send
def _badly(self, event):
    _well(self, event)
    if self.dead:
        raise BrokenPipeError('the collector is gone')
_Producer.send = _badly
def _is_foreign(error): return True",
    );
    check(Family::Dropped, &change, "sdk.silent/outcome");
}

#[test]
fn lines_that_are_sent_one_call_late() {
    let change = Append(
        "
_well = _Producer.send
def _badly(self, event):
    global _waiting
    event, _waiting = _waiting, event
    if event is not None:
        _well(self, event)
_waiting = None
_Producer.send = _badly",
    );
    check(Family::Dropped, &change, "sdk.delivered");
}

#[test]
fn a_word_when_the_collector_is_gone() {
    let change = Append(
        "
_well = _Producer._die
def _badly(self, *how):
    print('the collector is gone')
    return _well(self, *how)
_Producer._die = _badly",
    );
    check(Family::Dropped, &change, "sdk.silent/printed");
}

#[test]
fn a_collector_that_is_looked_for_again() {
    let change = Append(
        "
def _silence(producer):
    global _producer
    _producer = None",
    );
    check(Family::Dropped, &change, "sdk.vanished");
}

/// Twice would do, but not on a machine that is very busy.
#[test]
fn four_times_the_wait() {
    check(
        Family::Dropped,
        &Append("_WAIT_SECONDS = 1.0"),
        "sdk.bounded time",
    );
}

#[test]
fn a_wait_for_each_call() {
    let change =
        Append("_Producer._stalled = property(lambda self: False, lambda self, value: None)");
    check(Family::Dropped, &change, "sdk.bounded");
}

#[test]
fn losses_that_are_not_counted() {
    let change = Append(
        "
class _Count:
    number = -1
    def __next__(self):
        self.number += 1
        return self.number
_well = _Producer._write
def _badly(self, *event):
    if not isinstance(self._numbers, _Count):
        self._numbers = _Count()
    _well(self, *event)
    if self._stalled:
        self._numbers.number -= 1
_Producer._write = _badly",
    );
    check(Family::Dropped, &change, "event.any seq");
}

/// The printed command runs the shrunk case again, and it fails alike.
#[test]
fn a_failure_shrinks_and_can_be_run_again() {
    let directory = tempfile::tempdir().unwrap();
    let change = Replace("_VALUE_BYTES = 4_096", "_VALUE_BYTES = 4_095");
    let command = sabotaged(directory.path(), &change);
    let mut options = options(command, Family::Truncation, directory.path());
    options.shrinking = Duration::from_secs(20);
    let report = run(&options, &Quiet).unwrap();
    let results = report.groups[0].results.iter();
    let mut failures = results.filter_map(|result| result.failure.as_ref());
    let failure = failures
        .find(|failure| failure.findings[0].check == "limit.value")
        .unwrap();
    let replay_command = failure.replay.as_deref().unwrap();
    let file = Path::new(
        replay_command
            .strip_prefix("replay-with --replay ")
            .unwrap(),
    );
    let case = fs::read_to_string(file).unwrap();
    assert!(case.len() < 250, "shrunk to {} bytes: {case}", case.len());
    let again = replay(&options, file, &Quiet).unwrap();
    let failure = again.groups[0].results[0].failure.as_ref().unwrap();
    assert_eq!(failure.findings[0].check, "limit.value");
    options.launch.command = python(&sdk().join("conformance_adapter.py"));
    let mended = replay(&options, file, &Quiet).unwrap();
    assert_eq!(
        mended.conclusion(),
        Conclusion::Conformant,
        "{}",
        mended.to_text()
    );
}
