//! The Rust parser behind the same door as every other consumer.

use std::io::{self, BufRead, Write};

use hero_span_protocol::{
    Clause, Event, Line, PROTOCOL, ParseError, Parsed, SpanLog, Splitter, Stream, encode, parse,
};
use serde_json::{Map, Value};

use super::dialogue::{
    Command, ConnectionReading, Errored, Feature, Greeting, LineAnswer, Reading, StreamAnswer,
    from_base64,
};
use crate::vectors::{RuleFinding, Tree};

/// The events of one connection, in order.
pub type Heard = Vec<Event<'static>>;

/// Speaks the parser adapter contract for this crate's parser until the
/// runner says `stop` or `input` ends. `grow` makes runs of the events of
/// connections, as this crate does not know how (`consumer.run`).
///
/// # Errors
///
/// Those of `input` and `output`.
pub fn serve(
    input: impl BufRead,
    mut output: impl Write,
    grow: impl Fn(&[Heard]) -> Vec<Tree>,
) -> io::Result<()> {
    for line in input.lines() {
        let answer = match serde_json::from_str(&line?)? {
            Command::Start { .. } => serde_json::to_vec(&hello()),
            Command::Line { id, bytes } => match from_base64(&bytes) {
                Ok(bytes) => serde_json::to_vec(&LineAnswer {
                    id,
                    line: read(&bytes),
                }),
                Err(errored) => serde_json::to_vec(&Errored { id, errored }),
            },
            Command::Stream { id, connections } => match decode(&connections) {
                Ok(connections) => serde_json::to_vec(&answer(id, &connections, &grow)),
                Err(errored) => serde_json::to_vec(&Errored { id, errored }),
            },
            Command::Stop => return Ok(()),
        };
        output.write_all(&answer?)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}

fn hello() -> Greeting {
    use Feature::{Clauses, Lines, Rules, Runs, Streams};
    Greeting {
        ok: true,
        consumer: "rust".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        protocol: PROTOCOL,
        features: [Lines, Streams, Rules, Runs, Clauses].into(),
    }
}

fn decode(connections: &[Vec<String>]) -> Result<Vec<Vec<Vec<u8>>>, String> {
    let chunks = |chunks: &Vec<String>| chunks.iter().map(|chunk| from_base64(chunk)).collect();
    connections.iter().map(chunks).collect()
}

fn answer(
    id: String,
    connections: &[Vec<Vec<u8>>],
    grow: impl Fn(&[Heard]) -> Vec<Tree>,
) -> StreamAnswer {
    let read = connections.iter().map(|chunks| Connection::read(chunks));
    let (connections, heard): (Vec<_>, Vec<_>) = read.unzip();
    StreamAnswer {
        id,
        connections,
        runs: Some(grow(&heard)),
    }
}

/// One connection as it is read.
#[derive(Default)]
struct Connection {
    stream: Stream,
    lines: Vec<Reading>,
    findings: Vec<RuleFinding>,
    heard: Heard,
}

impl Connection {
    fn read(chunks: &[Vec<u8>]) -> (ConnectionReading, Heard) {
        let (mut splitter, mut connection) = (Splitter::new(), Self::default());
        for chunk in chunks {
            splitter.push(chunk, |line| connection.take(line));
        }
        let open = connection.stream.open_spans();
        let reading = ConnectionReading {
            torn: splitter.finish().is_some(),
            lost: connection.stream.lost(),
            open: open.iter().map(ToString::to_string).collect(),
            lines: connection.lines,
            findings: connection.findings,
        };
        (reading, connection.heard)
    }

    fn take(&mut self, line: Line<'_>) {
        let reading = match line {
            Line::TooLong { .. } => {
                self.stream.observe_rejected();
                rejected(Clause::LimitLine)
            }
            Line::Whole(line) => {
                let parsed = parse(line);
                self.observe(&parsed);
                said(parsed)
            }
        };
        self.lines.push(reading);
    }

    fn observe(&mut self, parsed: &Result<Parsed<'_>, ParseError>) {
        let event = match parsed {
            Ok(Parsed::Event(event)) => event,
            Ok(Parsed::Skipped { .. }) => return self.stream.observe_skipped(),
            Err(_) => return self.stream.observe_rejected(),
        };
        let line = self.lines.len() as u64 + 1;
        let findings = self.stream.observe(event);
        let broken = findings.iter().filter(|finding| !finding.explained_by_loss);
        self.findings.extend(broken.map(|finding| RuleFinding {
            line,
            clause: finding.clause.id().into(),
        }));
        self.heard.push(event.clone().into_owned());
    }
}

/// What the parser makes of a line.
fn read(line: &[u8]) -> Reading {
    said(parse(line))
}

fn said(parsed: Result<Parsed<'_>, ParseError>) -> Reading {
    match parsed {
        Ok(Parsed::Event(event)) => Reading::Accept {
            event: normal(&event),
        },
        Ok(Parsed::Skipped { type_name }) => Reading::Ignore {
            type_name: type_name.into_owned(),
        },
        Err(error) => rejected(error.clause()),
    }
}

fn rejected(clause: Clause) -> Reading {
    Reading::Reject {
        clause: Some(clause.id().into()),
    }
}

/// The event in the normal form: as it would be written again, and with the
/// level that its absence means.
fn normal(event: &Event<'_>) -> Map<String, Value> {
    let mut line = Vec::new();
    encode(event, &mut line);
    let mut normal: Map<String, Value> = serde_json::from_slice(&line).unwrap_or_default();
    if let Event::Log(SpanLog { level, .. }) = event {
        normal.insert("level".into(), level.as_str().into());
    }
    normal
}
