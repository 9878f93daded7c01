//! Gives every vector to a consumer.

use std::time::Instant;

use chrono::{SecondsFormat, Utc};

use super::dialogue::{
    CONTRACT, Command, Errored, Feature, Greeting, LineAnswer, Schemas, StreamAnswer, to_base64,
};
use super::judge::{Judge, Mismatch};
use crate::dialogue::Hello;
use crate::error::Error;
use crate::fault::{Fault, FaultKind};
use crate::filter::Filter;
use crate::finding::Finding;
use crate::process::{Launch, Nothing, Process};
use crate::report::{CaseResult, Failure, Group, Report, Source, Verdict, Versions};
use crate::vectors::{Connection, Vector, What};

/// In how many ways a stream is cut into chunks: what each is called, and the
/// bytes of a chunk.
const CHUNKS: [(&str, usize); 3] = [
    ("in one chunk", usize::MAX),
    ("in chunks of 7 bytes", 7),
    ("byte by byte", 1),
];

/// After so many failures of the adapter the rest is left out.
const ENOUGH_FAULTS: usize = 3;

/// What is run.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) launch: Launch,
    /// Only the vectors whose id this takes.
    pub(crate) filter: Filter,
    /// Whether the first failure ends the run.
    pub(crate) fail_fast: bool,
    /// The command that runs a vector again, but for its id.
    pub(crate) replay_command: String,
}

/// Runs the vectors that the consumer's features allow.
///
/// # Errors
///
/// When the adapter does not say who it speaks for. What fails later is in
/// the report.
pub(crate) fn run(options: &Options, vectors: Vec<Vector>) -> Result<Report, Error> {
    let (began, date) = (Instant::now(), Utc::now());
    let mut consumer = Consumer::start(&options.launch)?;
    let mut group = Group::new("vectors", Source::Vectors);
    let wanted = |vector: &Vector| options.filter.takes(&vector.id);
    for vector in vectors.into_iter().filter(wanted) {
        let result = consumer.result(&vector, options);
        group.results.push(result);
        if group.count(Verdict::NotEvaluated) >= ENOUGH_FAULTS
            || (options.fail_fast && group.count(Verdict::Failed) > 0)
        {
            break;
        }
    }
    let sdk = consumer.stop();
    group.seconds = began.elapsed().as_secs_f64();
    Ok(Report {
        suite: Versions::CURRENT,
        sdk,
        seed: 0,
        date: date.to_rfc3339_opts(SecondsFormat::Secs, true),
        seconds: group.seconds,
        groups: vec![group],
        stale: Vec::new(),
    })
}

fn needed(vector: &Vector) -> Feature {
    match &vector.what {
        What::Line { .. } => Feature::Lines,
        What::Stream { .. } => Feature::Streams,
    }
}

/// A consumer behind its adapter.
struct Consumer {
    /// `None` after it failed, until it is needed again.
    process: Option<Process>,
    hello: Greeting,
    schemas: Schemas,
}

impl Consumer {
    fn start(launch: &Launch) -> Result<Self, Error> {
        let schemas = Schemas::new()?;
        let (process, hello) = greet(launch, &schemas).map_err(Error::adapter)?;
        Ok(Self {
            process: Some(process),
            hello,
            schemas,
        })
    }

    /// What comes of a vector.
    fn result(&mut self, vector: &Vector, options: &Options) -> CaseResult {
        let began = Instant::now();
        let needed = needed(vector);
        let result = if !self.hello.features.contains(&needed) {
            CaseResult::new(&vector.id, Verdict::Skipped)
                .because(format!("without the feature {needed}"))
        } else {
            match self.wake(&options.launch).and_then(|()| self.judge(vector)) {
                Ok(None) => CaseResult::new(&vector.id, Verdict::Passed),
                Ok(Some(mismatch)) => CaseResult::new(&vector.id, Verdict::Failed)
                    .failing(failure(vector, mismatch, options)),
                Err(fault) => {
                    self.process = None;
                    CaseResult::new(&vector.id, Verdict::NotEvaluated)
                        .because(format!("at {}: {fault}", vector.id))
                }
            }
        };
        CaseResult {
            clause: Some(vector.clause.id().into()),
            about: vector.about.clone(),
            ms: began.elapsed().as_secs_f64() * 1000.0,
            ..result
        }
    }

    /// Starts the adapter again if it failed before.
    fn wake(&mut self, launch: &Launch) -> Result<(), Fault> {
        if self.process.is_none() {
            let (process, hello) = greet(launch, &self.schemas)?;
            (self.process, self.hello) = (Some(process), hello);
        }
        Ok(())
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
        let process = self.process()?;
        process.say(command)?;
        process.hear(&mut Nothing)
    }

    fn process(&mut self) -> Result<&mut Process, Fault> {
        let gone = FaultKind::Io(std::io::ErrorKind::NotConnected.into());
        self.process.as_mut().ok_or_else(|| gone.into_fault())
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
        Err(self.process()?.fault(kind))
    }

    /// Says the last word; who it was.
    fn stop(self) -> Hello {
        if let Some(mut process) = self.process
            && process.say(&Command::Stop).is_ok()
        {
            process.end();
        }
        Hello {
            sdk: self.hello.consumer,
            version: self.hello.version,
            protocol: self.hello.protocol,
            features: self
                .hello
                .features
                .iter()
                .map(ToString::to_string)
                .collect(),
        }
    }
}

fn failure(vector: &Vector, mismatch: Mismatch, options: &Options) -> Failure {
    let Mismatch {
        place,
        expected,
        found,
    } = mismatch;
    let finding = Finding::of(vector.clause, expected, found).at(place);
    let replay = format!("{} --filter '{}'", options.replay_command, vector.id);
    Failure {
        replay: Some(replay),
        ..Failure::new(vec![finding])
    }
}

fn greet(launch: &Launch, schemas: &Schemas) -> Result<(Process, Greeting), Fault> {
    let mut process = Process::start(launch, &[])?;
    process.say(&Command::Start { contract: CONTRACT })?;
    let line = process.hear(&mut Nothing)?;
    match schemas.hello(&line) {
        Ok(hello) => Ok((process, hello)),
        Err(why) => Err(process.fault(FaultKind::Garbage(line, why))),
    }
}
