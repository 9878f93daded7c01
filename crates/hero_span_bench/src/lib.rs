//! What reading and writing a line costs, beside what other crates take for it.
//!
//! Two programs stand on this library, each run from the root of the repository:
//!
//! ```sh
//! cargo build --release --package hero_span_bench
//! target/release/bench-parse --rounds 15 --lines 20000
//! target/release/bench-encode --rounds 15 --lines 20000
//! ```
//!
//! A round is ours, then theirs, over the same lines in the same buffer; the first
//! round warms up and is not told. Of each other round and row one line is printed:
//!
//! ```json
//! {"row":"parse-tagged","ours_ns":101.5,"theirs_ns":702.3}
//! ```
//!
//! The figures are nanoseconds of this process's CPU time for one line, so that
//! neighbours on the machine cost less than they do by the clock on the wall.
//!
//! | row | theirs | what ours is asked for |
//! |---|---|---|
//! | `parse-tagged` | `serde_json` into an internally tagged enum that owns its texts | 2 × the lines |
//! | `parse-flat` | `serde_json` into one flat struct that borrows, nothing checked | 0.8 × |
//! | `parse-schema` | `serde_json::Value`, and `jsonschema` with the accept schema | 3 × |
//! | `encode` | `serde_json::to_vec` of an event of the same shape | 1.5 × |
//! | `encode-into` | `serde_json::to_writer` into a buffer that is kept | (not asked for) |
//!
//! # Counting instructions
//!
//! `--once WHAT` does the work of one side once, with nothing else around it but what
//! makes the lines. Instructions of `--lines 20000` less those of `--lines 10000` are
//! what 10,000 lines cost, without the program's start and end; making the lines is in
//! it, and `--once nothing` counts that alone:
//!
//! ```sh
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null \
//!     target/release/bench-parse --once parse --lines 10000
//! ```

mod lines;
mod peers;
mod rounds;

pub use lines::Lines;
pub use peers::encode::{Tagged as SentByTag, sent};
pub use peers::flat::Flat;
pub use peers::tagged::Tagged;
pub use rounds::{Row, rounds};
