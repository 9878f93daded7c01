//! How the collector grows: with spans, with connections, with the length of lines.

use std::path::PathBuf;

use serde::Serialize;

use super::collect::{Sink, collect};
use super::collector::connection_of;
use super::row::{Found, Group, Sample};
use super::{Bench, of_group};

/// A curve of the plot.
#[derive(Debug, Serialize)]
pub(super) struct Curve {
    pub(super) row: &'static str,
    /// What is counted along it.
    pub(super) of: &'static str,
    pub(super) points: Vec<Point>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Point {
    pub(super) at: u64,
    /// Processor time, in all.
    pub(super) cpu_ms: f64,
    pub(super) peak_mib: f64,
}

/// The rows, and the curves that they are read off.
pub(super) fn measure(bench: &Bench) -> (Vec<Found>, Vec<Curve>) {
    let hero_span = bench.hero_span();
    let mut curves = Vec::new();
    let found = of_group(Group::Scale).map(|row| {
        let mut processes = Vec::new();
        for _ in 0..bench.processes {
            let curve = hero_span
                .clone()
                .and_then(|hero_span| Ladder { bench, hero_span }.climb(row.id));
            match curve {
                Ok(curve) => {
                    processes.push(sample(&curve).into_iter().collect());
                    curves.retain(|known: &Curve| known.row != row.id);
                    curves.push(curve);
                }
                Err(why) => {
                    return Found {
                        row,
                        outcome: Err(why),
                    };
                }
            }
        }
        Found {
            row,
            outcome: Ok(processes),
        }
    });
    let found = found.collect();
    (found, curves)
}

struct Ladder<'b> {
    bench: &'b Bench,
    hero_span: PathBuf,
}

impl Ladder<'_> {
    fn climb(&self, row: &'static str) -> Result<Curve, String> {
        let most = self.bench.scale;
        let (of, rungs): (_, Vec<(u64, Vec<String>)>) = match row {
            "scale-spans" => (
                "spans of a run",
                [10_000, 1000, 100, 10, 1]
                    .map(|part| most / part)
                    .map(|spans| (spans, vec![connection_of(1, spans)]))
                    .into(),
            ),
            "scale-connections" => (
                "connections",
                [1, 10, 100, 1000]
                    .map(|count| (count, spread(count, most / 5)))
                    .into(),
            ),
            _ => (
                "bytes of a span's start",
                [250, 1000, 4000, 16_000, 32_000]
                    .map(|bytes| (bytes, vec![long_lines(bytes, most * 50)]))
                    .into(),
            ),
        };
        let points = rungs.into_iter().map(|(at, connections)| {
            let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
            let took = collect(&self.hero_span, directory.path(), Sink::Store, &connections)?;
            Ok(Point {
                at,
                cpu_ms: took.cpu.as_secs_f64() * 1e3,
                peak_mib: took.peak_kib as f64 / 1024.0,
            })
        });
        let points = points.collect::<Result<_, String>>()?;
        Ok(Curve { row, of, points })
    }
}

/// So many connections, of as many spans in all.
fn spread(count: u64, spans: u64) -> Vec<String> {
    (1..=count)
        .map(|connection| connection_of(connection, spans / count))
        .collect()
}

/// Lines of about so many bytes each, of as many bytes in all.
fn long_lines(bytes: u64, total: u64) -> String {
    /// Of a value in a tag: it is not cut.
    const VALUE: u64 = 4000;
    let around = connection_of(1, 2).lines().nth(1).map_or(0, str::len) as u64;
    let mut left = bytes.saturating_sub(around);
    let mut tags = String::new();
    for number in 0.. {
        if left == 0 {
            break;
        }
        let value = "x".repeat(left.min(VALUE) as usize);
        tags += &format!(",\"text{number}\":\"{value}\"");
        left -= left.min(VALUE);
    }
    let with_tags = |text: &str| text.replace(",\"rows\":1024", &format!(",\"rows\":1024{tags}"));
    let of_one = with_tags(&connection_of(1, 2)).len() as u64 / 2;
    with_tags(&connection_of(1, (total / of_one).max(2)))
}

/// What the row's bar is about.
fn sample(curve: &Curve) -> Option<Sample> {
    let (first, last) = (curve.points.first()?, curve.points.last()?);
    match curve.row {
        // Ten times as many spans, beside ten times the time.
        "scale-spans" => {
            let before = curve.points.get(curve.points.len().checked_sub(2)?)?;
            Some(Sample {
                ours: last.cpu_ms * 1e6,
                theirs: before.cpu_ms * 1e6 * (last.at as f64 / before.at as f64),
            })
        }
        // The work is the same in all.
        _ => Some(Sample {
            ours: last.cpu_ms * 1e6,
            theirs: first.cpu_ms * 1e6,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_long_as_is_asked() {
        for bytes in [1000, 32_000] {
            let text = long_lines(bytes, bytes * 20);
            let line = text.lines().nth(1).unwrap();
            assert!((line.len() as u64).abs_diff(bytes) < 100, "{}", line.len());
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
    }

    #[test]
    fn time_that_grows_with_the_spans_is_linear() {
        let point = |at, cpu_ms| Point {
            at,
            cpu_ms,
            peak_mib: 1.0,
        };
        let curve = Curve {
            row: "scale-spans",
            of: "spans",
            points: vec![point(10, 1.0), point(100, 10.0), point(1000, 110.0)],
        };
        assert_eq!(
            sample(&curve),
            Some(Sample {
                ours: 110e6,
                theirs: 100e6
            })
        );
    }
}
