//! Lines are the same whatever the chunks, and long ones cost no memory.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use common::cases;
use hero_span_protocol::{Line, Splitter, limit};
use proptest::collection::vec;
use proptest::prelude::*;

/// A line, or how long it was.
#[derive(Debug, PartialEq)]
enum Kept {
    Whole(Vec<u8>),
    TooLong(u64),
}

fn split<'c>(chunks: impl IntoIterator<Item = &'c [u8]>) -> (Vec<Kept>, Option<u64>) {
    let mut splitter = Splitter::new();
    let mut lines = Vec::new();
    for chunk in chunks {
        splitter.push(chunk, |line| {
            lines.push(match line {
                Line::Whole(line) => Kept::Whole(line.to_vec()),
                Line::TooLong { bytes } => Kept::TooLong(bytes),
            });
        });
    }
    (lines, splitter.finish())
}

/// The same by the words of the contract.
fn expected(bytes: &[u8]) -> (Vec<Kept>, Option<u64>) {
    let mut parts: Vec<_> = bytes.split(|&byte| byte == b'\n').collect();
    let torn = parts.pop().map(<[u8]>::len).filter(|&torn| torn > 0);
    let lines = parts.into_iter().map(|line| match line.len() + 1 {
        bytes if bytes > limit::LINE_BYTES => Kept::TooLong(bytes as u64),
        _ => Kept::Whole(line.to_vec()),
    });
    (lines.collect(), torn.map(|torn| torn as u64))
}

/// Short lines, and lines about the limit.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let near = limit::LINE_BYTES - 3..limit::LINE_BYTES + 3;
    let line = prop_oneof![
        6 => vec(any::<u8>(), 0..40),
        1 => near.prop_map(|bytes| vec![b'x'; bytes]),
        1 => (0..3 * limit::LINE_BYTES).prop_map(|bytes| vec![b'y'; bytes]),
    ];
    (vec(line, 0..6), any::<bool>()).prop_map(|(lines, is_torn)| {
        let end: &[u8] = if is_torn { b"" } else { b"\n" };
        [lines.join(&b'\n').as_slice(), end].concat()
    })
}

/// Cuts the bytes after these many, again and again.
fn chunks<'b>(bytes: &'b [u8], sizes: &[usize]) -> Vec<&'b [u8]> {
    let (mut chunks, mut rest) = (Vec::new(), bytes);
    for &size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (chunk, next) = rest.split_at(size.min(rest.len()));
        chunks.push(chunk);
        rest = next;
    }
    chunks
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn chunks_do_not_matter(bytes in bytes(), sizes in vec(1_usize..50_000, 1..6)) {
        prop_assert_eq!(split(chunks(&bytes, &sizes)), expected(&bytes));
        prop_assert_eq!(split([bytes.as_slice()]), expected(&bytes));
    }

    #[test]
    fn small_chunks_do_not_matter(bytes in vec(any::<u8>(), 0..200), sizes in vec(1_usize..9, 1..6)) {
        prop_assert_eq!(split(chunks(&bytes, &sizes)), expected(&bytes));
    }
}

#[test]
fn line_of_the_limit_is_whole() {
    for (bytes, is_whole) in [(limit::LINE_BYTES, true), (limit::LINE_BYTES + 1, false)] {
        let line = [vec![b'x'; bytes - 1], vec![b'\n']].concat();
        let (lines, torn) = split(line.chunks(1_000));
        assert_eq!(torn, None);
        assert_eq!(matches!(lines.as_slice(), [Kept::Whole(_)]), is_whole);
    }
}
