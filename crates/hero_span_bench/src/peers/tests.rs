//! Peers do the same work, or the comparison says nothing.

use std::borrow::Cow;

use hero_span_protocol::{Event, Parsed, encode, parse};

use crate::{Flat, Lines, Tagged, sent};

fn each(mut check: impl FnMut(&[u8], Event<'_>)) {
    for line in Lines::typical(64).iter() {
        let Ok(Parsed::Event(event)) = parse(line) else {
            panic!("{}", String::from_utf8_lossy(line));
        };
        check(line, event);
    }
}

#[test]
fn the_tagged_peer_reads_what_we_read() {
    each(|line, event| {
        let tagged: Tagged = serde_json::from_slice(line).unwrap();
        match (tagged, event) {
            (Tagged::SpanStart(theirs), Event::Start(ours)) => {
                assert_eq!(theirs.span_id, ours.span_id.to_string());
                assert_eq!(theirs.name, ours.name);
                assert_eq!(theirs.tags.len(), ours.tags.len());
                assert_eq!(theirs.producer.is_some(), ours.producer.is_some());
            }
            (Tagged::SpanTag(theirs), Event::Tag(ours)) => {
                assert_eq!(theirs.value, ours.value.to_value());
            }
            (Tagged::SpanLog(theirs), Event::Log(ours)) => {
                assert_eq!(theirs.message, ours.message);
                assert_eq!(theirs.fields.len(), ours.fields.len());
            }
            (Tagged::SpanEnd(theirs), Event::End(ours)) => {
                assert_eq!(theirs.ts_ms, ours.ts_ms.as_f64());
                assert_eq!(theirs.error.as_deref(), ours.error.as_deref());
            }
            (theirs, ours) => panic!("{theirs:?}, {ours:?}"),
        }
    });
}

#[test]
fn the_flat_peer_reads_what_we_read_and_borrows() {
    each(|line, event| {
        let flat: Flat<'_> = serde_json::from_slice(line).unwrap();
        assert_eq!(flat.type_name, event.type_name());
        assert_eq!(flat.seq, event.seq());
        match event {
            Event::Start(ours) => {
                assert_eq!(flat.name, ours.name);
                assert!(matches!(flat.name, Cow::Borrowed(_)));
            }
            Event::End(ours) => assert_eq!(flat.error, ours.error.unwrap_or_default()),
            _ => {}
        }
    });
}

#[test]
fn the_encoding_peer_writes_what_we_write() {
    each(|_, event| {
        let mut ours = Vec::new();
        encode(&event, &mut ours);
        let mut theirs = serde_json::to_vec(&sent(&event).unwrap()).unwrap();
        theirs.push(b'\n');
        assert_eq!(
            String::from_utf8(ours).unwrap(),
            String::from_utf8(theirs).unwrap()
        );
    });
}
