//! Runs a script with the SDK.

use std::future::{self, Future};
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::pin::{Pin, pin};
use std::ptr;
use std::sync::Barrier;
use std::task::{Context, Poll, Waker};
use std::thread;

use hero_tracing::{Builder, Cancelled, Entered, Exit, Failed, Level, ToValue, Value};
use hero_tracing::{current, rpc, run_flow, run_flow_async, span, step, wrap, wrap_async};

use crate::dialogue::Dialogue;
use crate::json::Json;
use crate::os;
use crate::stop::{Raised, Stop, UserError, broken, panicked};
use crate::values::{Made, make, make_members, make_text};

/// What the user's code saw.
pub(crate) type Saw = Vec<Json>;
type Left = Result<(), Stop>;
/// One interpreter serves sync and async code; sync code never waits.
type Work<'w> = Pin<Box<dyn Future<Output = Left> + 'w>>;

/// Runs one script.
#[derive(Clone, Copy)]
pub(crate) struct Script<'a> {
    pub(crate) dialogue: &'a Dialogue,
    pub(crate) case: &'a str,
    pub(crate) socket: Option<&'a str>,
}

const OPERATIONS: [&str; 17] = [
    "flow",
    "step",
    "span",
    "tag",
    "log",
    "result",
    "fail",
    "raise",
    "catch",
    "call",
    "parallel",
    "tasks",
    "fork",
    "hijack",
    "generator",
    "checkpoint",
    "repeat",
];

/// The first operation or recipe that this adapter does not know.
pub(crate) fn unsupported(words: &Json) -> Option<String> {
    match words {
        Json::Array(items) => items.iter().find_map(unsupported),
        Json::Object(members) => {
            if let Some(op) = words.get_str("op")
                && !OPERATIONS.contains(&op)
            {
                return Some(format!("op {op}"));
            }
            let within = members.iter().find_map(|(_, value)| unsupported(value));
            let unmade = || {
                let recipe = words.get_str("gen")?;
                make(words).is_none().then(|| format!("gen {recipe}"))
            };
            within.or_else(unmade)
        }
        _ => None,
    }
}

/// Runs a future that never waits: the way sync code runs the script.
pub(crate) fn drive<T>(work: impl Future<Output = T>) -> Result<T, Stop> {
    let mut cx = Context::from_waker(Waker::noop());
    match pin!(work).poll(&mut cx) {
        Poll::Ready(given) => Ok(given),
        Poll::Pending => Err(broken("a script waits outside an event loop")),
    }
}

/// An event loop of one future, which is never woken for it always has something to do.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    let mut cx = Context::from_waker(Waker::noop());
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(given) = work.as_mut().poll(&mut cx) {
            return given;
        }
    }
}

