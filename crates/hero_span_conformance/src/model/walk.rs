//! Runs a script as a perfect SDK would.

use std::collections::HashSet;

use super::{Body, Ending, Event, Expected, Presence, Span};
use crate::dialogue::Outcome;
use crate::script::{Block, Call, Flow, Generator, Op, Raise, RaiseKind, Stretch, StretchKind};
use crate::value::{Sent, Value};

/// Where a field's own value lies: in the event's object.
const VALUE_DEPTH: usize = 2;
/// Where the value of a tag or a log field lies: in the event's object, in `tags`.
const MEMBER_DEPTH: usize = 3;

pub(super) fn predict(script: &[Op]) -> Expected {
    let mut walk = Walk::default();
    let mut saw = Vec::new();
    let left = walk.block(script, &mut Here::default(), &mut saw);
    let outcome = match left {
        Ok(()) => Outcome::Returned(Value::Array(saw)),
        Err(raised) => Outcome::Raised {
            type_name: raised.type_name.clone(),
            message: raised.message,
        },
    };
    Expected {
        spans: walk.spans,
        events: walk.events,
        processes: walk.forks + 1,
        outcome,
        checkpoints: walk.checkpoints,
    }
}

#[derive(Default)]
struct Walk {
    spans: Vec<Span>,
    events: Vec<Event>,
    is_open: Vec<bool>,
    results: Vec<Presence>,
    forks: usize,
    /// The processes whose SDK is off (`sdk.foreign-descriptor`).
    is_off: HashSet<usize>,
    checkpoints: Vec<(String, usize)>,
}

/// Where a thread of execution stands.
#[derive(Clone, Default)]
struct Here {
    process: usize,
    /// The span that was opened last; it may have ended since.
    newest: Option<usize>,
    /// The span under which this process's roots hang: the one that was open
    /// at its fork (`sdk.fork`).
    root: Option<usize>,
    /// The events that come just before the next one.
    last: Vec<usize>,
}

#[derive(Clone)]
struct Raised {
    type_name: String,
    message: Value,
    ending: Ending,
}

impl Raised {
    fn reported(&self) -> Value {
        Value::Object(vec![
            ("type".into(), Value::text(&self.type_name)),
            ("message".into(), self.message.clone()),
        ])
    }
}

type Left = Result<(), Raised>;

impl Walk {
    fn block(&mut self, ops: &[Op], here: &mut Here, saw: &mut Vec<Value>) -> Left {
        ops.iter().try_for_each(|op| self.op(op, here, saw))
    }

    fn op(&mut self, op: &Op, here: &mut Here, saw: &mut Vec<Value>) -> Left {
        match op {
            Op::Flow(flow) => self.flow(flow, here, saw)?,
            Op::Step(stretch) => self.stretch("step", stretch, here, saw)?,
            Op::Span(stretch) => self.stretch("span", stretch, here, saw)?,
            Op::Call(call) => self.call(call, here, saw)?,
            Op::Generator(generator) => self.generator(generator, here, saw)?,
            Op::Fail { reason } => return Err(clean_failure(reason)),
            Op::Raise(raise) => return Err(raised(raise)),
            Op::Catch { body } => {
                let left = self.block(body, here, saw);
                saw.push(left.err().map_or(Value::Null, |raised| raised.reported()));
            }
            Op::Parallel { wrap, branches } => saw.push(self.branches(branches, *wrap, here)),
            Op::Tasks { branches } => saw.push(self.branches(branches, true, here)),
            Op::Fork { body } => saw.push(self.fork(body, here)),
            Op::Hijack { body } => {
                self.is_off.insert(here.process);
                self.block(body, here, saw)?;
                saw.push(Value::text(""));
            }
            Op::Repeat { times, body } => {
                for _ in 0..*times {
                    self.block(body, here, saw)?;
                }
            }
            Op::Tag { .. } | Op::Log { .. } | Op::Result { .. } => self.say(op, here),
            Op::Checkpoint { name } => {
                let events = self.events.iter();
                let of_first = events.filter(|event| event.process == 0).count();
                self.checkpoints.push((name.clone(), of_first));
            }
        }
        Ok(())
    }

