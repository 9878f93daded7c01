//! From a scanned line to an event: which fields must be there, and their
//! types.

use std::borrow::Cow;

use crate::contract::Clause;
use crate::error::{ParseError, Violation};
use crate::event::{Event, Producer, SpanEnd, SpanLog, SpanStart, SpanTag};
use crate::fields::{Field, Fields};
use crate::id::SpanId;
use crate::json::Json;
use crate::members::{Members, Sizes};
use crate::names::{Kind, Level, Status};
use crate::place::wrong_size;
use crate::producer::{ProducerField, ProducerFields};
use crate::scan::{Result, Shape, Slot, members_of, to_count, to_f64};
use crate::time::TimeMs;

/// Which of the four events a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventType {
    Start,
    Tag,
    Log,
    End,
}

impl EventType {
    pub(crate) fn of(type_name: &str) -> Option<Self> {
        match type_name {
            SpanStart::TYPE => Some(Self::Start),
            SpanTag::TYPE => Some(Self::Tag),
            SpanLog::TYPE => Some(Self::Log),
            SpanEnd::TYPE => Some(Self::End),
            _ => None,
        }
    }

    /// Its `type` on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Start => SpanStart::TYPE,
            Self::Tag => SpanTag::TYPE,
            Self::Log => SpanLog::TYPE,
            Self::End => SpanEnd::TYPE,
        }
    }

    /// Whether it has that field.
    pub(crate) fn has(self, field: Field) -> bool {
        field.is_common() || self.own_fields().contains(&field)
    }

    /// The fields that not every event has.
    const fn own_fields(self) -> &'static [Field] {
        match self {
            Self::Start => &[
                Field::ParentSpanId,
                Field::Name,
                Field::Kind,
                Field::Tags,
                Field::Params,
            ],
            Self::Tag => &[Field::Key, Field::Value],
            Self::Log => &[Field::Message, Field::Level, Field::Fields],
            Self::End => &[Field::Status, Field::Error, Field::ErrorType, Field::Result],
        }
    }

    /// The clause that lists a field of this event.
    pub(crate) const fn owner(self, field: Field) -> Clause {
        if field.is_common() {
            Clause::EventAny
        } else {
            self.clause()
        }
    }

    /// The clause that lists the fields of this event only.
    pub(crate) const fn clause(self) -> Clause {
        match self {
            Self::Start => Clause::EventSpanStart,
            Self::Tag => Clause::EventSpanTag,
            Self::Log => Clause::EventSpanLog,
            Self::End => Clause::EventSpanEnd,
        }
    }
}

/// The line's `type`.
pub(crate) fn type_name<'a>(fields: &Fields<'a>) -> Result<Cow<'a, str>> {
    let place = fields.place(Field::Type, Clause::EventAny);
    place.required(Slot::text).map_err(ParseError::from)
}

/// The event, or the first field at fault.
pub(crate) fn read<'a>(fields: &mut Fields<'a>, event_type: EventType) -> Result<Event<'a>> {
    Reader::new(fields, event_type, None).event()
}

/// The event, if a consumer would take it; every field at fault otherwise.
pub(crate) fn read_all<'a>(
    fields: &mut Fields<'a>,
    event_type: EventType,
    faults: &mut Vec<Violation>,
) -> Option<Event<'a>> {
    Reader::new(fields, event_type, Some(faults)).event().ok()
}

/// The fields of every event.
struct Common<'a> {
    span_id: SpanId,
    ts_ms: TimeMs,
    seq: Option<u64>,
    producer: Option<Producer<'a>>,
    truncated: Sizes<'a>,
}

/// Reads fields one after the other. Every field is read before the event is
/// put together, so that all faults can be told, not only the first.
struct Reader<'a, 'f> {
    fields: &'f mut Fields<'a>,
    event_type: EventType,
    faults: Option<&'f mut Vec<Violation>>,
}

impl<'a, 'f> Reader<'a, 'f> {
    fn new(
        fields: &'f mut Fields<'a>,
        event_type: EventType,
        faults: Option<&'f mut Vec<Violation>>,
    ) -> Self {
        Self {
            fields,
            event_type,
            faults,
        }
    }

