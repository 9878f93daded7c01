//! What the model says of a script, drawn one event a line.

use std::fmt::Write;

use super::{Body, Ending, Event, Expected, Limits, Presence, Want, predict, render};
use crate::dialogue::Outcome;
use crate::script::Block;
use crate::value::compact;

fn read(script: &str) -> Block {
    serde_json::from_str(script).unwrap()
}

/// Each event with the numbers of those just before it, then the outcome.
fn draw(expected: &Expected) -> String {
    let mut text = String::new();
    for (number, event) in expected.events.iter().enumerate() {
        let _ = writeln!(
            text,
            "{number} after {:?}: {}",
            event.after,
            draw_event(expected, event)
        );
    }
    match &expected.outcome {
        Outcome::Returned(value) => text + &format!("returned {value}"),
        Outcome::Raised { type_name, message } => text + &format!("raised {type_name} {message}"),
    }
}

fn draw_event(expected: &Expected, event: &Event) -> String {
    let span = &expected.spans[event.span];
    let parent = span
        .parent
        .map_or("root", |parent| expected.spans[parent].label.as_str());
    let process = if event.process == 0 {
        String::new()
    } else {
        format!(" in process {}", event.process)
    };
    match &event.body {
        Body::Start { .. } => format!("{} starts under {parent}{process}", span.label),
        Body::End { ending, result } => {
            let result = match result {
                Presence::Required(sent) => format!(" with {}", compact(sent)),
                _ => String::new(),
            };
            format!(
                "{} ends {}{result}{process}",
                span.label,
                draw_ending(ending)
            )
        }
        body => format!("{} of {}{process}", body.type_name(), span.label),
    }
}

fn draw_ending(ending: &Ending) -> String {
    match ending {
        Ending::Ok => "ok".into(),
        Ending::Cancelled => "cancelled".into(),
        Ending::Clean { error } => format!("failed: {error}"),
        Ending::Traceback { type_name, message } => {
            format!("failed with a traceback of {type_name}: {message}")
        }
    }
}

fn check(script: &str) -> String {
    draw(&predict(&read(script)))
}

#[test]
fn a_flow_with_a_step_and_a_call() {
    let script = r#"[{"op":"flow","name":"f","input":{"day":1},"returns":7,"do":[
        {"op":"step","name":"s","do":[{"op":"log","message":"m"},{"op":"call","class":"C","method":"m","returns":[1]}]}]}]"#;
    insta::assert_snapshot!(check(script), @r#"
    0 after []: flow "f" starts under root
    1 after [0]: step "s" starts under flow "f"
    2 after [1]: span_log of step "s"
    3 after [2]: rpc "rpc:C.m" starts under step "s"
    4 after [3]: rpc "rpc:C.m" ends ok with [1]
    5 after [4]: step "s" ends ok
    6 after [5]: flow "f" ends ok with 7
    returned [[1],7]
    "#);
}

#[test]
fn what_raises_ends_every_span_that_it_leaves() {
    let script = r#"[{"op":"catch","do":[{"op":"step","name":"a","do":[{"op":"fail","reason":"r"}]}]},
        {"op":"catch","do":[{"op":"step","name":"b","do":[{"op":"raise","kind":"exit","code":3}]}]},
        {"op":"catch","do":[{"op":"step","name":"c","do":[{"op":"raise","kind":"exit"}]}]},
        {"op":"step","name":"d","do":[{"op":"span","name":"e","do":[{"op":"raise","type":"Boom","message":"m"}]}]},
        {"op":"step","name":"never"}]"#;
    insta::assert_snapshot!(check(script), @r#"
    0 after []: step "a" starts under root
    1 after [0]: step "a" ends failed: r
    2 after [1]: step "b" starts under root
    3 after [2]: step "b" ends failed: 3
    4 after [3]: step "c" starts under root
    5 after [4]: step "c" ends ok
    6 after [5]: step "d" starts under root
    7 after [6]: span "e" starts under step "d"
    8 after [7]: span "e" ends failed with a traceback of Boom: m
    9 after [8]: step "d" ends failed with a traceback of Boom: m
    raised Boom "m"
    "#);
}

