//! Lines without an end, many at once: what they cost. A program of its own,
//! so that nothing else is measured.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod common;
#[path = "common/resident.rs"]
mod resident;

use std::io::Write;
use std::thread;

use common::{collected_by, directory, end, start, store};
use hero_span_collector::Collector;
use hero_span_collector::store::Reader;
use resident::resident_bytes;

const CONNECTIONS: u64 = 200;

#[test]
fn two_hundred_endless_lines_at_once_are_held_by_nobody() {
    let directory = directory();
    let path = directory.path().join("store");
    let collector = Collector::default().with_store(Some(store(&path)));
    let chunk = vec![b'x'; 64 << 10];
    let mut grown = 0;
    let found = collected_by(collector, |connect| {
        let mut streams: Vec<_> = (0..CONNECTIONS).map(|_| connect()).collect();
        for (number, stream) in (1..).zip(&mut streams) {
            stream.write_all(&start(number, None)).expect("written");
        }
        let before = resident_bytes();
        for _ in 0..16 {
            thread::scope(|scope| {
                for streams in streams.chunks_mut(50) {
                    scope.spawn(|| {
                        for stream in streams {
                            stream.write_all(&chunk).expect("written");
                        }
                    });
                }
            });
            grown = grown.max(resident_bytes().saturating_sub(before));
        }
        for (number, stream) in (1..).zip(&mut streams) {
            stream.write_all(b"\n").expect("written");
            stream.write_all(&end(number, "ok")).expect("written");
        }
    });
    eprintln!("{CONNECTIONS} lines of a mebibyte held {grown} bytes");
    // An unfinished line of 32 KiB each would be 6.5 MB.
    assert!(grown < 24 << 20, "{grown}");
    let counts = found.totals.counts;
    assert_eq!(
        (counts.events, counts.rejected),
        (2 * CONNECTIONS, CONNECTIONS)
    );
    let health = Reader::open(&path).and_then(|reader| reader.health(true));
    let health = health.expect("health");
    assert_eq!((health.events, health.runs), (2 * CONNECTIONS, CONNECTIONS));
}