    fn event(&mut self) -> Result<Event<'a>> {
        match self.event_type {
            EventType::Start => self.start(),
            EventType::Tag => self.tag(),
            EventType::Log => self.log(),
            EventType::End => self.end(),
        }
    }

    fn start(&mut self) -> Result<Event<'a>> {
        let common = self.common();
        let parent_span_id = self.optional(Field::ParentSpanId, id_or_null);
        let name = self.required(Field::Name, Slot::text);
        let kind = self.optional(Field::Kind, kind);
        let tags = self.members(Field::Tags);
        let params = self.optional(Field::Params, json);
        let common = common?;
        Ok(Event::Start(SpanStart {
            span_id: common.span_id,
            ts_ms: common.ts_ms,
            seq: common.seq,
            producer: common.producer,
            truncated: common.truncated,
            parent_span_id: parent_span_id?.flatten(),
            name: name?,
            kind: kind?.unwrap_or_default(),
            tags: tags?,
            params: params?,
        }))
    }

    fn tag(&mut self) -> Result<Event<'a>> {
        let common = self.common();
        let key = self.required(Field::Key, Slot::text);
        let value = self.required(Field::Value, json);
        let common = common?;
        Ok(Event::Tag(SpanTag {
            span_id: common.span_id,
            ts_ms: common.ts_ms,
            seq: common.seq,
            producer: common.producer,
            truncated: common.truncated,
            key: key?,
            value: value?,
        }))
    }

    fn log(&mut self) -> Result<Event<'a>> {
        let common = self.common();
        let message = self.required(Field::Message, Slot::text);
        let level = self.optional(Field::Level, level);
        let fields = self.members(Field::Fields);
        let common = common?;
        Ok(Event::Log(SpanLog {
            span_id: common.span_id,
            ts_ms: common.ts_ms,
            seq: common.seq,
            producer: common.producer,
            truncated: common.truncated,
            message: message?,
            level: level?.unwrap_or_default(),
            fields: fields?,
        }))
    }

    fn end(&mut self) -> Result<Event<'a>> {
        let common = self.common();
        let status = self.required(Field::Status, status);
        let error = self.optional(Field::Error, Slot::text);
        let error_type = self.optional(Field::ErrorType, Slot::text);
        let result = self.optional(Field::Result, json);
        let common = common?;
        Ok(Event::End(SpanEnd {
            span_id: common.span_id,
            ts_ms: common.ts_ms,
            seq: common.seq,
            producer: common.producer,
            truncated: common.truncated,
            status: status?,
            error: error?,
            error_type: error_type?,
            result: result?,
        }))
    }

    fn common(&mut self) -> Result<Common<'a>> {
        let span_id = self.required(Field::SpanId, id);
        let ts_ms = self.required(Field::TsMs, time);
        let seq = self.optional(Field::Seq, count);
        let producer = self.producer();
        let truncated = self.sizes();
        Ok(Common {
            span_id: span_id?,
            ts_ms: ts_ms?,
            seq: seq?,
            producer: producer?,
            truncated: truncated?,
        })
    }

    fn required<T>(
        &mut self,
        field: Field,
        read: impl FnOnce(&Slot<'a>) -> Option<T>,
    ) -> Result<T> {
        match read(&self.fields.slot(field)) {
            Some(value) => Ok(value),
            None => Err(self.unread(field)),
        }
    }

    fn optional<T>(
        &mut self,
        field: Field,
        read: impl FnOnce(&Slot<'a>) -> Option<T>,
    ) -> Result<Option<T>> {
        if self.fields.has(field) {
            self.required(field, read).map(Some)
        } else {
            Ok(None)
        }
    }

    #[cold]
    fn unread(&mut self, field: Field) -> ParseError {
        let place = self.fields.place(field, self.event_type.owner(field));
        self.fault(place.unread())
    }

    fn members(&mut self, field: Field) -> Result<Members<'a>> {
        self.optional(field, object)?;
        Ok(self.fields.take_members(field))
    }

    fn sizes(&mut self) -> Result<Sizes<'a>> {
        let Some(object) = self.optional(Field::Truncated, object)? else {
            return Ok(Sizes::new());
        };
        let (mut sizes, mut fault) = (Sizes::new(), None);
        for (key, slot) in members_of(self.fields.text, &object) {
            match count(&slot) {
                Some(size) => sizes.push_unique(key.name(), size),
                None => fault = fault.or(Some(self.fault(wrong_size(key, &slot)))),
            }
        }
        fault.map_or(Ok(sizes), Err)
    }

    fn producer(&mut self) -> Result<Option<Producer<'a>>> {
        let Some(object) = self.optional(Field::Producer, object)? else {
            return Ok(None);
        };
        let fields = ProducerFields::scan(self.fields.text, &object);
        let id = self.tell(fields.place(ProducerField::Id).required(id));
        let sdk = self.tell(fields.place(ProducerField::Sdk).optional(Slot::text));
        let version = self.tell(fields.place(ProducerField::Version).optional(Slot::text));
        let protocol = self.tell(fields.place(ProducerField::Protocol).optional(count));
        let pid = self.tell(fields.place(ProducerField::Pid).optional(count));
        Ok(Some(Producer {
            id: id?,
            sdk: sdk?,
            version: version?,
            protocol: protocol?,
            pid: pid?,
        }))
    }

    fn tell<T>(&mut self, read: std::result::Result<T, Violation>) -> Result<T> {
        read.map_err(|fault| self.fault(fault))
    }

    /// Keeps a fault for who wants them all.
    fn fault(&mut self, fault: Violation) -> ParseError {
        if let Some(faults) = &mut self.faults {
            faults.push(fault.clone());
        }
        fault.into()
    }
}

fn id(slot: &Slot<'_>) -> Option<SpanId> {
    SpanId::from_hex(&slot.text()?)
}

fn id_or_null(slot: &Slot<'_>) -> Option<Option<SpanId>> {
    match slot.shape {
        Shape::Null => Some(None),
        _ => id(slot).map(Some),
    }
}

fn time(slot: &Slot<'_>) -> Option<TimeMs> {
    (slot.shape == Shape::Number).then(|| TimeMs::from_finite(to_f64(slot.raw)))
}

fn count(slot: &Slot<'_>) -> Option<u64> {
    (slot.shape == Shape::Number)
        .then(|| to_count(slot.raw))
        .flatten()
}

fn json<'a>(slot: &Slot<'a>) -> Option<Json<'a>> {
    slot.is_present().then(|| Json::from_valid(slot.raw))
}

fn object<'a>(slot: &Slot<'a>) -> Option<Slot<'a>> {
    (slot.shape == Shape::Object).then_some(*slot)
}

fn kind(slot: &Slot<'_>) -> Option<Kind> {
    let word = slot.text()?;
    Some(Kind::from_word(&word).unwrap_or_default())
}

fn level(slot: &Slot<'_>) -> Option<Level> {
    let word = slot.text()?;
    Some(Level::from_word(&word).unwrap_or_default())
}

fn status(slot: &Slot<'_>) -> Option<Status> {
    Status::from_word(&slot.text()?)
}