#[test]
fn an_interrupt_cancels() {
    let script = r#"[{"op":"step","name":"a","do":[{"op":"raise","kind":"interrupt"}]}]"#;
    insta::assert_snapshot!(check(script), @r#"
    0 after []: step "a" starts under root
    1 after [0]: step "a" ends cancelled
    raised interrupt null
    "#);
}

#[test]
fn threads_are_roots_unless_they_are_wrapped() {
    let script = r#"[{"op":"step","name":"s","do":[
        {"op":"parallel","do":[[{"op":"span","name":"a"}],[{"op":"tag","key":"unheard","value":1}]]},
        {"op":"parallel","wrap":true,"do":[[{"op":"span","name":"b"}],[{"op":"span","name":"c"}]]},
        {"op":"log","message":"after"}]}]"#;
    insta::assert_snapshot!(check(script), @r#"
    0 after []: step "s" starts under root
    1 after [0]: span "a" starts under root
    2 after [1]: span "a" ends ok
    3 after [0, 2]: span "b" starts under step "s"
    4 after [3]: span "b" ends ok
    5 after [0, 2]: span "c" starts under step "s"
    6 after [5]: span "c" ends ok
    7 after [4, 6]: span_log of step "s"
    8 after [7]: step "s" ends ok
    returned [[[],[]],[[],[]]]
    "#);
}

#[test]
fn tasks_inherit_and_a_branch_keeps_what_leaves_it() {
    let script = r#"[{"op":"step","name":"s","do":[{"op":"tasks","do":[
        [{"op":"span","name":"a"}],[{"op":"fail","reason":"r"}]]}]}]"#;
    insta::assert_snapshot!(check(script), @r#"
    0 after []: step "s" starts under root
    1 after [0]: span "a" starts under step "s"
    2 after [1]: span "a" ends ok
    3 after [0, 2]: step "s" ends ok
    returned [[[],[{"type":"Failed","message":"r"}]]]
    "#);
}

#[test]
fn spans_closed_out_of_order_leave_the_nearest_open_one() {
    let script = r#"[{"op":"step","name":"s","do":[{"op":"generator",
        "spans":[{"kind":"step","name":"outer"},{"kind":"span","name":"inner"}],
        "do":[{"op":"span","name":"within"}],
        "close":[{"which":0,"do":[{"op":"span","name":"between"}]},{"which":1,"do":[{"op":"span","name":"last"}]}]}]}]"#;
    insta::assert_snapshot!(check(script), @r#"
    0 after []: step "s" starts under root
    1 after [0]: step "outer" starts under step "s"
    2 after [1]: span "inner" starts under step "outer"
    3 after [2]: span "within" starts under span "inner"
    4 after [3]: span "within" ends ok
    5 after [4]: step "outer" ends ok
    6 after [5]: span "between" starts under span "inner"
    7 after [6]: span "between" ends ok
    8 after [7]: span "inner" ends ok
    9 after [8]: span "last" starts under step "s"
    10 after [9]: span "last" ends ok
    11 after [10]: step "s" ends ok
    returned []
    "#);
}

#[test]
fn a_fork_is_a_process_of_its_own() {
    let script = r#"[{"op":"step","name":"s","do":[{"op":"fork","do":[
        {"op":"tag","key":"dropped","value":1},{"op":"span","name":"child"}]},{"op":"log","message":"parent"}]}]"#;
    insta::assert_snapshot!(check(script), @r#"
    0 after []: step "s" starts under root
    1 after []: span "child" starts under step "s" in process 1
    2 after [1]: span "child" ends ok in process 1
    3 after [0]: span_log of step "s"
    4 after [3]: step "s" ends ok
    returned [[]]
    "#);
}

