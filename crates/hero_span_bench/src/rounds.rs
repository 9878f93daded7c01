//! Ours and theirs in turn, in CPU time.

use std::fmt;
use std::io::{self, Write};

use rustix::time::{ClockId, clock_gettime};

/// One comparison. A side does all lines once and says how many came out, so that
/// none is measured that fails early.
pub struct Row<'a> {
    /// What it is called.
    pub name: &'static str,
    /// This project's code.
    pub ours: Box<dyn FnMut() -> usize + 'a>,
    /// Its peer.
    pub theirs: Box<dyn FnMut() -> usize + 'a>,
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Row").field(&self.name).finish()
    }
}

/// Runs all rows `count` times and once to warm up, and writes a line of JSON for
/// each time.
///
/// # Errors
///
/// When a side does not do all `lines`, or `out` takes no more.
pub fn rounds(
    rows: &mut [Row<'_>],
    count: usize,
    lines: usize,
    out: &mut impl Write,
) -> io::Result<()> {
    for round in 0..=count {
        for row in &mut *rows {
            let ours = per_line(&mut row.ours, lines)?;
            let theirs = per_line(&mut row.theirs, lines)?;
            if round > 0 {
                let name = row.name;
                writeln!(
                    out,
                    r#"{{"row":"{name}","ours_ns":{ours:.1},"theirs_ns":{theirs:.1}}}"#
                )?;
            }
        }
    }
    Ok(())
}

fn per_line(side: &mut dyn FnMut() -> usize, lines: usize) -> io::Result<f64> {
    let before = cpu_ns();
    let done = side();
    let spent = cpu_ns() - before;
    if done == lines {
        Ok(spent as f64 / lines as f64)
    } else {
        let told = format!("{done} of {lines} lines came out");
        Err(io::Error::other(told))
    }
}

fn cpu_ns() -> i64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<'a>(done: usize) -> Row<'a> {
        Row {
            name: "row",
            ours: Box::new(|| 3),
            theirs: Box::new(move || done),
        }
    }

    #[test]
    fn the_first_round_is_not_told() {
        let mut out = Vec::new();
        rounds(&mut [row(3)], 2, 3, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out.lines().count(), 2);
        let told: serde_json::Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
        assert_eq!(told["row"], "row");
        assert!(told["ours_ns"].is_number() && told["theirs_ns"].is_number());
    }

    #[test]
    fn a_side_that_fails_is_not_measured() {
        let error = rounds(&mut [row(2)], 2, 3, &mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "2 of 3 lines came out");
    }
}
