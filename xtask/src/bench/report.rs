//! What was found, for people and for programs.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::json;

use super::plot;
use super::row::{Bar, Figures, Found, MIB, Verdict};
use super::scale::Curve;
use crate::marked;

const FILE: &str = "BENCHMARKS.md";
const JSON: &str = "xtask/bench/results.json";
const PLOT: &str = "xtask/bench/scale.svg";
const BEGIN: &str = "<!-- Written by `cargo xtask bench --write`. Do not edit. -->\n";

/// A row as it is told.
struct Told<'f> {
    found: &'f Found,
    figures: Result<Figures, &'f str>,
}

/// What was missed or not measured stands first.
fn told(found: &[Found]) -> Vec<Told<'_>> {
    let mut told: Vec<Told<'_>> = found
        .iter()
        .map(|found| {
            let figures = found.outcome.as_ref().map_err(String::as_str);
            let figures = figures.and_then(|processes| {
                let figures = found.row.figures(processes);
                figures.ok_or("it was not measured")
            });
            Told { found, figures }
        })
        .collect();
    told.sort_by_key(|told| match &told.figures {
        Err(_) => 0,
        Ok(figures) => match figures.verdict {
            Verdict::Missed => 1,
            Verdict::Noisy => 2,
            Verdict::Met | Verdict::Told => 3,
        },
    });
    told
}

/// A table for a terminal.
pub(super) fn text(found: &[Found]) -> String {
    let mut text = String::new();
    for Told { found, figures } in told(found) {
        let row = found.row;
        let beside = format!("{} / {}", row.ours, row.theirs);
        // Writing to a string does not fail.
        let _ = match figures {
            Err(why) => writeln!(text, "not measured  {beside}: {why}"),
            Ok(figures) => writeln!(
                text,
                "{:<13} {beside:<84} {:>10} {:>10}  {:>6}{} ({} to {})  bar {}",
                word(figures.verdict),
                amount(figures.ours, row.each),
                amount(figures.theirs, row.each),
                number(figures.figure),
                unit(row.bar),
                number(figures.least),
                number(figures.most),
                bar(row.bar),
            ),
        };
    }
    text
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Missed => "MISSED",
        Verdict::Noisy => "too noisy",
        Verdict::Met => "met",
        Verdict::Told => "-",
    }
}

/// Nanoseconds or KiB, as they are read best.
fn amount(number: f64, each: &str) -> String {
    match number {
        kib if each == MIB => format!("{:.1} MiB", kib / 1024.0),
        ns if ns < 1e4 => format!("{ns:.0} ns"),
        ns if ns < 1e7 => format!("{:.1} µs", ns / 1e3),
        ns => format!("{:.1} ms", ns / 1e6),
    }
}

/// Three digits that count.
fn number(figure: f64) -> String {
    match figure {
        figure if figure < 1.0 => format!("{figure:.3}"),
        figure if figure < 10.0 => format!("{figure:.2}"),
        figure if figure < 100.0 => format!("{figure:.1}"),
        figure => format!("{figure:.0}"),
    }
}

fn unit(bar: Bar) -> &'static str {
    match bar {
        Bar::AtLeast(_) => " × faster",
        Bar::Within(_) => " ms",
        Bar::AtMost(_) | Bar::None => "",
    }
}

fn bar(bar: Bar) -> String {
    match bar {
        Bar::AtMost(bar) => format!("≤ {bar}"),
        Bar::AtLeast(bar) => format!("≥ {bar} ×"),
        Bar::Within(bar) => format!("≤ {bar} ms"),
        Bar::None => "none".to_owned(),
    }
}

/// The same as a table of Markdown.
fn markdown(found: &[Found]) -> String {
    let mut text = String::from(
        "| | measured | beside | ours | theirs | figure (least to most) | bar |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for Told { found, figures } in told(found) {
        let row = found.row;
        let (verdict, cells) = match figures {
            Err(why) => (
                "not measured",
                [why.to_owned(), String::new(), String::new()],
            ),
            Ok(figures) => {
                let spread = [figures.least, figures.most].map(number).join(" to ");
                let figure = format!("**{}{}** ({spread})", number(figures.figure), unit(row.bar));
                let cells = [
                    amount(figures.ours, row.each),
                    amount(figures.theirs, row.each),
                    figure,
                ];
                (word(figures.verdict), cells)
            }
        };
        let [ours, theirs, figure] = cells;
        let cells = [
            verdict,
            row.ours,
            row.theirs,
            &ours,
            &theirs,
            &figure,
            &bar(row.bar),
        ];
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

/// Writes the table into its file, with the plot and the figures beside it.
pub(super) fn write(root: &Path, found: &[Found], curves: &[Curve]) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{FILE}: {error}");
    let text = fs::read_to_string(root.join(FILE)).map_err(failed)?;
    let table = format!("{}\n{}", machine(), markdown(found));
    fs::write(
        root.join(FILE),
        marked::replace(FILE, BEGIN, &text, &table)?,
    )
    .map_err(failed)?;
    write_json(&root.join(JSON), found, curves)?;
    if !curves.is_empty() {
        fs::write(root.join(PLOT), plot::svg(curves)).map_err(failed)?;
    }
    println!("wrote {FILE}");
    Ok(())
}

/// On what it was measured: figures of two machines are not to be compared.
fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find(|line| line.starts_with("model name"));
    let model = model
        .and_then(|line| line.split(": ").nth(1))
        .unwrap_or("an unknown processor");
    let cores = cpu.matches("processor\t").count();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let system = std::env::consts::OS;
    let versions = ["python3", "rustc", "node", "go"].map(version).join(", ");
    format!(
        "Measured on {cores} cores of {model}, {system} {}; {versions}.\n",
        kernel.trim()
    )
}