    /// What is said of the current span; without one, nobody hears it.
    fn say(&mut self, op: &Op, here: &mut Here) {
        let Some(span) = self.current(here) else {
            return;
        };
        if self.belongs_elsewhere(span, here) {
            return;
        }
        match op {
            Op::Tag { key, value } => {
                let value = Sent::of(value, VALUE_DEPTH);
                self.emit(
                    here,
                    span,
                    Body::Tag {
                        key: text(key),
                        value,
                    },
                );
            }
            Op::Log {
                message,
                level,
                fields,
            } => {
                let (message, fields) = (text(message), members(fields));
                self.emit(
                    here,
                    span,
                    Body::Log {
                        message,
                        level: *level,
                        fields,
                    },
                );
            }
            Op::Result { value } => {
                if let Some(result) = self.results.get_mut(span) {
                    *result = given(value);
                }
            }
            _ => {}
        }
    }

    fn flow(&mut self, flow: &Flow, here: &mut Here, saw: &mut Vec<Value>) -> Left {
        let params = match Sent::of(&flow.input, VALUE_DEPTH) {
            Sent::Object(input) if input.is_empty() => Presence::Optional(Sent::Object(input)),
            input => Presence::Required(input),
        };
        let span = self.open(here, "flow", text(&flow.name), Vec::new(), params);
        let left = self.block(&flow.body, here, saw);
        self.settle(here, span, &left, &flow.returns);
        left?;
        saw.push(flow.returns.clone());
        Ok(())
    }

    fn call(&mut self, call: &Call, here: &mut Here, saw: &mut Vec<Value>) -> Left {
        let name = format!("rpc:{}.{}", call.class, call.method);
        let span = self.open(here, "rpc", name, Vec::new(), arguments(call));
        let mut left = self.block(&call.body, here, saw);
        if let (Ok(()), Some(raise)) = (&left, &call.raises) {
            left = Err(raised(raise));
        }
        self.settle(here, span, &left, &call.returns);
        left?;
        saw.push(call.returns.clone());
        Ok(())
    }

    fn stretch(
        &mut self,
        kind: &'static str,
        stretch: &Stretch,
        here: &mut Here,
        saw: &mut Vec<Value>,
    ) -> Left {
        let tags = members(&stretch.tags);
        let span = self.open(here, kind, text(&stretch.name), tags, Presence::Absent);
        let left = self.block(&stretch.body, here, saw);
        self.close(here, span, left.as_ref().err());
        left
    }

    fn branches(&mut self, branches: &[Block], carries: bool, here: &mut Here) -> Value {
        let mut last = Vec::new();
        let mut seen = Vec::new();
        for branch in branches {
            let mut there = here.clone();
            if !carries {
                there.newest = None;
            }
            seen.push(self.branch(branch, &mut there));
            last.extend(there.last);
        }
        if !branches.is_empty() {
            last.sort_unstable();
            last.dedup();
            here.last = last;
        }
        Value::Array(seen)
    }

    /// What a branch saw; what leaves it comes last.
    fn branch(&mut self, branch: &[Op], here: &mut Here) -> Value {
        let mut saw = Vec::new();
        if let Err(raised) = self.block(branch, here, &mut saw) {
            saw.push(raised.reported());
        }
        Value::Array(saw)
    }

    fn fork(&mut self, body: &[Op], here: &Here) -> Value {
        self.forks += 1;
        let mut child = Here {
            process: self.forks,
            newest: here.newest,
            root: self.current(here).or(here.root),
            last: Vec::new(),
        };
        self.branch(body, &mut child)
    }

    fn generator(&mut self, generator: &Generator, here: &mut Here, saw: &mut Vec<Value>) -> Left {
        let mut spans = Vec::new();
        for span in &generator.spans {
            let kind = match span.kind {
                StretchKind::Step => "step",
                StretchKind::Span => "span",
            };
            spans.push(self.open(here, kind, text(&span.name), Vec::new(), Presence::Absent));
        }
        let mut left = self.block(&generator.body, here, saw);
        for close in &generator.close {
            if let Some(span) = spans.get(close.which) {
                self.close(here, *span, None);
            }
            if left.is_ok() {
                left = self.block(&close.body, here, saw);
            }
        }
        left
    }

