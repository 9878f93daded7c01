//! A line as SDKs usually write it is read in one pass, any other line in another way:
//! the two say the same. `judge` always reads in the other way.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use common::lines::{damaged, draft};
use common::{cases, event};
use hero_span_protocol::{Parsed, encode, judge, parse};
use proptest::prelude::*;

fn check(line: &[u8]) -> Result<(), TestCaseError> {
    let (judged, violations) = judge(line);
    match parse(line) {
        Ok(Parsed::Event(event)) => prop_assert_eq!(Some(event), judged),
        Ok(Parsed::Skipped { .. }) => prop_assert_eq!(None, judged),
        Err(error) => {
            prop_assert_eq!(None, judged);
            prop_assert!(violations.contains(&error.into()), "{:?}", violations);
        }
    }
    Ok(())
}

/// The line with its fields in the Python SDK's order.
fn as_python_sends(line: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(line.to_vec()).expect("UTF-8");
    let mut fields = text.splitn(5, ',');
    let mut next = || fields.next().unwrap_or_default().to_owned();
    let [start, id, time, seq] = [(); 4].map(|()| next());
    [start, seq, time, id, next()].join(",").into_bytes()
}

proptest! {
    #![proptest_config(cases(2_048))]

    #[test]
    fn of_lines_that_are_encoded(event in event()) {
        let mut line = Vec::new();
        encode(&event, &mut line);
        check(&line)?;
        check(&as_python_sends(&line))?;
    }

    #[test]
    fn of_lines_that_are_nearly_right(draft in draft()) {
        let line = draft.line();
        check(line.as_bytes())?;
        check(&as_python_sends(line.as_bytes()))?;
    }

    #[test]
    fn of_lines_that_are_damaged(line in draft().prop_flat_map(|draft| damaged(draft.line().into_bytes()))) {
        check(&line)?;
    }
}