/// What a tool calls itself.
pub(super) fn version(tool: &str) -> String {
    let argument = if tool == "go" { "version" } else { "--version" };
    let output = std::process::Command::new(tool).arg(argument).output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    match (tool, said) {
        (_, Err(_)) => format!("no {tool}"),
        ("node", Ok(said)) => format!("Node {said}"),
        (_, Ok(said)) => said,
    }
}

/// Writes all rounds, and the figures that were made of them.
pub(super) fn write_json(file: &Path, found: &[Found], curves: &[Curve]) -> Result<(), String> {
    let rows: Vec<_> = told(found)
        .iter()
        .map(|Told { found, figures }| {
            let row = found.row;
            json!({
                "id": row.id, "group": row.group, "ours": row.ours, "theirs": row.theirs,
                "each": row.each, "bar": bar(row.bar),
                "figures": figures.as_ref().ok(), "left_out": figures.as_ref().err(),
                "processes": found.outcome.as_ref().ok(),
            })
        })
        .collect();
    let whole = json!({ "machine": machine().trim_end(), "rows": rows, "curves": curves });
    fs::write(file, format!("{whole:#}\n")).map_err(|error| format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::row::Sample;
    use crate::bench::row_of;

    fn found(id: &str, outcome: Result<(f64, f64), &str>) -> Found {
        let processes = outcome.map(|(ours, theirs)| vec![vec![Sample { ours, theirs }]]);
        Found {
            row: row_of(id).unwrap(),
            outcome: processes.map_err(str::to_owned),
        }
    }

    fn some() -> Vec<Found> {
        vec![
            found("python", Ok((5000.0, 2000.0))),
            found("parse-tagged", Ok((300.0, 450.0))),
            found("check-memory", Ok((20480.0, 20000.0))),
            found("ddtrace", Err("no such package")),
            found("case", Ok((4.99e6, 1.0))),
        ]
    }

    #[test]
    fn what_was_missed_or_not_measured_stands_first() {
        insta::assert_snapshot!(text(&some()), @r#"
        not measured  Python SDK, a span with two tags / ddtrace: no such package
        MISSED        Rust parse, with all checks / serde_json into a tagged enum                              300 ns     450 ns    1.50 × faster (1.50 to 1.50)  bar ≥ 2 ×
        too noisy     a generated case, one process / by the clock; python3's own start                     4990.0 µs       1 ns    4.99 ms (4.99 to 4.99)  bar ≤ 5 ms
        met           Python SDK, a span with two tags / the same bytes by two bare sends                     5000 ns    2000 ns    2.50 (2.50 to 2.50)  bar ≤ 3
        met           `hero-span check`, peak memory / of a tenth of the lines                               20.0 MiB   19.5 MiB    1.02 (1.02 to 1.02)  bar ≤ 1.25
        "#);
    }

    #[test]
    fn the_table_is_the_same() {
        insta::assert_snapshot!(markdown(&some()), @r#"
        | | measured | beside | ours | theirs | figure (least to most) | bar |
        |---|---|---|---|---|---|---|
        | not measured | Python SDK, a span with two tags | ddtrace | no such package |  |  | ≤ 0.45 |
        | MISSED | Rust parse, with all checks | serde_json into a tagged enum | 300 ns | 450 ns | **1.50 × faster** (1.50 to 1.50) | ≥ 2 × |
        | too noisy | a generated case, one process | by the clock; python3's own start | 4990.0 µs | 1 ns | **4.99 ms** (4.99 to 4.99) | ≤ 5 ms |
        | met | Python SDK, a span with two tags | the same bytes by two bare sends | 5000 ns | 2000 ns | **2.50** (2.50 to 2.50) | ≤ 3 |
        | met | `hero-span check`, peak memory | of a tenth of the lines | 20.0 MiB | 19.5 MiB | **1.02** (1.02 to 1.02) | ≤ 1.25 |
        "#);
    }
}