    fn open(
        &mut self,
        here: &mut Here,
        kind: &'static str,
        name: String,
        tags: Vec<(String, Sent)>,
        params: Presence,
    ) -> usize {
        let span = self.spans.len();
        self.spans.push(Span {
            process: here.process,
            parent: self.current(here).or(here.root),
            label: format!("{kind} {:?}", hero_span_protocol::limits::cut(&name, 40)),
        });
        self.is_open.push(true);
        self.results.push(Presence::Absent);
        self.emit(
            here,
            span,
            Body::Start {
                kind,
                name,
                tags,
                params,
            },
        );
        here.newest = Some(span);
        span
    }

    /// Ends a flow or a call, whose result is what it gives.
    fn settle(&mut self, here: &mut Here, span: usize, left: &Left, returns: &Value) {
        if let (Ok(()), Some(result)) = (left, self.results.get_mut(span)) {
            *result = given(returns);
        }
        self.close(here, span, left.as_ref().err());
    }

    fn close(&mut self, here: &mut Here, span: usize, left: Option<&Raised>) {
        let ending = left.map_or(Ending::Ok, |raised| raised.ending.clone());
        if let Some(is_open) = self.is_open.get_mut(span) {
            *is_open = false;
        }
        let result = self.results.get(span).cloned().unwrap_or(Presence::Absent);
        self.emit(here, span, Body::End { ending, result });
    }

    /// The nearest open span (`sdk.parent`).
    fn current(&self, here: &Here) -> Option<usize> {
        let mut span = here.newest?;
        while !*self.is_open.get(span)? {
            span = self.spans.get(span)?.parent?;
        }
        Some(span)
    }

    /// What a forked child says of its parent's spans is dropped (`sdk.fork`).
    fn belongs_elsewhere(&self, span: usize, here: &Here) -> bool {
        let span = self.spans.get(span);
        span.is_none_or(|span| span.process != here.process)
    }

    fn emit(&mut self, here: &mut Here, span: usize, body: Body) {
        if self.is_off.contains(&here.process) {
            return;
        }
        let after = std::mem::replace(&mut here.last, vec![self.events.len()]);
        self.events.push(Event {
            process: here.process,
            span,
            after,
            body,
        });
    }
}

fn clean_failure(reason: &Value) -> Raised {
    Raised {
        type_name: "Failed".into(),
        message: reason.clone(),
        ending: Ending::Clean {
            error: text(reason),
        },
    }
}

fn raised(raise: &Raise) -> Raised {
    let kind = raise.kind;
    let (type_name, message, ending) = match (kind, raise.code.unwrap_or(0)) {
        (RaiseKind::Error, _) => {
            let ending = Ending::Traceback {
                type_name: raise.type_name.clone(),
                message: text(&raise.message),
            };
            (raise.type_name.as_str(), raise.message.clone(), ending)
        }
        (RaiseKind::Exit, 0) => (kind.reported_type(), code(raise), Ending::Ok),
        (RaiseKind::Exit, error) => {
            let error = error.to_string();
            (kind.reported_type(), code(raise), Ending::Clean { error })
        }
        (RaiseKind::Cancelled | RaiseKind::Interrupt, _) => {
            (kind.reported_type(), Value::Null, Ending::Cancelled)
        }
    };
    Raised {
        type_name: type_name.into(),
        message,
        ending,
    }
}

fn code(raise: &Raise) -> Value {
    raise
        .code
        .map_or(Value::Null, |code| Value::Int(code.into()))
}

fn arguments(call: &Call) -> Presence {
    let mut params = Vec::new();
    if !call.args.is_empty() {
        params.push(("args".into(), Value::Array(call.args.clone())));
    }
    if call
        .kwargs
        .to_members()
        .is_some_and(|kwargs| !kwargs.is_empty())
    {
        params.push(("kwargs".into(), call.kwargs.clone()));
    }
    let is_empty = params.is_empty();
    let sent = Sent::of(&Value::Object(params), VALUE_DEPTH);
    if is_empty {
        Presence::Optional(sent)
    } else {
        Presence::Required(sent)
    }
}

fn given(result: &Value) -> Presence {
    match Sent::of(result, VALUE_DEPTH) {
        Sent::Null => Presence::Optional(Sent::Null),
        sent => Presence::Required(sent),
    }
}

fn text(value: &Value) -> String {
    value.to_text().unwrap_or_default()
}

fn members(value: &Value) -> Vec<(String, Sent)> {
    let members = value.to_members().unwrap_or_default();
    let sent = |(key, value): (String, Value)| (key, Sent::of(&value, MEMBER_DEPTH));
    members.into_iter().map(sent).collect()
}
