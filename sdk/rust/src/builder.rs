//! Spans that are about to start, and guards of those that did.

use std::borrow::Cow;
use std::fmt::{self, Debug};
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread;

use crate::event::{Event, Kind, Member};
use crate::failure::{Ending, Failure};
use crate::node::{self, Node};
use crate::panics;
use crate::process;
use crate::producer::Producer;
use crate::span::Span;
use crate::value::Value;

/// A step of a flow, about to start.
///
/// ```
/// use hero_tracing::{Failed, step};
///
/// fn load(day: &str) -> Result<usize, Failed> {
///     step("load").tag("day", day).run(|load| {
///         let rows = ["apple", "pear"];
///         load.tag("rows", rows.len()).log("loaded");
///         Ok(rows.len())
///     })
/// }
/// # load("monday").unwrap();
/// ```
#[inline]
pub fn step<'a>(name: impl Into<Cow<'a, str>>) -> Builder<'a> {
    Builder::new(Kind::Step, name)
}

/// Any stretch of code, smaller than a step, about to start.
#[inline]
pub fn span<'a>(name: impl Into<Cow<'a, str>>) -> Builder<'a> {
    Builder::new(Kind::Span, name)
}

/// A span that has not started: give it tags, then run something within it.
///
/// | to run | use |
/// |---|---|
/// | what gives a `Result` | [`run`](Builder::run), [`run_async`](Builder::run_async) |
/// | what gives anything else | [`scope`](Builder::scope), [`scope_async`](Builder::scope_async) |
/// | the rest of a scope | [`enter`](Builder::enter) |
#[derive(Clone)]
#[must_use = "a span starts when something runs within it, or when it is entered"]
pub struct Builder<'a> {
    /// Nothing while nobody listens.
    plan: Option<Plan<'a>>,
}

#[derive(Clone)]
struct Plan<'a> {
    kind: Kind,
    name: Cow<'a, str>,
    tags: Vec<Member<'a>>,
    params: Option<Value<'a>>,
}

impl<'a> Builder<'a> {
    #[inline]
    pub(crate) fn new(kind: Kind, name: impl Into<Cow<'a, str>>) -> Self {
        let plan = process::producer().map(|_| Plan {
            kind,
            name: name.into(),
            tags: Vec::new(),
            params: None,
        });
        Self { plan }
    }

    /// Sets a tag that is known at the start. The last value of a key wins.
    #[inline]
    pub fn tag(mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) -> Self {
        if let Some(plan) = &mut self.plan {
            plan.tag(key.into(), value.into());
        }
        self
    }

    /// Sets several tags.
    pub fn tags<K: Into<Cow<'a, str>>, V: Into<Value<'a>>>(
        mut self,
        tags: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        if let Some(plan) = &mut self.plan {
            for (key, value) in tags {
                plan.tag(key.into(), value.into());
            }
        }
        self
    }

    /// What the span was given to work with.
    pub fn params(mut self, params: impl Into<Value<'a>>) -> Self {
        if let Some(plan) = &mut self.plan {
            plan.params = Some(params.into());
        }
        self
    }

    pub(crate) fn rename(&mut self, name: impl FnOnce() -> String) {
        if let Some(plan) = &mut self.plan {
            plan.name = name().into();
        }
    }

    pub(crate) fn is_heard(&self) -> bool {
        self.plan.is_some()
    }

    /// Runs a closure within the span. An error that it gives fails the span, and so does a panic;
    /// both go on to the caller as they are.
    ///
    /// # Errors
    ///
    /// Those of the closure.
    pub fn run<T, E: Failure<By>, By>(
        self,
        body: impl FnOnce(&Span) -> Result<T, E>,
    ) -> Result<T, E> {
        let guard = self.enter();
        let given = guard.watch(body);
        guard.end_with(&given);
        given
    }

    /// Runs a closure within the span, which is ok whatever it gives; only a panic fails it.
    pub fn scope<T>(self, body: impl FnOnce(&Span) -> T) -> T {
        let guard = self.enter();
        guard.watch(body)
    }

