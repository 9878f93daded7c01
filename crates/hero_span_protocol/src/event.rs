//! The four events (`event.*`) and who sends them (`type.producer`).
//!
//! The types are the accept reading: what a consumer can rely on. A field
//! that an SDK must send but a consumer can do without is an `Option`, or has
//! the value that its absence means. [`crate::judge`] is the emit reading.

use std::borrow::Cow;

use schemars::JsonSchema;

use crate::id::SpanId;
use crate::json::Json;
use crate::members::{Count, Members, Sizes};
use crate::names::{Kind, Level, Status};
use crate::time::TimeMs;

type Text<'a> = Cow<'a, str>;

/// One event, borrowing from its line.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// A span begins.
    Start(SpanStart<'a>),
    /// A tag is set.
    Tag(SpanTag<'a>),
    /// Something was said.
    Log(SpanLog<'a>),
    /// A span ends.
    End(SpanEnd<'a>),
}

/// Who writes on a connection (`type.producer`).
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Producer<'a> {
    /// The producer's own id, new after a fork.
    pub id: SpanId,
    /// The SDK's language.
    #[schemars(default, with = "Text<'a>")]
    pub sdk: Option<Text<'a>>,
    /// The SDK's version.
    #[schemars(default, with = "Text<'a>")]
    pub version: Option<Text<'a>>,
    /// The protocol's number; see [`crate::PROTOCOL`].
    #[schemars(default, with = "Count")]
    pub protocol: Option<u64>,
    /// The process id.
    #[schemars(default, with = "Count")]
    pub pid: Option<u64>,
}

/// A span begins (`event.span_start`).
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct SpanStart<'a> {
    /// The span this event belongs to.
    pub span_id: SpanId,
    /// When it happened.
    pub ts_ms: TimeMs,
    /// The event's number on its connection.
    #[schemars(default, with = "Count")]
    pub seq: Option<u64>,
    /// Who writes; on a connection's first event.
    #[schemars(default, with = "Producer<'a>")]
    pub producer: Option<Producer<'a>>,
    /// Which fields were cut.
    #[schemars(default)]
    pub truncated: Sizes<'a>,
    /// The span it hangs under; `None` for a root, and when absent.
    pub parent_span_id: Option<SpanId>,
    /// What it is called.
    pub name: Text<'a>,
    /// What it stands for.
    #[schemars(default)]
    pub kind: Kind,
    /// Tags known at the start.
    #[schemars(default)]
    pub tags: Members<'a>,
    /// A flow's input, or the arguments of a call.
    #[schemars(default, with = "Json<'a>")]
    pub params: Option<Json<'a>>,
}

/// A tag is set on an open span (`event.span_tag`).
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct SpanTag<'a> {
    /// The span this event belongs to.
    pub span_id: SpanId,
    /// When it happened.
    pub ts_ms: TimeMs,
    /// The event's number on its connection.
    #[schemars(default, with = "Count")]
    pub seq: Option<u64>,
    /// Who writes; on a connection's first event.
    #[schemars(default, with = "Producer<'a>")]
    pub producer: Option<Producer<'a>>,
    /// Which fields were cut.
    #[schemars(default)]
    pub truncated: Sizes<'a>,
    /// The tag; its last value wins.
    pub key: Text<'a>,
    /// Its value.
    pub value: Json<'a>,
}

/// Something was said within an open span (`event.span_log`).
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct SpanLog<'a> {
    /// The span this event belongs to.
    pub span_id: SpanId,
    /// When it happened.
    pub ts_ms: TimeMs,
    /// The event's number on its connection.
    #[schemars(default, with = "Count")]
    pub seq: Option<u64>,
    /// Who writes; on a connection's first event.
    #[schemars(default, with = "Producer<'a>")]
    pub producer: Option<Producer<'a>>,
    /// Which fields were cut.
    #[schemars(default)]
    pub truncated: Sizes<'a>,
    /// What was said.
    pub message: Text<'a>,
    /// How much it matters.
    #[schemars(default)]
    pub level: Level,
    /// Data that goes with the message.
    #[schemars(default)]
    pub fields: Members<'a>,
}

/// A span ends (`event.span_end`).
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct SpanEnd<'a> {
    /// The span this event belongs to.
    pub span_id: SpanId,
    /// When it happened.
    pub ts_ms: TimeMs,
    /// The event's number on its connection.
    #[schemars(default, with = "Count")]
    pub seq: Option<u64>,
    /// Who writes; on a connection's first event.
    #[schemars(default, with = "Producer<'a>")]
    pub producer: Option<Producer<'a>>,
    /// Which fields were cut.
    #[schemars(default)]
    pub truncated: Sizes<'a>,
    /// How it ended.
    pub status: Status,
    /// Why it failed: a reason, or a whole traceback.
    #[schemars(default, with = "Text<'a>")]
    pub error: Option<Text<'a>>,
    /// The exception's type.
    #[schemars(default, with = "Text<'a>")]
    pub error_type: Option<Text<'a>>,
    /// What the span gave.
    #[schemars(default, with = "Json<'a>")]
    pub result: Option<Json<'a>>,
}

