//! A large run stays responsive.

use std::time::{Duration, Instant};

use super::*;

const SPANS: u64 = 100_000;

/// Long enough for a slow machine that does other things, and without
/// optimization.
const A_KEY: Duration = Duration::from_secs(2);

/// Three levels, wide as runs are, with a failure at the end.
fn large() -> Forest {
    let parent = |span: u64| match span {
        1 => None,
        span if span % 100 == 2 => Some(1),
        span => Some(span - (span - 2) % 100),
    };
    let starts = (1..=SPANS).map(|span| start(span, parent(span), &format!("span {span}")));
    let failed = format!(
        r#"{{"type":"span_end","span_id":"{SPANS:016x}","ts_ms":1,"status":"failed","error":"E"}}"#
    );
    from_lines(starts.chain([failed]))
}

#[test]
fn a_hundred_thousand_spans_answer_keys() {
    let mut state = shown(large());
    press(&mut state, "g");
    let mut slowest = Duration::ZERO;
    let mut told = Vec::new();
    for keys in [
        "down", "G", "pgup", "g", "left", "right", "n", "N", "j", "h", "tab", "/", "9", "9",
        "enter", "esc", "f",
    ] {
        let begun = Instant::now();
        press(&mut state, keys);
        buffer(&mut state, (120, 40));
        told.push(format!("{keys} {:.1?}", begun.elapsed()));
        slowest = slowest.max(begun.elapsed());
    }
    eprintln!("{}", told.join(", "));
    assert!(slowest < A_KEY, "{slowest:?}");
}

#[test]
fn a_deep_chain_is_drawn() {
    let starts = (1..=SPANS).map(|span| start(span, (span > 1).then(|| span - 1), "link"));
    let mut state = shown(from_lines(starts));
    press(&mut state, "G");
    assert!(screen(&mut state, (80, 24)).contains("[99999]"));
    press(&mut state, "left");
    check_selection(&state);
}
