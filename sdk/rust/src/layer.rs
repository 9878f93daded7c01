//! Programs that speak the `tracing` crate: two lines, and their spans are heard as well.
//!
//! ```no_run
//! use tracing_subscriber::prelude::*;
//!
//! tracing_subscriber::registry().with(hero_tracing::layer::new()).init();
//! ```
//!
//! | in the program | on the wire |
//! |---|---|
//! | a span | a span of kind `span`, which starts when it is made and not when it ends |
//! | its fields, and those recorded later | tags |
//! | its parent, explicit or not | the span it hangs under; else the current one of this crate |
//! | an event | a log line of the span that it belongs to, `TRACE` as `debug` |
//! | an event's fields | the log line's fields |
//! | an error event without a message, as `#[instrument(err)]` writes it | fails its span, too |
//! | a panic that leaves a span | fails it |
//! | `follows_from` | a tag `follows_from` |
//!
//! What `tracing` does not tell is not known: a future that is dropped before it is done has its
//! span end as one that is done.
//!
//! Within such a span [`current`](crate::current) is that span, so both ways of speaking make one
//! tree. In a program with many layers, put a filter of its own on this one to say what is heard:
//! `hero_tracing::layer::new().with_filter(LevelFilter::INFO)`.

use std::cell::RefCell;
use std::error::Error;
use std::fmt::Debug;
use std::sync::Arc;
use std::thread;

use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::builder::Builder;
use crate::event::{Kind, Level};
use crate::failure::Ending;
use crate::node::{self, Node};
use crate::panics;
use crate::span::{self, Span};
use crate::value::Value;

/// A layer that sends what a program says through the `tracing` crate.
pub fn new() -> HeroLayer {
    HeroLayer(())
}

/// See [`new`].
#[derive(Debug)]
pub struct HeroLayer(());

thread_local! {
    /// What was current where each span was entered that this thread is in.
    static OUTSIDE: RefCell<Vec<(u64, Option<Arc<Node>>)>> = const { RefCell::new(Vec::new()) };
}

impl<S> Layer<S> for HeroLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(own) = context.span(id) else { return };
        let above = own
            .parent()
            .and_then(|parent| parent.extensions().get::<Span>().cloned());
        let above = above.and_then(|span| span.0).and_then(node::nearest_open);
        let above = match above {
            None if !attributes.is_root() => node::current(),
            above => above,
        };
        let builder = Builder::new(Kind::Span, attributes.metadata().name());
        if !builder.is_heard() {
            return;
        }
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let span = builder.tags(fields.all()).start(above);
        own.extensions_mut().replace(span);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = of_id(id, &context) else {
            return;
        };
        let mut fields = Fields::default();
        values.record(&mut fields);
        for (key, value) in fields.all() {
            span.tag(key, value);
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: Context<'_, S>) {
        if let (Some(span), Some(before)) = (of_id(id, &context), of_id(follows, &context))
            && let Some(before) = before.id()
        {
            span.tag("follows_from", before.to_string());
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let own = context.event_span(event);
        let span = own.and_then(|own| own.extensions().get::<Span>().cloned());
        let span = match span {
            None if !event.is_root() => span::current(),
            span => span.unwrap_or_default(),
        };
        if span.id().is_none() {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = level_of(*event.metadata().level());
        if let (Level::Error, None, Some(error)) = (level, &fields.message, fields.error()) {
            span.end_as(Ending::failed(error));
        }
        let message = fields.message.take();
        let message = message
            .or_else(|| fields.error().map(str::to_owned))
            .unwrap_or_default();
        span.log_with(level, message, fields.all());
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let Some(Span(Some(node))) = of_id(id, &context) else {
            return;
        };
        let before = node::replace_current(Some(node));
        let _ = OUTSIDE.try_with(|outside| {
            outside
                .try_borrow_mut()
                .map(|mut outside| outside.push((id.into_u64(), before)))
        });
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = of_id(id, &context) else {
            return;
        };
        if let (true, Some(node)) = (thread::panicking(), &span.0) {
            span.end_as(panics::ending_of_this_threads(node.started_us));
        }
        let before = OUTSIDE.try_with(|outside| {
            let mut outside = outside.try_borrow_mut().ok()?;
            let entered = outside
                .iter()
                .rposition(|(entered, _)| *entered == id.into_u64())?;
            Some(outside.remove(entered))
        });
        if let Ok(Some((_, before))) = before {
            node::replace_current(before.and_then(node::nearest_open));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(span) = of_id(&id, &context) {
            span.end(Ending::ok());
        }
    }
}

fn of_id<S>(id: &Id, context: &Context<'_, S>) -> Option<Span>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    context.span(id)?.extensions().get::<Span>().cloned()
}

fn level_of(level: tracing_core::Level) -> Level {
    match level {
        tracing_core::Level::ERROR => Level::Error,
        tracing_core::Level::WARN => Level::Warn,
        tracing_core::Level::INFO => Level::Info,
        _ => Level::Debug,
    }
}

/// The fields of a span or an event.
#[derive(Default)]
struct Fields {
    message: Option<String>,
    others: Vec<(&'static str, Value<'static>)>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: impl Into<Value<'static>>) {
        self.others.push((field.name(), value.into()));
    }

    fn all(&mut self) -> Vec<(&'static str, Value<'static>)> {
        let message = self.message.take().map(|text| ("message", text.into()));
        message
            .into_iter()
            .chain(std::mem::take(&mut self.others))
            .collect()
    }

    /// What the field `error` says.
    fn error(&self) -> Option<&str> {
        let mut errors = self.others.iter().filter(|(name, _)| *name == "error");
        errors.next()?.1.as_str()
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.add(field, value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.add(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message = Some(value.to_owned());
        } else {
            self.add(field, value.to_owned());
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.add(field, Value::display(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.message = Some(crate::text::of_debug(value));
        } else {
            self.add(field, Value::debug(value));
        }
    }
}
