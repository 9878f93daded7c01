//! The collector, beside what it cannot do without and beside another collector.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use super::collect::{Sink, collect};
use super::process::{self, Running, Took};
use super::program::{command, succeed};
use super::row::{Found, Group, Sample};
use super::{Bench, of_group};
use crate::load::{self, lines::Lines};

const EXAMPLES: &str = "cargo build --quiet --package hero_span_collector --examples";
const OTELCOL: &str = "go -C xtask/bench/go build -o ../../../target/bench/ ./otelcol ./otlpsend";
const CONNECTIONS: u64 = 8;

pub(super) fn measure(bench: &Bench) -> Vec<Found> {
    let tools = Tools::build(bench);
    of_group(Group::Collector)
        .map(|row| Found {
            row,
            outcome: tools.as_ref().map_err(String::clone).and_then(|tools| {
                (0..bench.processes)
                    .map(|_| Ok(vec![tools.sample(row.id)?]))
                    .collect()
            }),
        })
        .collect()
}

struct Tools {
    root: PathBuf,
    hero_span: PathBuf,
    examples: PathBuf,
    lines: u64,
}

/// What the programs for the bare work print of a round.
#[derive(Deserialize)]
struct Bare {
    #[serde(alias = "events")]
    lines: f64,
    cpu_ns: f64,
}

impl Tools {
    fn build(bench: &Bench) -> Result<Self, String> {
        let mut examples = command(&bench.root, EXAMPLES);
        if bench.is_optimised {
            examples.arg("--release");
        }
        succeed(&mut examples)?;
        let hero_span = bench.hero_span()?;
        Ok(Self {
            root: bench.root.clone(),
            examples: hero_span.with_file_name("examples"),
            hero_span,
            lines: bench.lines,
        })
    }

    fn sample(&self, row: &str) -> Result<Sample, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let directory = directory.path();
        match row {
            "collector-tree" => self.beside_parse(directory),
            "collector-store" => self.beside_inserts(directory),
            "collector-otel" => self.beside_otel(directory, Sink::File),
            _ => self.beside_otel(directory, Sink::Store),
        }
    }

    fn beside_parse(&self, directory: &Path) -> Result<Sample, String> {
        let connections = of_four_lines(self.lines);
        let took = collect(&self.hero_span, directory, Sink::Trees, &connections)?;
        let capture = directory.join("capture.jsonl");
        fs::write(&capture, connections.concat()).map_err(|error| error.to_string())?;
        let theirs = self.bare("bare_parse", "--lines", &capture)?;
        Ok(Sample {
            ours: each(took, self.lines),
            theirs,
        })
    }

    fn beside_inserts(&self, directory: &Path) -> Result<Sample, String> {
        let connections = of_four_lines(self.lines);
        let took = collect(&self.hero_span, directory, Sink::Store, &connections)?;
        let theirs = self.bare("bare_inserts", "--store", &directory.join("spans.db"))?;
        Ok(Sample {
            ours: each(took, self.lines),
            theirs,
        })
    }

    /// The bare work for one line, the second of two rounds.
    fn bare(&self, example: &str, option: &str, file: &Path) -> Result<f64, String> {
        let mut command = Command::new(self.examples.join(example));
        let output = command
            .arg(option)
            .arg(file)
            .args(["--rounds", "2"])
            .output();
        let output = output.map_err(|error| format!("cannot run {example}: {error}"))?;
        let said = String::from_utf8_lossy(&output.stdout);
        let last = said.lines().next_back().unwrap_or_default();
        let bare: Bare = serde_json::from_str(last).map_err(|error| {
            let why = String::from_utf8_lossy(&output.stderr);
            format!("{example}: expected a round as JSON, found {last:?}: {error} {why}")
        })?;
        Ok(bare.cpu_ns / bare.lines)
    }

    fn beside_otel(&self, directory: &Path, sink: Sink) -> Result<Sample, String> {
        succeed(&mut command(&self.root, OTELCOL))?;
        let spans = self.lines / 2;
        let took = collect(&self.hero_span, directory, sink, &of_two_lines(spans))?;
        Ok(Sample {
            ours: each(took, spans),
            theirs: self.otel(directory, spans)?,
        })
    }

    /// What another collector's process takes for a span, without its own start.
    fn otel(&self, directory: &Path, spans: u64) -> Result<f64, String> {
        let file = directory.join("otel.json");
        let idle = self.otel_process(&file, 0)?;
        let took = self.otel_process(&file, spans)?;
        let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
        let written = text.matches("\"spanId\"").count() as u64;
        if written != spans {
            return Err(format!("{spans} spans were sent, {written} written"));
        }
        let cpu = took.cpu.saturating_sub(idle.cpu);
        Ok(cpu.as_nanos() as f64 / spans as f64)
    }

    fn otel_process(&self, file: &Path, spans: u64) -> Result<Took, String> {
        let programs = self.root.join("target/bench");
        let (http, grpc) = (free_port()?, free_port()?);
        let mut command = Command::new(programs.join("otelcol"));
        command
            .args(["--config", "xtask/bench/go/otelcol/config.yaml"])
            .current_dir(&self.root)
            .env("BENCH_OTLP_PORT", &http)
            .env("BENCH_GRPC_PORT", &grpc)
            .env("BENCH_FILE", file)
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut running = Running::start(&mut command)?;
        let said = running.stderr().ok_or("it has no stderr")?;
        let mut said = BufReader::new(said).lines().map_while(Result::ok);
        if !said.any(|line| line.contains("Everything is ready")) {
            return Err("the OpenTelemetry Collector did not start".to_owned());
        }
        thread::spawn(move || said.for_each(drop));
        thread::sleep(Duration::from_millis(300)); // it listens for signals a moment later
        if spans > 0 {
            let mut send = Command::new(programs.join("otlpsend"));
            send.args(["--port", &http, "--spans", &spans.to_string()]);
            process::run(&mut send, &[0])?;
        }
        succeed(Command::new("kill").arg(running.id().to_string()))?;
        running.finish(&[0])
    }
}

