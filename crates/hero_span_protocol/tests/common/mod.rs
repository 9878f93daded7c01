//! Generators that the laws share.
#![allow(dead_code, reason = "each test binary uses some of them")]
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

pub(crate) mod lines;
pub(crate) mod streams;
pub(crate) mod texts;

use std::borrow::Cow;

use hero_span_protocol::{
    Event, Json, Kind, Level, Members, PROTOCOL, Producer, Sizes, SpanEnd, SpanId, SpanLog,
    SpanStart, SpanTag, Status, TimeMs, limit,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use texts::{json_value, text};

/// So many cases of a law, or as many as PROPTEST_CASES asks for.
pub(crate) fn cases(default: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        cases: asked
            .and_then(|cases| cases.parse().ok())
            .unwrap_or(default),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Any id.
pub(crate) fn id() -> impl Strategy<Value = SpanId> {
    (1..=u64::MAX).prop_map(|bits| SpanId::try_from(bits).expect("an id"))
}

/// Any time that a consumer keeps.
pub(crate) fn time() -> impl Strategy<Value = TimeMs> {
    let any = prop_oneof![
        3 => (0_u64..4_000_000_000_000_000).prop_map(|us| us as f64 / 1000.0),
        1 => proptest::num::f64::ANY.prop_filter("finite", |ms| ms.is_finite()),
    ];
    any.prop_map(|ms| TimeMs::new(ms).expect("a time"))
}

/// A time that may be sent.
pub(crate) fn sent_time() -> impl Strategy<Value = TimeMs> {
    let microseconds = 0_u64..4_000_000_000_000_000;
    microseconds.prop_map(|us| TimeMs::new(us as f64 / 1000.0).expect("a time"))
}

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![0..100_u64, 0..=limit::INTEGER_MAX]
}

fn name() -> impl Strategy<Value = Cow<'static, str>> {
    text().prop_map(Cow::Owned)
}

/// A JSON value, compact or not.
pub(crate) fn json() -> impl Strategy<Value = Json<'static>> {
    texts::noisy_json().prop_map(|text| Json::parse(&text).expect("a value").into_owned())
}

pub(crate) fn members() -> impl Strategy<Value = Members<'static>> {
    vec((text(), json()), 0..5).prop_map(Members::from_iter)
}

fn sizes() -> impl Strategy<Value = Sizes<'static>> {
    vec((text(), count()), 0..3).prop_map(Sizes::from_iter)
}

fn producer() -> impl Strategy<Value = Producer<'static>> {
    let names = (option::of(name()), option::of(name()));
    let counts = (option::of(count()), option::of(count()));
    (id(), names, counts).prop_map(|(id, (sdk, version), (protocol, pid))| Producer {
        id,
        sdk,
        version,
        protocol,
        pid,
    })
}

/// The fields of every event.
type Common = (
    SpanId,
    TimeMs,
    Option<u64>,
    Option<Producer<'static>>,
    Sizes<'static>,
);

fn common() -> impl Strategy<Value = Common> {
    (
        id(),
        time(),
        option::of(count()),
        option::of(producer()),
        sizes(),
    )
}

/// Any event that a consumer takes, small enough for a line.
pub(crate) fn event() -> impl Strategy<Value = Event<'static>> {
    prop_oneof![
        start(common(), name(), members(), json()).prop_map(Event::Start),
        tag(common(), name(), json()).prop_map(Event::Tag),
        log(common(), name(), members()).prop_map(Event::Log),
        end(common(), name().boxed(), json()).prop_map(Event::End),
    ]
}

fn start(
    common: impl Strategy<Value = Common>,
    name: impl Strategy<Value = Cow<'static, str>>,
    tags: impl Strategy<Value = Members<'static>>,
    params: impl Strategy<Value = Json<'static>>,
) -> impl Strategy<Value = SpanStart<'static>> {
    let own = (
        option::of(id()),
        name,
        select(Kind::ALL),
        tags,
        option::of(params),
    );
    (common, own).prop_map(
        |((span_id, ts_ms, seq, producer, truncated), own)| SpanStart {
            span_id,
            ts_ms,
            seq,
            producer,
            truncated,
            parent_span_id: own.0,
            name: own.1,
            kind: own.2,
            tags: own.3,
            params: own.4,
        },
    )
}

