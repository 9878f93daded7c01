//! Streams of events, as little of each as the stream rules look at.

use std::borrow::Cow;

use hero_span_protocol::{
    Event, Json, Kind, Level, Members, Producer, Sizes, SpanEnd, SpanId, SpanLog, SpanStart,
    SpanTag, Status, TimeMs,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// What an event is, and the parent of one that starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum What {
    Start(Option<SpanId>),
    Tag,
    Log,
    End,
}

/// What the stream rules see of an event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Brief {
    pub(crate) what: What,
    pub(crate) span: SpanId,
    pub(crate) ms: f64,
    pub(crate) seq: Option<u64>,
    pub(crate) has_producer: bool,
}

impl Brief {
    pub(crate) fn event(self) -> Event<'static> {
        let span_id = self.span;
        let ts_ms = TimeMs::new(self.ms).expect("a time");
        let seq = self.seq;
        let producer = self.has_producer.then(producer);
        let truncated = Sizes::new();
        match self.what {
            What::Start(parent_span_id) => Event::Start(SpanStart {
                span_id,
                ts_ms,
                seq,
                producer,
                truncated,
                parent_span_id,
                name: Cow::Borrowed("x"),
                kind: Kind::Span,
                tags: Members::new(),
                params: None,
            }),
            What::Tag => Event::Tag(SpanTag {
                span_id,
                ts_ms,
                seq,
                producer,
                truncated,
                key: Cow::Borrowed("k"),
                value: Json::string("v"),
            }),
            What::Log => Event::Log(SpanLog {
                span_id,
                ts_ms,
                seq,
                producer,
                truncated,
                message: Cow::Borrowed("m"),
                level: Level::Info,
                fields: Members::new(),
            }),
            What::End => Event::End(SpanEnd {
                span_id,
                ts_ms,
                seq,
                producer,
                truncated,
                status: Status::Ok,
                error: None,
                error_type: None,
                result: None,
            }),
        }
    }
}

fn producer() -> Producer<'static> {
    Producer {
        id: id(u64::MAX),
        sdk: None,
        version: None,
        protocol: None,
        pid: None,
    }
}

fn id(bits: u64) -> SpanId {
    SpanId::try_from(bits).expect("an id")
}

/// A stream that keeps every rule: spans begin under any span that has begun,
/// or another producer's, say something, and end, or stay open.
pub(crate) fn good_stream() -> impl Strategy<Value = Vec<Brief>> {
    vec((any::<Index>(), 0_u8..8, 0_u32..3), 1..60).prop_map(|steps| {
        let mut open: Vec<SpanId> = Vec::new();
        let (mut started, mut ms) = (0, 0.0);
        let mut stream = Vec::new();
        for (at, choice, pause) in steps {
            ms += f64::from(pause) / 2.0;
            let (span, what) = if open.is_empty() || choice < 3 {
                let parent = (started > 0).then(|| id(at.index(started) as u64 + 1));
                let parent = if choice == 0 { Some(id(1_000)) } else { parent };
                started += 1;
                open.push(id(started as u64));
                (id(started as u64), What::Start(parent))
            } else {
                let place = at.index(open.len());
                match choice {
                    3 | 4 => (open.swap_remove(place), What::End),
                    5 => (open[place], What::Tag),
                    _ => (open[place], What::Log),
                }
            };
            let seq = stream.len() as u64;
            stream.push(Brief {
                what,
                span,
                ms,
                seq: Some(seq),
                has_producer: seq == 0,
            });
        }
        stream
    })
}