fn each(took: Took, count: u64) -> f64 {
    took.cpu.as_nanos() as f64 / count as f64
}

fn free_port() -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    Ok(address.port().to_string())
}

/// Spans of a start with two tags, a tag, a log and an end, on each connection.
fn of_four_lines(count: u64) -> Vec<String> {
    (1..=CONNECTIONS)
        .map(|connection| {
            let (mut lines, mut text) = (Lines::new(connection), String::new());
            while lines.count() + 1 < count / CONNECTIONS {
                lines.next(&mut text);
            }
            lines.end(&mut text);
            text
        })
        .collect()
}

/// Spans of a start with two tags, and an end, under a root that stays open: `spans` in all.
fn of_two_lines(spans: u64) -> Vec<String> {
    (1..=CONNECTIONS)
        .map(|connection| connection_of(connection, spans / CONNECTIONS))
        .collect()
}

/// One connection's lines, of so many spans.
pub(super) fn connection_of(connection: u64, spans: u64) -> String {
    let mut text = String::new();
    let begun = load::lines::now_ms();
    let id = |span: u64| (connection << 40) + span + 1;
    let mut put = |seq: u64, kind: &str, span: u64, rest: &str| {
        let now = begun + seq as f64 / 100.0;
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{{\"type\":\"{kind}\",\"seq\":{seq},\"ts_ms\":{now:.3},\"span_id\":\"{:016x}\",{rest}}}",
            id(span)
        );
    };
    let producer = format!(
        "\"producer\":{{\"id\":\"{:016x}\",\"sdk\":\"bench\",\"version\":\"1\",\"protocol\":1,\"pid\":{connection}}}",
        id(0)
    );
    let root = format!("\"parent_span_id\":null,\"name\":\"bench\",\"kind\":\"flow\",{producer}");
    let child = format!(
        "\"parent_span_id\":\"{:016x}\",\"name\":\"fetch\",\"kind\":\"span\",\"tags\":{{\"key\":\"apple\",\"rows\":1024}}",
        id(0)
    );
    put(0, "span_start", 0, &root);
    for span in 1..spans {
        put(span * 2 - 1, "span_start", span, &child);
        put(span * 2, "span_end", span, "\"status\":\"ok\"");
    }
    put(
        (spans * 2).saturating_sub(1).max(1),
        "span_end",
        0,
        "\"status\":\"ok\"",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_has_two_lines_of_each_span_in_order() {
        for spans in [1, 2, 5] {
            let text = connection_of(7, spans);
            assert_eq!(text.lines().count() as u64, spans * 2);
            for (seq, line) in text.lines().enumerate() {
                let event: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(event["seq"], seq, "{line}");
            }
        }
    }
}