fn tag(
    common: impl Strategy<Value = Common>,
    key: impl Strategy<Value = Cow<'static, str>>,
    value: impl Strategy<Value = Json<'static>>,
) -> impl Strategy<Value = SpanTag<'static>> {
    (common, key, value).prop_map(|((span_id, ts_ms, seq, producer, truncated), key, value)| {
        SpanTag {
            span_id,
            ts_ms,
            seq,
            producer,
            truncated,
            key,
            value,
        }
    })
}

fn log(
    common: impl Strategy<Value = Common>,
    message: impl Strategy<Value = Cow<'static, str>>,
    fields: impl Strategy<Value = Members<'static>>,
) -> impl Strategy<Value = SpanLog<'static>> {
    (common, message, select(Level::ALL), fields).prop_map(
        |((span_id, ts_ms, seq, producer, truncated), message, level, fields)| SpanLog {
            span_id,
            ts_ms,
            seq,
            producer,
            truncated,
            message,
            level,
            fields,
        },
    )
}

fn end(
    common: impl Strategy<Value = Common>,
    text: impl Strategy<Value = Cow<'static, str>> + Clone,
    result: impl Strategy<Value = Json<'static>>,
) -> impl Strategy<Value = SpanEnd<'static>> {
    let own = (
        select(Status::ALL),
        option::of(text.clone()),
        option::of(text),
        option::of(result),
    );
    (common, own).prop_map(
        |((span_id, ts_ms, seq, producer, truncated), own)| SpanEnd {
            span_id,
            ts_ms,
            seq,
            producer,
            truncated,
            status: own.0,
            // A failed span says why.
            error: own
                .1
                .or((own.0 == Status::Failed).then_some(Cow::Borrowed("why"))),
            error_type: own.2,
            result: own.3,
        },
    )
}

/// Any event that an SDK may be asked to send, of any size, before it is cut.
pub(crate) fn uncut_event() -> impl Strategy<Value = Event<'static>> {
    let name = || texts::long_text().prop_map(Cow::Owned);
    let value = || {
        prop_oneof![
            json_value().prop_map(|value| Json::from(&value)),
            texts::long_text().prop_map(|text| Json::string(&text)),
            vec(texts::long_text(), 1..4).prop_map(|texts| Json::from(serde_json::json!(texts))),
        ]
    };
    let members = || {
        let few = vec((texts::long_text(), value()), 0..4);
        let many = vec((texts::medium_text(), texts::medium_text()), 60..70);
        let many = many.prop_map(|pairs| {
            let pairs = pairs.into_iter();
            pairs
                .map(|(key, text)| (key, Json::string(&text)))
                .collect()
        });
        prop_oneof![3 => few, 1 => many].prop_map(Members::from_iter)
    };
    prop_oneof![
        start(sent_common(), name(), members(), value()).prop_map(Event::Start),
        tag(sent_common(), name(), value()).prop_map(Event::Tag),
        log(sent_common(), name(), members()).prop_map(Event::Log),
        end(sent_common(), name().boxed(), value()).prop_map(Event::End),
    ]
}

fn sent_common() -> impl Strategy<Value = Common> {
    let producer = (id(), texts::long_text(), count()).prop_map(|(id, text, pid)| Producer {
        id,
        sdk: Some(Cow::Owned(text.clone())),
        version: Some(Cow::Owned(text)),
        protocol: Some(PROTOCOL),
        pid: Some(pid),
    });
    let producer = prop_oneof![5 => Just(None), 1 => producer.prop_map(Some)];
    let seq = count().prop_map(Some);
    (id(), sent_time(), seq, producer, Just(Sizes::new()))
}
