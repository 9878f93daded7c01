//! Flows, for hosts that run them, and for programs that start others.

use std::borrow::Cow;
use std::ffi::OsString;

use crate::builder::Builder;
use crate::contract::{ENV_PARENT, ENV_SOCKET};
use crate::event::Kind;
use crate::failure::Failure;
use crate::node;
use crate::process;
use crate::value::{ToValue, Value};

/// Runs a flow under a span of kind `flow`, with its input as params and what it gives as result.
/// This is the entry of a host, or of a program's `main`.
///
/// ```
/// use hero_tracing::{Failed, run_flow, step, value};
///
/// fn nightly(day: &str) -> Result<usize, Failed> {
///     step("load").tag("day", day).run(|_| Ok(3))
/// }
///
/// let rows = run_flow("nightly", value!({ "day": "monday" }), || nightly("monday"));
/// assert_eq!(rows, Ok(3));
/// ```
///
/// # Errors
///
/// Those of the flow.
pub fn run_flow<'a, T: ToValue, E: Failure<By>, By>(
    name: impl Into<Cow<'a, str>>,
    input: impl Into<Value<'a>>,
    flow: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    flow_of(name, input).run(|root| {
        let given = flow();
        if let Ok(value) = &given {
            root.result(value);
        }
        given
    })
}

/// The same for a flow that is a future.
///
/// # Errors
///
/// Those of the flow.
pub async fn run_flow_async<'a, T: ToValue, E: Failure<By>, By>(
    name: impl Into<Cow<'a, str>>,
    input: impl Into<Value<'a>>,
    flow: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let root = flow_of(name, input);
    root.run_async(async |root| {
        let given = flow.await;
        if let Ok(value) = &given {
            root.result(value);
        }
        given
    })
    .await
}

fn flow_of<'a>(name: impl Into<Cow<'a, str>>, input: impl Into<Value<'a>>) -> Builder<'a> {
    Builder::new(Kind::Flow, name).params(input)
}

/// The variables that put a child process under the current span; none while nobody listens.
///
/// ```no_run
/// use std::process::Command;
///
/// let status = Command::new("./report").envs(hero_tracing::child_env()).status();
/// ```
pub fn child_env() -> impl Iterator<Item = (&'static str, OsString)> {
    let producer = process::producer();
    let variables = producer.map(|producer| {
        let parent = node::current().map(|node| node.id).or(producer.root_parent);
        let socket = std::env::var_os(ENV_SOCKET).unwrap_or_default();
        let parent = parent.map(|id| id.to_string()).unwrap_or_default();
        [(ENV_SOCKET, socket), (ENV_PARENT, parent.into())]
    });
    variables.into_iter().flatten()
}
