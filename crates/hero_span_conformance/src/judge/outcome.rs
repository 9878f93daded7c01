//! What the user's code saw, and how long it was held up.

use std::time::Duration;

use hero_span_protocol::contract::{Clause, limit};

use crate::case::{Case, Ended, Observed};
use crate::checks;
use crate::compare::excerpt;
use crate::dialogue::Outcome;
use crate::finding::Finding;
use crate::model::Expected;
use crate::schedule::Schedule;
use crate::script::feature;
use crate::value::Value;

/// A call may wait for `WAIT_MS`, and be polled for once more.
const WAIT: Duration = Duration::from_millis(limit::WAIT_MS + 10);
/// What a busy machine may add, besides the time in which the adapter waits for
/// a processor, which is not counted: wake-ups and a runner that answers late.
/// An SDK that waits on purpose waits each time, so a case that took too long is
/// tried again, and only what is slow each time fails. Less than `WAIT_MS`, so
/// that a second wait is seen.
const SLACK: Duration = Duration::from_millis(100);
/// How long a runner may take to read what was sent while it stalled.
const CATCHING_UP: Duration = Duration::from_secs(1);

/// What the user's code saw (`sdk.silent`).
pub(super) fn judge_outcome(case: &Case, expected: &Expected, observed: &Observed) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &observed.ending {
        Ended::Done { outcome, printed } => {
            if *outcome != expected.outcome {
                let check = check_of(case, &expected.outcome, outcome);
                let (expected, found) = (expected.outcome.to_string(), outcome.to_string());
                findings.push(Finding::named(check, expected, found));
            }
            if !printed.is_empty() {
                let printed = excerpt(printed, 0);
                findings.push(Finding::named(checks::PRINTED, "nothing printed", printed));
            }
        }
        Ended::Piped(why) => {
            let expected = "no SIGPIPE in the process";
            findings.push(Finding::named(checks::SIGPIPE, expected, why));
        }
        Ended::Hangs(why) => {
            findings.push(Finding::named(checks::HANG, within(WAIT), why));
        }
        Ended::Unsupported(_) => {}
    }
    findings
}

/// The check that a wrong outcome fails: what the SDK does to a socket that took
/// the place of its connection has one of its own (`sdk.foreign-descriptor`).
fn check_of(case: &Case, expected: &Outcome, found: &Outcome) -> &'static str {
    let (Outcome::Returned(expected), Outcome::Returned(found)) = (expected, found) else {
        return checks::OUTCOME;
    };
    let is_foreign = case.features().contains(feature::HIJACK)
        && first_unequal(expected, found).is_some_and(|expected| *expected == Value::text(""));
    if is_foreign {
        Clause::SdkForeignDescriptor.id()
    } else {
        checks::OUTCOME
    }
}

/// The innermost value that was expected where another was found.
fn first_unequal<'a>(expected: &'a Value, found: &Value) -> Option<&'a Value> {
    match (expected, found) {
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            let mut pairs = items.iter().zip(others);
            pairs.find_map(|(item, other)| first_unequal(item, other))
        }
        _ => (expected != found).then_some(expected),
    }
}

/// How long the user's code was held up (`sdk.bounded`).
pub(super) fn judge_time(case: &Case, observed: &Observed) -> Option<Finding> {
    let whole: Duration = observed.spells.iter().sum();
    let (took, slack) = match case.socket {
        // Each call may wait.
        Schedule::Slow { .. } | Schedule::TinyBuffers { .. } => {
            (observed.spells.iter().max().copied()?, SLACK)
        }
        // Once for the stall, then for a runner that is slow to catch up.
        Schedule::Stall { .. } | Schedule::TinyStall { .. } => (whole, CATCHING_UP),
        // There is one stall at most.
        _ => (whole, SLACK),
    };
    (took > WAIT + slack).then(|| {
        let found = format!("{} ms, each time it was tried", took.as_millis());
        Finding::named(checks::TIME, within(WAIT), found)
    })
}

fn within(time: Duration) -> String {
    format!("at most {} ms of waiting", time.as_millis())
}

pub(super) fn unsupported(what: &str) -> Finding {
    let expected = "every operation of the contract, and of each declared feature";
    Finding::named(
        checks::FEATURES,
        expected,
        format!("unsupported: {}", excerpt(what, 0)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(script: &str, expected: &str, found: &str, check: &str) {
        let case = Case::from_json(&format!(r#"{{"script":{script}}}"#)).unwrap();
        let returned = |json| Outcome::Returned(serde_json::from_str(json).unwrap());
        assert_eq!(
            check_of(&case, &returned(expected), &returned(found)),
            check
        );
    }

    #[test]
    fn what_was_written_elsewhere_has_its_own_check() {
        let hijack = r#"[{"op":"hijack","do":[]}]"#;
        let foreign = "sdk.foreign-descriptor";
        check(hijack, r#"[[1],""]"#, r#"[[1],"{}\n"]"#, foreign);
        check(hijack, r#"[[1],""]"#, "[[1],null]", foreign);
        check(hijack, r#"[[1],""]"#, r#"[[2],"{}\n"]"#, checks::OUTCOME);
        check(hijack, r#"[""]"#, r#"["",1]"#, checks::OUTCOME);
        check("[]", r#"[""]"#, r#"["x"]"#, checks::OUTCOME);
    }
}