    /// Puts such a span around a function: each call of what it gives is one.
    ///
    /// ```
    /// use hero_tracing::step;
    ///
    /// let parse = step("parse").around(str::parse::<i32>);
    /// let numbers: Result<Vec<i32>, _> = ["1", "2", "3"].into_iter().map(parse).collect();
    /// assert_eq!(numbers, Ok(vec![1, 2, 3]));
    /// ```
    pub fn around<A, T, E: Failure<By>, By>(
        self,
        function: impl Fn(A) -> Result<T, E>,
    ) -> impl Fn(A) -> Result<T, E> {
        move |argument| self.clone().run(|_| function(argument))
    }

    /// Starts the span here, to end where the guard is dropped. Until then it is the current one.
    ///
    /// ```
    /// let load = hero_tracing::step("load").tag("day", "monday").enter();
    /// load.log("all that follows is within it");
    /// ```
    #[inline]
    pub fn enter(self) -> Entered {
        let span = match self.plan {
            Some(_) => self.start(node::current()),
            None => Span(None),
        };
        if let Some(node) = &span.0 {
            node::replace_current(Some(Arc::clone(node)));
        }
        Entered {
            span,
            is_of_this_thread: PhantomData,
        }
    }

    /// Starts it without making it current.
    #[inline]
    pub(crate) fn start(&self, parent: Option<Arc<Node>>) -> Span {
        // It may have been built before a fork.
        let start = |plan: &Plan<'_>| Some(plan.start(process::producer()?, parent));
        Span(self.plan.as_ref().and_then(start))
    }
}

impl<'a> Plan<'a> {
    #[inline]
    fn tag(&mut self, key: Cow<'a, str>, value: Value<'a>) {
        match self.tags.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = value,
            None => self.tags.push((key, value)),
        }
    }

    #[inline]
    fn start(&self, producer: &'static Producer, parent: Option<Arc<Node>>) -> Arc<Node> {
        let parent_id = parent.as_ref().map(|parent| parent.id);
        let node = Arc::new(Node::new(producer, parent));
        let event = Event::Start {
            parent: parent_id.or(producer.root_parent),
            name: &self.name,
            kind: self.kind,
            tags: &self.tags,
            params: self.params.as_ref(),
        };
        producer.send(&node, &event);
        node
    }
}

impl Debug for Builder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.plan.as_ref().map(|plan| &plan.name);
        f.debug_struct("Builder")
            .field("name", &name)
            .finish_non_exhaustive()
    }
}

/// A span that is current in this thread until the guard is dropped, which ends it: as ok, or as
/// failed if a panic drops it.
///
/// A guard cannot see an error that leaves its scope by `?`: use [`Builder::run`] there, or
/// [`Span::fail`]. It stays in its thread, and is not for code that awaits while it is held:
/// [`Builder::run_async`] is.
#[must_use = "the span ends when the guard is dropped: `let _ =` drops it at once"]
#[derive(Debug)]
pub struct Entered {
    span: Span,
    is_of_this_thread: PhantomData<*const ()>,
}

impl Entered {
    /// Ends the span.
    #[inline]
    pub fn end(self) {}

    fn end_with<T, E: Failure<By>, By>(self, given: &Result<T, E>) {
        if let Err(error) = given {
            self.fail(error);
        }
    }

    /// Runs a closure; a panic that leaves it ends the span with what it says.
    fn watch<T>(&self, body: impl FnOnce(&Span) -> T) -> T {
        if self.span.0.is_none() {
            return body(&self.span);
        }
        match catch_unwind(AssertUnwindSafe(|| body(&self.span))) {
            Ok(given) => given,
            Err(payload) => {
                self.span.end(panics::ending_of(&*payload));
                resume_unwind(payload)
            }
        }
    }
}

impl Deref for Entered {
    type Target = Span;

    fn deref(&self) -> &Span {
        &self.span
    }
}

impl Drop for Entered {
    #[inline]
    fn drop(&mut self) {
        if let Some(node) = &self.span.0 {
            self.span.end(if thread::panicking() {
                panics::ending_of_this_threads(node.started_us)
            } else {
                Ending::ok()
            });
        }
    }
}
