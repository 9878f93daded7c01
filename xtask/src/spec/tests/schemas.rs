//! What the two schemas say of good and bad events.

use insta::assert_snapshot;

use super::super::example;
use super::{contract, real};
use hero_span_contract::{Reading, schema};

fn validator(reading: Reading) -> jsonschema::Validator {
    let tree = real();
    let events = example::parse(tree.get(example::PATH).unwrap()).unwrap();
    let schema = serde_json::to_value(schema(&contract(), &events, reading)).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

/// What each schema says of an event: first as sent, then as taken.
fn judged(event: &str) -> String {
    let event: serde_json::Value = serde_json::from_str(event).unwrap();
    let said = [("emit", Reading::Emit), ("accept", Reading::Accept)].map(|(name, reading)| {
        let errors = validator(reading);
        let errors = errors.iter_errors(&event);
        let errors = errors.map(|error| format!("{}: {error}", error.instance_path()));
        format!("{name} {:?}", errors.collect::<Vec<_>>())
    });
    said.join("\n")
}

/// An end with those members besides the ones that every event has.
fn end(members: &str) -> String {
    let common = r#""type":"span_end","span_id":"00000000000000ab","ts_ms":1.5,"seq":0"#;
    judged(&format!("{{{common},{members}}}"))
}

#[test]
fn every_line_of_the_example_is_valid_in_both_readings() {
    let tree = real();
    for line in tree.get(example::PATH).unwrap().lines() {
        assert_eq!(judged(line), "emit []\naccept []", "{line}");
    }
}

#[test]
fn every_event_has_an_example_in_its_schema() {
    let schema = schema(
        &contract(),
        &example::parse(real().get(example::PATH).unwrap()).unwrap(),
        Reading::Emit,
    );
    let schema = serde_json::to_value(schema).unwrap();
    for event in &contract().events {
        assert_eq!(
            schema["$defs"][&event.name]["examples"][0]["type"],
            *event.name
        );
    }
}

#[test]
fn an_unknown_type_is_taken_and_not_sent() {
    assert_snapshot!(judged(r#"{"type":"span_link","whatever":1}"#), @r#"
    emit ["/type: \"span_link\" is not one of \"span_start\", \"span_tag\" or 2 other candidates"]
    accept []
    "#);
    assert_snapshot!(judged(r#"{"span_id":"00000000000000ab"}"#), @r#"
    emit [": \"type\" is a required property"]
    accept [": \"type\" is a required property"]
    "#);
    assert_snapshot!(judged(r#"{"type":7}"#), @r#"
    emit ["/type: 7 is not one of \"span_start\", \"span_tag\" or 2 other candidates"]
    accept ["/type: 7 is not of type \"string\""]
    "#);
    assert_snapshot!(judged(r#"["span_end"]"#), @r#"
    emit [": [\"span_end\"] is not of type \"object\""]
    accept [": [\"span_end\"] is not of type \"object\""]
    "#);
}

#[test]
fn what_is_missing_is_named() {
    assert_snapshot!(judged(r#"{"type":"span_end"}"#), @r#"
    emit [": \"span_id\" is a required property", ": \"ts_ms\" is a required property", ": \"seq\" is a required property", ": \"status\" is a required property"]
    accept [": \"span_id\" is a required property", ": \"ts_ms\" is a required property", ": \"status\" is a required property"]
    "#);
    assert_snapshot!(judged(r#"{"type":"span_start","span_id":"00000000000000ab","ts_ms":0,"name":"n"}"#), @r#"
    emit [": \"seq\" is a required property", ": \"parent_span_id\" is a required property", ": \"kind\" is a required property"]
    accept []
    "#);
    assert_snapshot!(end(r#""status":"failed""#), @r#"
    emit [": \"error\" is a required property"]
    accept []
    "#);
    assert_snapshot!(end(r#""status":"ok","producer":{"sdk":"python"}"#), @r#"
    emit ["/producer: \"id\" is a required property", "/producer: \"version\" is a required property", "/producer: \"protocol\" is a required property", "/producer: \"pid\" is a required property"]
    accept ["/producer: \"id\" is a required property"]
    "#);
}

#[test]
fn what_is_unknown_is_ignored_and_not_sent() {
    assert_snapshot!(end(r#""status":"ok","colour":"red""#), @r#"
    emit [": Additional properties are not allowed ('colour' was unexpected)"]
    accept []
    "#);
    assert_snapshot!(end(r#""status":"done""#), @r#"
    emit ["/status: \"done\" is not one of \"ok\", \"failed\" or \"cancelled\""]
    accept ["/status: \"done\" is not one of \"ok\", \"failed\" or \"cancelled\""]
    "#);
    assert_snapshot!(end(r#""status":"ok","name":"n""#), @r#"
    emit [": Additional properties are not allowed ('name' was unexpected)"]
    accept []
    "#);
}

#[test]
fn values_out_of_bounds() {
    let long = |count: usize| "x".repeat(count);
    assert_eq!(
        end(&format!(r#""status":"ok","error_type":"{}""#, long(256))),
        "emit []\naccept []"
    );
    assert!(end(&format!(r#""status":"ok","error_type":"{}""#, long(257))).contains("/error_type"));
    assert!(end(&format!(r#""status":"failed","error":"{}""#, long(16_385))).contains("/error"));
    assert!(end(&format!(r#""status":"ok","result":"{}""#, long(4097))).contains("/result"));
    assert_snapshot!(end(r#""status":"ok","error_type":"""#), @r#"
    emit ["/error_type: \"\" is shorter than 1 character"]
    accept []
    "#);
    assert_snapshot!(end(r#""status":"ok","truncated":{"result":-1}"#), @r#"
    emit ["/truncated/result: -1 is less than the minimum of 0"]
    accept ["/truncated/result: -1 is less than the minimum of 0"]
    "#);
    assert_snapshot!(judged(r#"{"type":"span_end","span_id":"0000000000000000","ts_ms":-1,"seq":9007199254740992,"status":"ok"}"#), @r#"
    emit ["/seq: 9007199254740992 is greater than the maximum of 9007199254740991", "/span_id: {\"const\":\"0000000000000000\"} is not allowed for \"0000000000000000\"", "/ts_ms: -1 is less than the minimum of 0"]
    accept ["/seq: 9007199254740992 is greater than the maximum of 9007199254740991", "/span_id: {\"const\":\"0000000000000000\"} is not allowed for \"0000000000000000\""]
    "#);
    assert_snapshot!(judged(r#"{"type":"span_start","span_id":"00000000000000AB","ts_ms":"1","seq":1.5,"parent_span_id":7,"name":7,"kind":"job"}"#), @r#"
    emit ["/kind: \"job\" is not one of \"flow\", \"step\" or 2 other candidates", "/name: 7 is not of type \"string\"", "/parent_span_id: 7 is not valid under any of the schemas listed in the 'anyOf' keyword", "/seq: 1.5 is not of type \"integer\"", "/span_id: \"00000000000000AB\" does not match \"^[0-9a-f]{16}$\"", "/ts_ms: \"1\" is not of type \"number\""]
    accept ["/name: 7 is not of type \"string\"", "/parent_span_id: 7 is not valid under any of the schemas listed in the 'anyOf' keyword", "/seq: 1.5 is not of type \"integer\"", "/span_id: \"00000000000000AB\" does not match \"^[0-9a-f]{16}$\"", "/ts_ms: \"1\" is not of type \"number\""]
    "#);
}
