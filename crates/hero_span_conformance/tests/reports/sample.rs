//! Reports with one result of each sort, made of hostile texts.

use std::collections::BTreeSet;

use hero_span_conformance::checks::Level;
use hero_span_conformance::{
    CaseResult, Failure, Finding, Group, Hello, Report, Source, Verdict, Versions,
};

/// Ends an attribute, an element, a CDATA section, a command, a fence and a
/// line; steers a terminal and the direction of text; mentions somebody.
pub(crate) const HOSTILE: &str =
    "<script>alert(1)</script>]]>\"'&::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n";

/// One result of each sort.
pub(crate) fn full() -> Report {
    Report {
        stale: vec!["case value.cut/gone is listed: take it off".into()],
        ..report(vec![fixed(), generated(), unit_tests()])
    }
}

/// Everything passed.
pub(crate) fn conformant() -> Report {
    report(vec![group(
        "cases",
        Source::Fixed,
        vec![passed("value.cut/fits")],
    )])
}

/// The adapter failed.
pub(crate) fn not_evaluated() -> Report {
    report(vec![group("cases", Source::Fixed, vec![unknown()])])
}

/// The list of known failures is not true.
pub(crate) fn stale() -> Report {
    Report {
        stale: vec![format!("case {HOSTILE} passed")],
        ..conformant()
    }
}

fn report(groups: Vec<Group>) -> Report {
    Report {
        suite: Versions {
            version: "0.1.0",
            contract: 1,
            protocol: 1,
        },
        sdk: Hello {
            sdk: "python".into(),
            version: "1.0.0".into(),
            protocol: 1,
            features: BTreeSet::from(["async".into(), "threads".into()]),
        },
        seed: 7,
        date: "2026-01-02T03:04:05Z".into(),
        groups,
        stale: Vec::new(),
        seconds: 12.34,
    }
}

fn fixed() -> Group {
    let results = vec![
        passed("transport.line/one-line-each"),
        cut(),
        result("value.error/head", Verdict::Failed, |result| {
            result.failure = Some(failure(vec![finding("limit.error")]));
            result.known = Some("cuts early (https://example.org/1)".into());
        }),
        result("sdk.clock/steps", Verdict::Failed, |result| {
            let advised = Finding {
                level: Level::Should,
                ..finding("sdk.clock")
            };
            result.failure = Some(failure(vec![advised]));
        }),
        result("sdk.fork/roots", Verdict::Skipped, |result| {
            result.reason = Some("the SDK does not have: fork".into());
        }),
        unknown(),
    ];
    group("cases", Source::Fixed, results)
}

fn generated() -> Group {
    let like = Failure {
        like: Some("truncation/7/3".into()),
        ..failure(vec![finding("limit.value")])
    };
    let results = vec![
        result("truncation/7/3", Verdict::Failed, |result| {
            result.failure = Some(Failure {
                replay: Some("hero-span conformance run --replay regressions/a.json".into()),
                ..failure(vec![finding("limit.value"), finding("value.cut")])
            });
        }),
        result("truncation/7/9", Verdict::Failed, |result| {
            result.failure = Some(like);
        }),
    ];
    Group {
        stalls: Some((3, 4)),
        ..group("truncation", Source::Generated, results)
    }
}

fn unit_tests() -> Group {
    let hostile = Finding {
        expected: HOSTILE.into(),
        found: HOSTILE.into(),
        field: Some(HOSTILE.into()),
        ..finding("unit-tests")
    };
    let failed = result(HOSTILE, Verdict::Failed, |result| {
        result.about = HOSTILE.into();
        result.failure = Some(Failure {
            expected_tree: vec![HOSTILE.into()],
            found_tree: vec!["flow".into()],
            replay: Some(HOSTILE.into()),
            ..failure(vec![hostile])
        });
    });
    group("unit tests", Source::UnitTests, vec![failed])
}

/// A failure with trees.
fn cut() -> CaseResult {
    let lines = |lines: &[&str]| lines.iter().map(ToString::to_string).collect();
    result(
        "value.cut/ends-on-a-code-point",
        Verdict::Failed,
        |result| {
            result.about = "A character that does not fit whole is left out.".into();
            result.failure = Some(Failure {
                expected_tree: lines(&[
                    "flow nightly",
                    "  tag note = \"éééééééé\"… (4096 bytes) truncated (value 5000)",
                    "  step load",
                    "    end ok",
                    "  end ok",
                ]),
                found_tree: lines(&[
                    "flow nightly",
                    "  tag note = \"éééééééé\"… (4095 bytes) truncated (value 5000)",
                    "  step load",
                    "    end ok",
                    "  end ok",
                ]),
                replay: Some(
                    "hero-span conformance run --filter value.cut/ends-on-a-code-point".into(),
                ),
                ..failure(vec![Finding {
                    field: Some("value".into()),
                    place: Some("connection 1, line 2".into()),
                    expected: "4096 bytes".into(),
                    found: "4095 bytes".into(),
                    ..finding("value.cut")
                }])
            });
        },
    )
}

fn unknown() -> CaseResult {
    result("sdk.bounded/stalls", Verdict::NotEvaluated, |result| {
        result.reason = Some(format!("the adapter ended (exit 1)\nstderr: {HOSTILE}"));
    })
}

fn passed(id: &str) -> CaseResult {
    result(id, Verdict::Passed, |_| ())
}

fn group(name: &str, source: Source, results: Vec<CaseResult>) -> Group {
    Group {
        name: name.into(),
        source,
        results,
        stalls: None,
        seconds: 1.5,
    }
}

fn result(id: &str, verdict: Verdict, more: impl FnOnce(&mut CaseResult)) -> CaseResult {
    let clause = id
        .split('/')
        .next()
        .filter(|clause| clause.contains('.') && !clause.contains('<'));
    let mut result = CaseResult {
        id: id.into(),
        clause: clause.map(Into::into),
        about: String::new(),
        verdict,
        reason: None,
        failure: None,
        known: None,
        ms: 2.5,
    };
    more(&mut result);
    result
}

fn failure(findings: Vec<Finding>) -> Failure {
    Failure {
        findings,
        expected_tree: Vec::new(),
        found_tree: Vec::new(),
        replay: None,
        input: None,
        like: None,
    }
}

fn finding(check: &str) -> Finding {
    Finding {
        check: check.into(),
        clause: check.contains('.').then(|| check.into()),
        level: Level::Must,
        field: None,
        place: None,
        expected: "a".into(),
        found: "b".into(),
    }
}
