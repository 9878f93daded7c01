use super::*;
use crate::case::Case;
use crate::model::predict;

fn check(script: &str, tree: &[&str]) {
    let case = Case::from_json(&format!(
        r#"{{"parent":"00000000000000aa","script":{script}}}"#
    ));
    let expected = predict(&case.unwrap().script);
    let drawn = expected_tree(&expected, Some("00000000000000aa"), &Labels::default());
    assert_eq!(drawn, tree);
}

#[test]
fn events_stand_under_their_spans() {
    check(
        r#"[{"op":"flow","name":"nightly","input":{"day":1},"do":[
            {"op":"tag","key":"rows","value":3},
            {"op":"step","name":"load it","tags":{"a":1,"b":"x"},"do":[
                {"op":"log","message":"slow","level":"warn","fields":{"ms":7}}]},
            {"op":"repeat","times":3,"do":[{"op":"log","message":"again"}]}],
            "returns":[1,2]}]"#,
        &[
            r#"flow nightly params {"day":1} under 00000000000000aa"#,
            "  tag rows = 3",
            r#"  step "load it" tags {a: 1, b: "x"}"#,
            r#"    log warn "slow" fields {ms: 7}"#,
            "    end ok",
            r#"  log info "again"  (× 3)"#,
            "  end ok result [1,2]",
        ],
    );
}

#[test]
fn spans_that_repeat_stand_once() {
    check(
        r#"[{"op":"repeat","times":3,"do":[{"op":"step","name":"s","do":[
            {"op":"repeat","times":2,"do":[{"op":"span","name":"t"}]},
            {"op":"log","message":"m"}]}]},
            {"op":"step","name":"s"}]"#,
        &[
            "step s under 00000000000000aa  (× 3)",
            "  span t  (× 2)",
            "    end ok",
            r#"  log info "m""#,
            "  end ok",
            "step s under 00000000000000aa",
            "  end ok",
        ],
    );
}

#[test]
fn cuts_failures_and_long_texts_are_told() {
    check(
        r#"[{"op":"catch","do":[{"op":"step","name":"s","do":[
            {"op":"tag","key":"k","value":{"gen":"text","char":"x","bytes":5000}},
            {"op":"span","name":"inner","do":[{"op":"raise","type":"E","message":"no"}]}]}]},
            {"op":"catch","do":[{"op":"span","name":"t","do":[{"op":"fail","reason":"why"}]}]}]"#,
        &[
            "step s under 00000000000000aa",
            &format!(
                r#"  tag k = "{}"… (4096 bytes) truncated (value 5000)"#,
                "x".repeat(30)
            ),
            "  span inner",
            "    end failed error traceback of E",
            "  end failed error traceback of E",
            "span t under 00000000000000aa",
            r#"  end failed error "why""#,
        ],
    );
}
