//! Spans in async code, where the current span follows the task and not the thread.

use std::future::{self, Future};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::thread;

use crate::builder::Builder;
use crate::failure::{Ending, Failure};
use crate::node::{self, Node};
use crate::panics;
use crate::span::Span;

impl<'a> Builder<'a> {
    /// Runs a future within the span, which starts when the future is first polled. The span is
    /// current whenever the future has its turn, on whatever thread that is.
    ///
    /// An error that it gives fails the span, and so does a panic; a future that is dropped before
    /// it is done leaves it cancelled.
    ///
    /// ```
    /// use hero_tracing::{Failed, step};
    ///
    /// async fn load(day: &str) -> Result<usize, Failed> {
    ///     step("load").tag("day", day).run_async(async |load| {
    ///         load.log("loading");
    ///         Ok(3)
    ///     }).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the future.
    pub async fn run_async<T, E: Failure<By>, By, Work>(
        self,
        body: impl FnOnce(Span) -> Work,
    ) -> Result<T, E>
    where
        Work: Future<Output = Result<T, E>>,
    {
        let (task, given) = self.drive(body).await;
        if let Err(error) = &given {
            task.span.fail(error);
        }
        task.done();
        given
    }

    /// Runs a future within the span, which is ok whatever it gives: only a panic fails it, and a
    /// future that is dropped before it is done leaves it cancelled.
    pub async fn scope_async<T, Work>(self, body: impl FnOnce(Span) -> Work) -> T
    where
        Work: Future<Output = T>,
    {
        let (task, given) = self.drive(body).await;
        task.done();
        given
    }

    /// Puts such a span around an async function: each call of what it gives is one.
    pub fn around_async<A, T, E: Failure<By>, By>(
        self,
        function: impl AsyncFn(A) -> Result<T, E>,
    ) -> impl AsyncFn(A) -> Result<T, E> {
        async move |argument| {
            self.clone()
                .run_async(async |_| function(argument).await)
                .await
        }
    }

    async fn drive<Work: Future>(self, body: impl FnOnce(Span) -> Work) -> (Task, Work::Output) {
        let task = Task {
            span: self.start(node::current()),
        };
        let mut context = Context(task.span.0.clone());
        let body = context.within(|| task.watch(|| body(task.span.clone())));
        let mut work = pin!(body);
        let given = future::poll_fn(|cx| context.within(|| task.watch(|| work.as_mut().poll(cx))));
        let given = given.await;
        (task, given)
    }
}

/// Ends the span of a future: as cancelled, if nothing else was said before it is dropped.
struct Task {
    span: Span,
}

impl Task {
    fn done(self) {
        self.span.end(Ending::ok());
    }

    fn watch<T>(&self, body: impl FnOnce() -> T) -> T {
        if self.span.0.is_none() {
            return body();
        }
        match catch_unwind(AssertUnwindSafe(body)) {
            Ok(given) => given,
            Err(payload) => {
                self.span.end(panics::ending_of(&*payload));
                resume_unwind(payload)
            }
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(node) = &self.span.0 {
            self.span.end(if thread::panicking() {
                panics::ending_of_this_threads(node.started_us)
            } else {
                Ending::cancelled()
            });
        }
    }
}

/// What is current within a task, while it has its turn and between its turns.
struct Context(Option<Arc<Node>>);

impl Context {
    fn within<T>(&mut self, turn: impl FnOnce() -> T) -> T {
        /// Puts back what was current outside, also when a panic ends the turn.
        struct Outside<'c>(&'c mut Context, Option<Arc<Node>>);

        impl Drop for Outside<'_> {
            fn drop(&mut self) {
                self.0.0 = node::replace_current(self.1.take());
            }
        }

        let outside = node::replace_current(self.0.take());
        let _outside = Outside(self, outside);
        turn()
    }
}

/// Takes the current span along into a thread, which would start without one.
///
/// ```
/// use std::thread;
/// use hero_tracing::{span, step, wrap};
///
/// step("squares").scope(|_| {
///     thread::scope(|threads| {
///         for number in 0..4 {
///             threads.spawn(wrap(move || span("square").scope(|_| number * number)));
///         }
///     });
/// });
/// ```
pub fn wrap<T>(function: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let mut context = Context(node::current());
    move || context.within(function)
}

/// Takes the current span along into a task: one that is spawned would start without it, or with
/// that of the thread it happens to run on.
///
/// ```
/// # async fn example() {
/// use hero_tracing::{step, wrap_async};
/// # let spawn = |_| ();
///
/// step("fetch").scope_async(async |_| {
///     spawn(wrap_async(async {
///         hero_tracing::current().log("said by the task");
///     }));
/// }).await;
/// # }
/// ```
pub fn wrap_async<Work: Future>(work: Work) -> impl Future<Output = Work::Output> {
    let mut context = Context(node::current());
    async move {
        let mut work = pin!(work);
        future::poll_fn(|cx| context.within(|| work.as_mut().poll(cx))).await
    }
}