/// The others' turn.
async fn take_turns() {
    let mut had_it = false;
    future::poll_fn(|_| {
        if std::mem::replace(&mut had_it, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

/// Runs all of them, each in its turn.
async fn together<'w, T>(mut works: Vec<Pin<Box<dyn Future<Output = T> + 'w>>>) -> Vec<T> {
    let mut given: Vec<Option<T>> = works.iter().map(|_| None).collect();
    future::poll_fn(|cx| {
        for (work, given) in works.iter_mut().zip(&mut given) {
            if given.is_none()
                && let Poll::Ready(value) = work.as_mut().poll(cx)
            {
                *given = Some(value);
            }
        }
        if given.iter().all(Option::is_some) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    given.into_iter().flatten().collect()
}

/// The script's own words for a value, if it is the very one that was given.
fn echo(got: &Made, given: *const Made, op: &Json) -> Json {
    if ptr::eq(got, given) {
        return op.get("returns").cloned().into();
    }
    Json::object([("other", Json::text(got.to_value().to_string()))])
}

fn text(op: &Json, key: &str) -> Result<String, Stop> {
    let made = op.get(key).and_then(make_text);
    made.ok_or_else(|| broken(format!("no text {key} in {op}")))
}

fn value(words: Option<&Json>) -> Result<Box<Made>, Stop> {
    let made = make(words.unwrap_or(&Json::Null));
    made.map(Box::new)
        .ok_or_else(|| broken("an unknown recipe"))
}

fn members(words: Option<&Json>) -> Result<Vec<(String, Made)>, Stop> {
    make_members(words).ok_or_else(|| broken("expected members"))
}

/// A value on its way through the SDK, which must give back the very same.
struct Passed(Box<Made>);

impl ToValue for Passed {
    fn to_value(&self) -> Value<'_> {
        self.0.to_value()
    }
}

/// A lazy sequence that opens a span with its first item, and holds it until it is dropped.
struct Held<'a> {
    builder: Option<Builder<'a>>,
    span: Option<Entered>,
}

impl Iterator for Held<'_> {
    type Item = ();

    fn next(&mut self) -> Option<()> {
        self.span = Some(self.builder.take()?.enter());
        self.span.as_ref().map(drop)
    }
}

impl<'a> Script<'a> {
    pub(crate) async fn block(self, ops: &[Json], saw: &mut Saw, in_loop: bool) -> Left {
        for op in ops {
            self.operation(op, saw, in_loop).await?;
            if in_loop {
                take_turns().await;
            }
        }
        Ok(())
    }

    fn operation<'w>(self, op: &'w Json, saw: &'w mut Saw, in_loop: bool) -> Work<'w>
    where
        'a: 'w,
    {
        match op.get_str("op").unwrap_or_default() {
            "flow" => Box::pin(self.flow(op, saw, in_loop)),
            "step" | "span" => Box::pin(self.stretch(op, saw, in_loop)),
            "call" => Box::pin(self.call(op, saw, in_loop)),
            "tasks" => Box::pin(self.tasks(op, saw, in_loop)),
            "generator" => Box::pin(self.generator(op, saw, in_loop)),
            "catch" => Box::pin(async move {
                let left = self.block(op.items("do"), saw, in_loop).await;
                let seen = left.err().map(Stop::report).transpose()?;
                saw.push(seen.into());
                Ok(())
            }),
            "repeat" => Box::pin(async move {
                for _ in 0..op.get_usize("times").unwrap_or_default() {
                    self.block(op.items("do"), saw, in_loop).await?;
                }
                Ok(())
            }),
            "hijack" => Box::pin(self.hijack(op, saw, in_loop)),
            "parallel" => Box::pin(future::ready(self.parallel(op, saw))),
            "fork" => Box::pin(future::ready(self.fork(op, saw))),
            _ => Box::pin(future::ready(self.word(op))),
        }
    }

    /// What a block saw; nothing but a broken adapter leaves it.
    async fn branch(self, ops: &[Json], in_loop: bool) -> Result<Json, Stop> {
        let mut saw = Saw::new();
        if let Err(stop) = self.block(ops, &mut saw, in_loop).await {
            saw.push(stop.report()?);
        }
        Ok(Json::Array(saw))
    }

    fn word(self, op: &Json) -> Left {
        match op.get_str("op").unwrap_or_default() {
            "tag" => {
                let (key, value) = (text(op, "key")?, value(op.get("value"))?);
                current().tag(key, &*value);
            }
            "result" => {
                current().result(&*value(op.get("value"))?);
            }
            "log" => log(op)?,
            "fail" => {
                let reason = text(op, "reason")?;
                let words = op.get("reason").cloned().into();
                return Err(Stop::Raised(Raised::Failed(Failed::new(reason), words)));
            }
            "raise" => return Err(raise(op)?),
            "checkpoint" => {
                let name = op.get_str("name").unwrap_or_default();
                self.dialogue.checkpoint(self.case, name).map_err(broken)?;
            }
            _ => return Err(broken(format!("no operation: {op}"))),
        }
        Ok(())
    }

    async fn flow(self, op: &Json, saw: &mut Saw, in_loop: bool) -> Left {
        let (name, input) = (text(op, "name")?, members(op.get("input"))?);
        let input = Value::object(input.iter().map(|(key, value)| (key, value)));
        let (value, body) = (value(op.get("returns"))?, op.items("do"));
        let given: *const Made = &raw const *value;
        let got = if op.is_true("async") {
            let flow = async {
                self.block(body, saw, true).await?;
                Ok::<_, Stop>(Passed(value))
            };
            let work = run_flow_async(name, input, flow);
            if in_loop { work.await } else { block_on(work) }
        } else {
            run_flow(name, input, || {
                drive(self.block(body, saw, false))??;
                Ok::<_, Stop>(Passed(value))
            })
        };
        saw.push(echo(&got?.0, given, op));
        Ok(())
    }

    async fn stretch(self, op: &Json, saw: &mut Saw, in_loop: bool) -> Left {
        let (name, tags) = (text(op, "name")?, members(op.get("tags"))?);
        let is_step = op.get_str("op") == Some("step");
        let builder = if is_step { step(name) } else { span(name) };
        let builder = builder.tags(tags.iter().map(|(key, value)| (key.as_str(), value)));
        let body = op.items("do");
        let is_decorator = op.is_true("decorator");
        if is_decorator && in_loop {
            let function = async |saw: &mut Saw| self.block(body, saw, true).await;
            builder.around_async(function)(saw).await
        } else if is_decorator {
            let function = |saw: &mut Saw| drive(self.block(body, saw, false))?;
            builder.around(function)(saw)
        } else if in_loop {
            builder
                .run_async(async |_| self.block(body, saw, true).await)
                .await
        } else {
            builder.run(|_| drive(self.block(body, saw, false))?)
        }
    }

    async fn call(self, op: &Json, saw: &mut Saw, in_loop: bool) -> Left {
        let class = op.get_str("class").unwrap_or_default();
        let method = op.get_str("method").unwrap_or_default();
        let args: Vec<Box<Made>> = op
            .items("args")
            .iter()
            .map(|words| value(Some(words)))
            .collect::<Result<_, _>>()?;
        let named = members(op.get("kwargs"))?;
        let call = args
            .iter()
            .fold(rpc(class, method), |call, arg| call.arg(&**arg));
        let named = named.iter();
        let call = named.fold(call, |call, (name, value)| call.named(name.as_str(), value));
        let (value, body, raises) = (value(op.get("returns"))?, op.items("do"), op.get("raises"));
        let given: *const Made = &raw const *value;
        let end = |value| match raises {
            Some(op) => Err(raise(op)?),
            None => Ok(Passed(value)),
        };
        let got = if op.is_true("async") {
            let work = call.run_async(async |_| {
                self.block(body, saw, true).await?;
                end(value)
            });
            if in_loop { work.await } else { block_on(work) }
        } else {
            call.run(|_| {
                drive(self.block(body, saw, false))??;
                end(value)
            })
        };
        saw.push(echo(&got?.0, given, op));
        Ok(())
    }

    fn parallel(self, op: &Json, saw: &mut Saw) -> Left {
        let blocks = op.items("do");
        let barrier = &Barrier::new(blocks.len().max(1));
        let seen: Result<Saw, Stop> = thread::scope(|scope| {
            let start = |block: &'_ Json| {
                let block = block.clone();
                let run = move || {
                    barrier.wait();
                    let Json::Array(ops) = block else {
                        return Err(broken("no block"));
                    };
                    drive(self.branch(&ops, false))?
                };
                if op.is_true("wrap") {
                    scope.spawn(wrap(run))
                } else {
                    scope.spawn(run)
                }
            };
            let threads: Vec<_> = blocks.iter().map(start).collect();
            let ended = threads.into_iter().map(|thread| thread.join());
            ended
                .map(|seen| seen.unwrap_or_else(|payload| Err(panicked(&*payload))))
                .collect()
        });
        saw.push(Json::Array(seen?));
        Ok(())
    }

    async fn tasks(self, op: &Json, saw: &mut Saw, in_loop: bool) -> Left {
        type Branch<'w> = Pin<Box<dyn Future<Output = Result<Json, Stop>> + 'w>>;
        let start = |block: &'_ Json| -> Branch<'_> {
            let Json::Array(ops) = block else {
                return Box::pin(future::ready(Err(broken("no block"))));
            };
            let ops = ops.clone();
            Box::pin(wrap_async(async move { self.branch(&ops, true).await }))
        };
        let work = together(op.items("do").iter().map(start).collect());
        let seen = if in_loop { work.await } else { block_on(work) };
        saw.push(Json::Array(seen.into_iter().collect::<Result<_, _>>()?));
        Ok(())
    }

    fn fork(self, op: &Json, saw: &mut Saw) -> Left {
        let (mut reader, mut writer) = UnixStream::pair().map_err(broken)?;
        let Some(child) = os::fork_process().map_err(broken)? else {
            let told = drive(self.branch(op.items("do"), false)).and_then(|seen| seen);
            let told = told.unwrap_or_else(|stop| Json::text(stop.to_string()));
            let is_told = write!(writer, "{told}").is_ok();
            os::leave(i32::from(!is_told));
        };
        drop(writer);
        let mut told = String::new();
        reader.read_to_string(&mut told).map_err(broken)?;
        let code = child.wait().map_err(broken)?;
        match Json::parse(&told) {
            Ok(Json::Array(seen)) if code == 0 => saw.push(Json::Array(seen)),
            _ => return Err(broken(format!("a child ended with {code} and said {told}"))),
        }
        Ok(())
    }

    async fn hijack(self, op: &Json, saw: &mut Saw, in_loop: bool) -> Left {
        let (near, mut far) = UnixStream::pair().map_err(broken)?;
        for end in [&near, &far] {
            end.set_nonblocking(true).map_err(broken)?;
        }
        let path = Path::new(self.socket.unwrap_or_default());
        let numbers = os::connections_to(path).map_err(broken)?;
        for number in &numbers {
            os::put_under(&near, *number); // closes what it was
        }
        let left = self.block(op.items("do"), saw, in_loop).await;
        let ours = os::identity(near.as_raw_fd());
        let is_held = |number: &&RawFd| os::identity(**number) == ours;
        let held: Vec<RawFd> = numbers.iter().filter(is_held).copied().collect();
        held.iter().copied().for_each(os::close_number);
        left?;
        let mut heard = Vec::new();
        drop(near);
        let _ = far.read_to_end(&mut heard);
        let heard = Json::text(String::from_utf8_lossy(&heard));
        saw.push(if held == numbers { heard } else { Json::Null });
        Ok(())
    }

    async fn generator(self, op: &Json, saw: &mut Saw, in_loop: bool) -> Left {
        let mut held: Vec<Option<Held<'_>>> = Vec::new();
        for words in op.items("spans") {
            let name = text(words, "name")?;
            let is_step = words.get_str("kind") == Some("step");
            let builder = Some(if is_step { step(name) } else { span(name) });
            let mut items = Held {
                builder,
                span: None,
            };
            items.next();
            held.push(Some(items));
        }
        let mut left = self.block(op.items("do"), saw, in_loop).await;
        for close in op.items("close") {
            let which = close.get_usize("which").unwrap_or_default();
            drop(held.get_mut(which).and_then(Option::take));
            if left.is_ok() {
                left = self.block(close.items("do"), saw, in_loop).await;
            }
        }
        left
    }
}

fn log(op: &Json) -> Left {
    let (message, fields) = (text(op, "message")?, members(op.get("fields"))?);
    let level = match op.get_str("level") {
        None if fields.is_empty() => {
            current().log(message);
            return Ok(());
        }
        Some("debug") => Level::Debug,
        Some("warn") => Level::Warn,
        Some("error") => Level::Error,
        _ => Level::Info,
    };
    let fields = fields.iter().map(|(key, value)| (key.as_str(), value));
    current().log_with(level, message, fields);
    Ok(())
}

fn raise(op: &Json) -> Result<Stop, Stop> {
    let raised = match op.get_str("kind").unwrap_or("error") {
        "cancelled" => Raised::Cancelled(Cancelled, "cancelled"),
        "interrupt" => Raised::Cancelled(Cancelled, "interrupt"),
        "exit" => {
            let code = op.get_usize("code").unwrap_or_default();
            let code = u8::try_from(code).map_err(broken)?;
            Raised::Exit(Exit(code), op.get("code").cloned().into())
        }
        _ => {
            let error = UserError {
                type_name: op.get_str("type").unwrap_or_default().to_owned(),
                message: text(op, "message")?,
            };
            Raised::Error(error.into(), op.get("message").cloned().into())
        }
    };
    Ok(Stop::Raised(raised))
}
