//! A flow as a host runs it, with an instrumented store: `cargo run --example nightly`, or with an
//! empty day, `cargo run --example nightly -- sunday`, to see it fail.

use std::collections::BTreeMap;
use std::env;
use std::process::ExitCode;

use hero_tracing::{Failed, Instrumented, Level, instrument, run_flow, step, value};

/// What the flow needs of a store.
trait Store {
    fn insert(&mut self, day: &str, row: &str);
    fn count(&self, day: &str) -> usize;
}

/// A store that forgets all when the program ends.
#[derive(Default)]
struct Memory {
    rows: BTreeMap<String, Vec<String>>,
}

impl Store for Memory {
    fn insert(&mut self, day: &str, row: &str) {
        self.rows
            .entry(day.to_owned())
            .or_default()
            .push(row.to_owned());
    }

    fn count(&self, day: &str) -> usize {
        self.rows.get(day).map_or(0, Vec::len)
    }
}

// Each call of these methods is a span from now on, for all stores that `instrument` stands for.
hero_tracing::instrument! {
    impl Store {
        fn insert(&mut self, day: &str, row: &str);
        fn count(&self, day: &str) -> usize;
    }
}

/// Loads a day's rows, and counts them.
fn nightly(day: &str) -> Result<usize, Failed> {
    let mut store: Instrumented<Memory> = instrument(Memory::default());
    step("load").tag("day", day).scope(|load| {
        let rows: &[&str] = if day == "sunday" {
            &[]
        } else {
            &["apple", "pear"]
        };
        for row in rows {
            store.insert(day, row);
        }
        let level = if rows.is_empty() {
            Level::Warn
        } else {
            Level::Info
        };
        load.tag("rows", rows.len())
            .log_with(level, "loaded", [("day", day)]);
    });
    step("count").run(|_| match store.count(day) {
        0 => Err(Failed::new(format!("no rows for {day}"))),
        rows => Ok(rows),
    })
}

fn main() -> ExitCode {
    let day = env::args().nth(1).unwrap_or_else(|| "monday".to_owned());
    match run_flow("nightly", value!({ "day": &day }), || nightly(&day)) {
        Ok(rows) => println!("{rows} rows for {day}"),
        Err(failure) => {
            println!("{failure}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
