//! What it costs to parse lines, with every check and with nothing around it: the floor of a
//! collector that keeps nothing.
//!
//! ```sh
//! cargo run --release -p hero_span_collector --example bare_parse -- --lines FILE --rounds 5
//! ```
//!
//! Prints `{"lines":N,"cpu_ns":…}` a round. Where the lines begin is found before, outside of
//! the time; a line that is no event of the contract fails the program.

mod common;

use std::error::Error;
use std::hint::black_box;

use common::{Arguments, cpu_ns};
use hero_span_protocol::{Parsed, parse};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::given();
    let bytes = std::fs::read(arguments.need("--lines")?)?;
    let lines: Vec<_> = bytes.split(|&byte| byte == b'\n').collect();
    let lines = lines.strip_suffix(&[&[][..]]).unwrap_or(&lines);
    for _ in 0..arguments.number("--rounds", 5)? {
        let begun = cpu_ns();
        let mut events = 0;
        for line in lines {
            let parsed = black_box(parse(black_box(line)));
            events += usize::from(matches!(parsed, Ok(Parsed::Event(_))));
        }
        let cpu_ns = cpu_ns() - begun;
        if events != lines.len() {
            return Err(format!("{} lines are no events", lines.len() - events).into());
        }
        println!(r#"{{"lines":{events},"cpu_ns":{cpu_ns}}}"#);
    }
    Ok(())
}
