//! Gives every vector to a consumer.

use std::collections::BTreeMap;

use globset::GlobMatcher;

use super::dialogue::{
    CONTRACT, Command, Errored, Feature, Hello, LineAnswer, Schemas, StreamAnswer, to_base64,
};
use super::judge::{Judge, Mismatch};
use super::report::{Failure, Report};
use crate::error::Error;
use crate::fault::{Fault, FaultKind};
use crate::process::{Launch, Nothing, Process};
use crate::vectors::{Connection, Vector, What};

/// In how many ways a stream is cut into chunks: what each is called, and the
/// bytes of a chunk.
const CHUNKS: [(&str, usize); 3] = [
    ("in one chunk", usize::MAX),
    ("in chunks of 7 bytes", 7),
    ("byte by byte", 1),
];

/// What is run.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) launch: Launch,
    /// Only the vectors whose id this matches.
    pub(crate) filter: Option<GlobMatcher>,
    /// Whether the first failure ends the run.
    pub(crate) fail_fast: bool,
}

/// Runs the vectors that the consumer's features allow.
///
/// # Errors
///
/// When the adapter fails; the message names the vector it was at.
pub(crate) fn run(options: &Options, vectors: Vec<Vector>) -> Result<Report, Error> {
    let mut consumer = Consumer::start(&options.launch)?;
    let mut report = Report::new(consumer.hello.clone());
    let mut skipped = BTreeMap::new();
    for vector in vectors.into_iter().filter(|vector| options.wants(vector)) {
        let needed = needed(&vector);
        if !consumer.hello.features.contains(&needed) {
            *skipped.entry(needed).or_default() += 1;
            continue;
        }
        let mismatch = consumer
            .judge(&vector)
            .map_err(|fault| Error::parser_adapter(&vector.id, fault))?;
        report.add(mismatch.map(|mismatch| Failure { vector, mismatch }));
        if options.fail_fast && !report.failures.is_empty() {
            break;
        }
    }
    report.skipped = skipped;
    consumer.stop();
    Ok(report)
}

impl Options {
    fn wants(&self, vector: &Vector) -> bool {
        let filter = self.filter.as_ref();
        filter.is_none_or(|filter| filter.is_match(&vector.id))
    }
}

fn needed(vector: &Vector) -> Feature {
    match &vector.what {
        What::Line { .. } => Feature::Lines,
        What::Stream { .. } => Feature::Streams,
    }
}

/// A consumer behind its adapter.
struct Consumer {
    process: Process,
    hello: Hello,
    schemas: Schemas,
}

impl Consumer {
    fn start(launch: &Launch) -> Result<Self, Error> {
        let schemas = Schemas::new()?;
        let (process, hello) = greet(launch, &schemas).map_err(Error::adapter)?;
        Ok(Self {
            process,
            hello,
            schemas,
        })
    }

    /// What the consumer says otherwise than the vector.
    fn judge(&mut self, vector: &Vector) -> Result<Option<Mismatch>, Fault> {
        match &vector.what {
            What::Line {
                bytes,
                expected,
                blamed,
            } => {
                let answer = self.line(&vector.id, bytes)?;
                Ok(Judge::new(&self.hello).line(expected, blamed, &answer.line))
            }
            What::Stream { connections, runs } => {
                for (chunks, size) in CHUNKS {
                    let answer = self.stream(&vector.id, connections, size)?;
                    let judge = Judge::new(&self.hello);
                    if let Some(mismatch) = judge.stream(connections, runs.as_deref(), &answer) {
                        return Ok(Some(mismatch.given(chunks)));
                    }
                }
                Ok(None)
            }
        }
    }

    fn line(&mut self, id: &str, bytes: &[u8]) -> Result<LineAnswer, Fault> {
        let command = Command::Line {
            id: id.into(),
            bytes: to_base64(bytes),
        };
        let line = self.ask(&command)?;
        let answer = self.schemas.line(&line);
        self.accept(id, line, answer, |answer| &answer.id)
    }

    fn stream(
        &mut self,
        id: &str,
        connections: &[Connection],
        size: usize,
    ) -> Result<StreamAnswer, Fault> {
        let chunks = |it: &Connection| it.bytes.chunks(size).map(to_base64).collect();
        let connections = connections.iter().map(chunks).collect();
        let line = self.ask(&Command::Stream {
            id: id.into(),
            connections,
        })?;
        let answer = self.schemas.stream(&line);
        self.accept(id, line, answer, |answer| &answer.id)
    }

    fn ask(&mut self, command: &Command) -> Result<String, Fault> {
        self.process.say(command)?;
        self.process.hear(&mut Nothing)
    }

    /// The answer, if it is one to this question.
    fn accept<T>(
        &mut self,
        id: &str,
        line: String,
        answer: Result<Result<T, Errored>, String>,
        id_of: impl Fn(&T) -> &String,
    ) -> Result<T, Fault> {
        let kind = match answer {
            Err(why) => FaultKind::Garbage(line, why),
            Ok(Err(Errored { id: found, .. })) if found != id => {
                FaultKind::WrongId(id.into(), found)
            }
            Ok(Err(Errored { errored, .. })) => FaultKind::Errored(errored),
            Ok(Ok(answer)) if id_of(&answer) == id => return Ok(answer),
            Ok(Ok(answer)) => FaultKind::WrongId(id.into(), id_of(&answer).clone()),
        };
        Err(self.process.fault(kind))
    }

    fn stop(mut self) {
        if self.process.say(&Command::Stop).is_ok() {
            self.process.end();
        }
    }
}

fn greet(launch: &Launch, schemas: &Schemas) -> Result<(Process, Hello), Fault> {
    let mut process = Process::start(launch, &[])?;
    process.say(&Command::Start { contract: CONTRACT })?;
    let line = process.hear(&mut Nothing)?;
    match schemas.hello(&line) {
        Ok(hello) => Ok((process, hello)),
        Err(why) => Err(process.fault(FaultKind::Garbage(line, why))),
    }
}
