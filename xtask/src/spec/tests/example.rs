//! The example stream is held against the contract's tables.

use insta::assert_snapshot;

use super::super::example;
use super::{contract, real};

/// What is said of the example with one thing changed.
fn changed(from: &str, to: &str) -> String {
    let tree = real();
    let text = tree.get(example::PATH).unwrap();
    assert!(text.contains(from), "{from:?} is not in the example");
    match example::parse(&text.replacen(from, to, 1)) {
        Err(error) => error.to_string(),
        Ok(events) => {
            let problems = example::problems(&contract(), &events);
            problems
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        }
    }
}

#[test]
fn lines_that_are_no_events() {
    assert_snapshot!(changed("{\"type\"", "{type"),
        @"spec/example.jsonl:1: expected an event as JSON, found key must be a string at line 1 column 2");
    assert_snapshot!(changed("\"seq\":0", "\"seq\":0,\"seq\":0"),
        @"spec/example.jsonl:1: expected an event as JSON, found each key once, found `seq` again at line 1 column 87");
    assert_snapshot!(changed("\"type\":\"span_tag\"", "\"type\":\"span_note\""), @"
    spec/example.jsonl:8: expected an event that the contract declares, found type `span_note`
    spec/example.jsonl: expected an example of the field `span_tag.key`, found none
    spec/example.jsonl: expected an example of the field `span_tag.value`, found none
    ");
}

#[test]
fn fields_that_the_contract_does_not_name() {
    assert_snapshot!(changed("\"sdk\":\"python\"", "\"language\":\"python\""), @"
    spec/example.jsonl:1: expected a field of `producer`, found `language`
    spec/example.jsonl:1: expected the field `sdk` of `producer`, found none
    spec/example.jsonl: expected an example of the field `producer.sdk`, found none
    ");
    assert_snapshot!(changed("\"level\":", "\"severity\":"), @"
    spec/example.jsonl:5: expected a field of `span_log`, found `severity`
    spec/example.jsonl: expected an example of the field `span_log.level`, found none
    ");
}

#[test]
fn fields_that_are_due() {
    assert_snapshot!(changed(",\"seq\":3", ""),
        @"spec/example.jsonl:4: expected the field `seq` of `span_end`, found none");
    assert_snapshot!(changed("\"status\":\"ok\"", "\"status\":\"failed\""),
        @"spec/example.jsonl:7: expected the field `error` of `span_end`, found none");
    assert_snapshot!(changed("\"producer\":", "\"truncated\":"), @"
    spec/example.jsonl:1: expected the field `producer` of `span_start`, found none
    spec/example.jsonl: expected an example of the field `producer`, found none
    spec/example.jsonl: expected an example of the field `producer.id`, found none
    spec/example.jsonl: expected an example of the field `producer.sdk`, found none
    spec/example.jsonl: expected an example of the field `producer.version`, found none
    spec/example.jsonl: expected an example of the field `producer.protocol`, found none
    spec/example.jsonl: expected an example of the field `producer.pid`, found none
    ");
}