#[test]
fn a_process_whose_connection_was_hijacked_says_no_more() {
    let script = r#"[{"op":"step","name":"s","do":[
        {"op":"hijack","do":[{"op":"log","message":"dropped"},{"op":"fork","do":[{"op":"span","name":"child"}]}]},
        {"op":"log","message":"dropped as well"}]}]"#;
    insta::assert_snapshot!(check(script), @r#"
    0 after []: step "s" starts under root
    1 after []: span "child" starts under step "s" in process 1
    2 after [1]: span "child" ends ok in process 1
    returned [[],""]
    "#);
}

#[test]
fn a_result_is_that_of_the_last_word() {
    let script = r#"[{"op":"step","name":"s","do":[{"op":"result","value":1},{"op":"result","value":2}]},
        {"op":"result","value":"unheard"}]"#;
    insta::assert_snapshot!(check(script), @r#"
    0 after []: step "s" starts under root
    1 after [0]: step "s" ends ok with 2
    returned []
    "#);
}

/// The fields of the last event of a script after so many halvings.
fn draw_fields(script: &str, halvings: u32) -> String {
    let expected = predict(&read(script));
    let mut bodies = expected.events.iter().rev().map(|event| &event.body);
    let body = bodies
        .find(|body| !matches!(body, Body::End { .. }))
        .unwrap();
    let rendered = render(body, &Limits::halved(halvings));
    let mut text = String::new();
    for field in &rendered.fields {
        let want = match &field.want {
            Want::Value(wanted) => format!("{} bytes", compact(&wanted.sent).len()),
            Want::Members(members) => format!("{} members", members.len()),
            other => format!("{other:?}").chars().take(8).collect(),
        };
        let _ = writeln!(text, "{}: {want}", field.name);
    }
    for entry in &rendered.announced {
        let _ = writeln!(text, "truncated.{}: {:?}", entry.field, entry.size);
    }
    text
}

fn message(bytes: usize) -> String {
    format!(
        r#"[{{"op":"step","name":"s","do":[{{"op":"log","message":{{"gen":"text","char":"é","bytes":{bytes}}}}}]}}]"#
    )
}

#[test]
fn a_text_is_cut_only_beyond_its_limit_and_on_a_code_point() {
    let cut = |bytes| draw_fields(&message(bytes), 0);
    // Two quotes and 2,048 characters of two bytes.
    assert!(
        cut(4096).starts_with("message: 4098 bytes\n"),
        "{}",
        cut(4096)
    );
    assert!(!cut(4096).contains("truncated"));
    assert!(
        cut(4098).starts_with("message: 4098 bytes\n"),
        "{}",
        cut(4098)
    );
    assert!(cut(4098).contains("truncated.message: Some(4098)"));
    assert!(cut(70_000).contains("truncated.message: Some(65536)"));
}

#[test]
fn halved_limits_cut_more() {
    assert!(draw_fields(&message(4096), 1).starts_with("message: 2050 bytes\n"));
    assert!(draw_fields(&message(4096), 5).starts_with("message: 130 bytes\n"));
}

#[test]
fn members_are_counted_cut_and_announced() {
    let tags =
        |tags: &str| draw_fields(&format!(r#"[{{"op":"step","name":"","tags":{tags}}}]"#), 0);
    insta::assert_snapshot!(tags(r#"{"gen":"members","count":65,"value":1}"#), @r#"
    name: 9 bytes
    kind: 6 bytes
    tags: 64 members
    params: Absent
    truncated.tags: Some(65)
    "#);
    let long_key = r#"{"gen":"map","pairs":[[{"gen":"text","char":"k","bytes":300},{"gen":"text","char":"v","bytes":5000}]]}"#;
    assert!(
        tags(long_key).contains("kkk: Some(5000)"),
        "{}",
        tags(long_key)
    );
    let alike = r#"{"gen":"map","pairs":[[{"gen":"text","char":"k","bytes":300},1],[{"gen":"text","char":"k","bytes":400},2]]}"#;
    assert!(tags(alike).contains("tags: 1 members\n"), "{}", tags(alike));
    assert!(
        tags(alike).contains("truncated.tags: Some(2)"),
        "{}",
        tags(alike)
    );
}
