//! Handles of spans.

use std::borrow::Cow;
use std::fmt::{self, Debug, Display};
use std::sync::Arc;

use crate::event::{Event, Level, Member};
use crate::failure::{Ending, Failure};
use crate::id::SpanId;
use crate::node::{self, Node};
use crate::text;
use crate::value::Value;

/// A handle of a span: what is said by it belongs to that span, in any thread.
///
/// Handles are cheap to clone and may outlive the span: what they say after its end is dropped.
/// While nobody listens a handle stands for no span, and takes every call without a trace.
#[derive(Clone, Default)]
pub struct Span(pub(crate) Option<Arc<Node>>);

/// The nearest open span of this thread or task, or a handle that takes every call and does
/// nothing.
///
/// ```
/// fn parse(line: &str) -> usize {
///     hero_tracing::current().tag("line", line);
///     line.len()
/// }
/// assert_eq!(parse("a,b"), 3);
/// ```
pub fn current() -> Span {
    Span(node::current())
}

impl Span {
    /// Its id on the wire; none while nobody listens.
    pub fn id(&self) -> Option<SpanId> {
        self.0.as_ref().map(|node| node.id)
    }

    /// Sets a tag. The last value of a key wins.
    pub fn tag<'v>(&self, key: impl AsRef<str>, value: impl Into<Value<'v>>) -> &Self {
        if let Some(node) = self.hearing() {
            let (key, value) = (key.as_ref(), &value.into());
            node.producer.send(node, &Event::Tag { key, value });
        }
        self
    }

    /// Says something, at the level `info`. With `format_args!` nothing is formatted while nobody
    /// listens.
    pub fn log(&self, message: impl Display) -> &Self {
        self.log_with(Level::Info, message, NO_FIELDS)
    }

    /// Says something at a level, with data that goes with it.
    ///
    /// ```
    /// use hero_tracing::{Level, Value, current};
    ///
    /// let day = "monday";
    /// current().log_with(Level::Warn, "late", [("day", day.into()), ("minutes", Value::from(7))]);
    /// ```
    pub fn log_with<'v, K: Into<Cow<'v, str>>, V: Into<Value<'v>>>(
        &self,
        level: Level,
        message: impl Display,
        fields: impl IntoIterator<Item = (K, V)>,
    ) -> &Self {
        if let Some(node) = self.hearing() {
            let fields = fields.into_iter();
            let fields: Vec<Member<'v>> = fields
                .map(|(key, value)| (key.into(), value.into()))
                .collect();
            let message = &text::of_display(&message);
            let event = Event::Log {
                message,
                level,
                fields: &fields,
            };
            node.producer.send(node, &event);
        }
        self
    }

    /// Sets what the span gives. It is sent with its end.
    pub fn result<'v>(&self, value: impl Into<Value<'v>>) -> &Self {
        if let Some(node) = self.hearing() {
            let value = value.into().into_owned();
            node.say_in_the_end(|parting| parting.result = Some(value));
        }
        self
    }

    /// Says that the span has failed, or how else it ended; it goes on until it ends.
    ///
    /// A span that ran as a closure knows by itself; a guard cannot see an error that leaves its
    /// scope by `?`.
    pub fn fail<By>(&self, error: &impl Failure<By>) -> &Self {
        if self.hearing().is_some() {
            self.end_as(error.ending());
        }
        self
    }

    /// The same for an ending that is made only if the span is there to hear it.
    pub(crate) fn end_as(&self, ending: Ending) {
        if let Some(node) = self.hearing() {
            node.say_in_the_end(|parting| parting.failure = Some(ending));
        }
    }

    /// Its node, if the span is open and belongs to this process.
    fn hearing(&self) -> Option<&Arc<Node>> {
        self.0
            .as_ref()
            .filter(|node| node.is_open() && node.is_ours())
    }

    /// Ends it, unless it has ended: as it said before, else as said now.
    pub(crate) fn end(&self, otherwise: Ending) {
        let Some(node) = &self.0 else { return };
        if !node.close() {
            return;
        }
        node::leave(node);
        if !node.is_ours() {
            return;
        }
        let parting = node.take_parting().map(|parting| *parting);
        let parting = parting.unwrap_or_default();
        let ending = parting.failure.unwrap_or(otherwise);
        let event = Event::End {
            status: ending.status,
            error: ending.error.as_deref(),
            error_type: ending.error_type.as_deref(),
            result: parting.result.as_ref(),
        };
        node.producer.send(node, &event);
    }
}

/// For `log`, whose fields have no type.
const NO_FIELDS: [(&str, Value<'static>); 0] = [];

impl Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(node) => write!(f, "Span({})", node.id),
            None => f.write_str("Span(none)"),
        }
    }
}
