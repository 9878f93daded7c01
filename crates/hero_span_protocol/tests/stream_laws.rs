//! What holds for any stream.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;

use common::streams::{Brief, What, good_stream};
use common::{cases, event};
use hero_span_protocol::{Finding, SpanId, Stream};
use proptest::collection::vec;
use proptest::prelude::*;

fn observe(stream: &mut Stream, events: &[Brief]) -> Vec<Finding> {
    let events = events.iter().map(|brief| brief.event());
    events.flat_map(|event| stream.observe(&event)).collect()
}

/// The spans that start and do not end, whatever their order.
fn left_open(events: &[Brief]) -> BTreeSet<SpanId> {
    let mut open = BTreeSet::new();
    for brief in events {
        if brief.what == What::End {
            open.remove(&brief.span);
        } else {
            open.insert(brief.span);
        }
    }
    open
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn good_stream_has_no_findings(events in good_stream()) {
        let mut stream = Stream::new();
        prop_assert_eq!(observe(&mut stream, &events), []);
        prop_assert_eq!(stream.lost(), 0);
        prop_assert_eq!(BTreeSet::from_iter(stream.open_spans()), left_open(&events));
    }

    #[test]
    fn good_stream_has_no_findings_whatever_is_forgotten(events in good_stream(), most in 0..9_usize) {
        let mut stream = Stream::remembering(most);
        prop_assert_eq!(observe(&mut stream, &events), []);
        prop_assert_eq!(BTreeSet::from_iter(stream.open_spans()), left_open(&events));
    }

    #[test]
    fn what_forgetting_open_spans_does_is_explained_by_it(events in good_stream(), most in 0..9_usize) {
        let mut stream = Stream::remembering(most).with_most_open(most);
        let findings = observe(&mut stream, &events);
        prop_assert!(findings.iter().all(|found| found.explained_by_loss), "{:?}", findings);
        prop_assert!(stream.open_spans().len() <= 2 * most);
    }

    #[test]
    fn what_is_not_forgotten_is_judged_as_ever(events in vec(event(), 0..40)) {
        let (mut stream, mut other) = (Stream::new(), Stream::remembering(80).with_most_open(80));
        for event in events.iter().chain(&events) {
            prop_assert_eq!(stream.observe(event), other.observe(event));
        }
        prop_assert_eq!(stream.open_spans(), other.open_spans());
    }

    #[test]
    fn any_stream_does_no_harm_to_one_that_forgets(
        events in vec(event(), 0..40),
        most in 0..9_usize,
    ) {
        let mut stream = Stream::remembering(most);
        for event in events.iter().chain(&events) {
            stream.observe(event);
        }
        prop_assert!(stream.open_spans().len() <= events.len());
    }

    #[test]
    fn what_a_loss_does_is_explained_by_it(
        events in good_stream(),
        is_kept in vec(proptest::bool::weighted(0.8), 60),
    ) {
        let kept = events.iter().zip(is_kept).filter(|(_, is_kept)| *is_kept);
        let kept: Vec<_> = kept.map(|(brief, _)| *brief).collect();
        let mut stream = Stream::new();
        let findings = observe(&mut stream, &kept);
        prop_assert!(findings.iter().all(|found| found.explained_by_loss), "{:?}", findings);
        let due = kept.last().and_then(|last| last.seq).map_or(0, |seq| seq + 1);
        prop_assert_eq!(stream.lost(), due - kept.len() as u64);
        prop_assert_eq!(BTreeSet::from_iter(stream.open_spans()), left_open(&kept));
    }

    #[test]
    fn what_a_rejected_line_does_is_explained_by_it(
        events in good_stream(),
        is_read in vec(proptest::bool::weighted(0.8), 60),
    ) {
        let mut stream = Stream::new();
        for (brief, is_read) in events.iter().zip(is_read) {
            if is_read {
                let findings = stream.observe(&brief.event());
                prop_assert!(findings.iter().all(|found| found.explained_by_loss), "{:?}", findings);
            } else {
                stream.observe_rejected();
            }
        }
        prop_assert_eq!(stream.lost(), 0);
    }

    #[test]
    fn any_stream_does_no_harm(events in vec(event(), 0..40)) {
        let mut stream = Stream::new();
        for event in &events {
            stream.observe(event);
            stream.observe(event);
        }
        prop_assert!(stream.open_spans().len() <= events.len());
    }
}