impl SpanStart<'_> {
    /// The event's `type`.
    pub const TYPE: &'static str = "span_start";
}

impl SpanTag<'_> {
    /// The event's `type`.
    pub const TYPE: &'static str = "span_tag";
}

impl SpanLog<'_> {
    /// The event's `type`.
    pub const TYPE: &'static str = "span_log";
}

impl SpanEnd<'_> {
    /// The event's `type`.
    pub const TYPE: &'static str = "span_end";
}

/// The same field of whichever event it is.
macro_rules! common {
    ($event:expr, $($field:tt)+) => {
        match $event {
            Event::Start(event) => common!(@event, $($field)+),
            Event::Tag(event) => common!(@event, $($field)+),
            Event::Log(event) => common!(@event, $($field)+),
            Event::End(event) => common!(@event, $($field)+),
        }
    };
    (@$event:ident, mut $field:ident) => { &mut $event.$field };
    (@$event:ident, $field:ident) => { &$event.$field };
}

impl<'a> Event<'a> {
    /// The event's `type`, such as `span_start`.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Start(_) => SpanStart::TYPE,
            Self::Tag(_) => SpanTag::TYPE,
            Self::Log(_) => SpanLog::TYPE,
            Self::End(_) => SpanEnd::TYPE,
        }
    }

    /// The span this event belongs to.
    pub const fn span_id(&self) -> SpanId {
        *common!(self, span_id)
    }

    /// When it happened.
    pub const fn ts_ms(&self) -> TimeMs {
        *common!(self, ts_ms)
    }

    /// The event's number on its connection, when the line has one.
    pub const fn seq(&self) -> Option<u64> {
        *common!(self, seq)
    }

    /// Who writes on the connection, when the line says so.
    pub const fn producer(&self) -> Option<&Producer<'a>> {
        common!(self, producer).as_ref()
    }

    /// Which fields were cut.
    pub const fn truncated(&self) -> &Sizes<'a> {
        common!(self, truncated)
    }

    /// Which fields were cut, to be changed.
    pub(crate) const fn truncated_mut(&mut self) -> &mut Sizes<'a> {
        common!(self, mut truncated)
    }

    /// The same event, borrowing nothing.
    pub fn into_owned(self) -> Event<'static> {
        match self {
            Self::Start(event) => Event::Start(event.into_owned()),
            Self::Tag(event) => Event::Tag(event.into_owned()),
            Self::Log(event) => Event::Log(event.into_owned()),
            Self::End(event) => Event::End(event.into_owned()),
        }
    }
}

fn owned(text: Text<'_>) -> Text<'static> {
    Cow::Owned(text.into_owned())
}

impl Producer<'_> {
    /// The same producer, borrowing nothing.
    pub fn into_owned(self) -> Producer<'static> {
        Producer {
            id: self.id,
            sdk: self.sdk.map(owned),
            version: self.version.map(owned),
            protocol: self.protocol,
            pid: self.pid,
        }
    }
}

impl SpanStart<'_> {
    /// The same event, borrowing nothing.
    pub fn into_owned(self) -> SpanStart<'static> {
        SpanStart {
            span_id: self.span_id,
            ts_ms: self.ts_ms,
            seq: self.seq,
            producer: self.producer.map(Producer::into_owned),
            truncated: self.truncated.into_owned(),
            parent_span_id: self.parent_span_id,
            name: owned(self.name),
            kind: self.kind,
            tags: self.tags.into_owned(),
            params: self.params.map(Json::into_owned),
        }
    }
}

impl SpanTag<'_> {
    /// The same event, borrowing nothing.
    pub fn into_owned(self) -> SpanTag<'static> {
        SpanTag {
            span_id: self.span_id,
            ts_ms: self.ts_ms,
            seq: self.seq,
            producer: self.producer.map(Producer::into_owned),
            truncated: self.truncated.into_owned(),
            key: owned(self.key),
            value: self.value.into_owned(),
        }
    }
}

impl SpanLog<'_> {
    /// The same event, borrowing nothing.
    pub fn into_owned(self) -> SpanLog<'static> {
        SpanLog {
            span_id: self.span_id,
            ts_ms: self.ts_ms,
            seq: self.seq,
            producer: self.producer.map(Producer::into_owned),
            truncated: self.truncated.into_owned(),
            message: owned(self.message),
            level: self.level,
            fields: self.fields.into_owned(),
        }
    }
}

impl SpanEnd<'_> {
    /// The same event, borrowing nothing.
    pub fn into_owned(self) -> SpanEnd<'static> {
        SpanEnd {
            span_id: self.span_id,
            ts_ms: self.ts_ms,
            seq: self.seq,
            producer: self.producer.map(Producer::into_owned),
            truncated: self.truncated.into_owned(),
            status: self.status,
            error: self.error.map(owned),
            error_type: self.error_type.map(owned),
            result: self.result.map(Json::into_owned),
        }
    }
}
