//! Lines as SDKs usually write them, read in one pass.
//!
//! What is usual is a guess: fields in the order in which SDKs send them, no white
//! space, no field that is unknown, known keys without escapes. A line that is so is
//! read at once, without slots for fields that it may have. Of any other line nothing
//! is said here, also when it is wrong: [`crate::parse()`] then reads it as what it may
//! be, and knows what to say. So there are two readings of a usual line, and tests
//! hold them against each other.

mod cursor;

use crate::event::{Event, SpanEnd, SpanLog, SpanStart, SpanTag};
use crate::id::SpanId;
use crate::members::Sizes;
use crate::names::{Kind, Level, Status};
use crate::time::TimeMs;
use cursor::Cursor;

/// The event of a usual line; `None` says nothing of the line.
#[inline]
pub(crate) fn event(text: &str) -> Option<Event<'_>> {
    let mut cursor = Cursor::new(text);
    cursor.skip(br#"{"type":"span_"#)?;
    let event = match cursor.peek()? {
        b's' => start(&mut cursor)?,
        b't' => tag(&mut cursor)?,
        b'l' => log(&mut cursor)?,
        _ => end(&mut cursor)?,
    };
    cursor.ends().then_some(event)
}

/// The fields of every event but those that few have.
struct Common {
    span_id: SpanId,
    ts_ms: TimeMs,
    seq: Option<u64>,
}

/// They come in any order: SDKs differ in it.
#[inline(always)] // of each event its own, so that all is kept in registers
fn common(cursor: &mut Cursor<'_>) -> Option<Common> {
    let (mut span_id, mut ts_ms, mut seq) = (None, None, None);
    while let Some(field) = cursor.next_two() {
        match &field {
            b"sp" if span_id.is_none() => {
                cursor.skip(br#","span_id":"#)?;
                span_id = Some(cursor.id()?);
            }
            b"ts" if ts_ms.is_none() => {
                cursor.skip(br#","ts_ms":"#)?;
                ts_ms = Some(cursor.time()?);
            }
            b"se" if seq.is_none() => {
                cursor.skip(br#","seq":"#)?;
                seq = Some(cursor.count()?);
            }
            _ => break,
        }
    }
    Some(Common {
        span_id: span_id?,
        ts_ms: ts_ms?,
        seq,
    })
}

fn start<'a>(cursor: &mut Cursor<'a>) -> Option<Event<'a>> {
    cursor.skip(br#"start""#)?;
    let common = common(cursor)?;
    cursor.skip(br#","parent_span_id":"#)?;
    let parent_span_id = match cursor.skip(b"null") {
        Some(()) => None,
        None => Some(cursor.id()?),
    };
    cursor.skip(br#","name":"#)?;
    let name = cursor.text()?;
    cursor.skip(br#","kind":"#)?;
    let kind = Kind::from_word(cursor.word()?).unwrap_or_default();
    let tags = match cursor.skip(br#","tags":{"#) {
        Some(()) => cursor.members()?,
        None => Default::default(),
    };
    let params = match cursor.skip(br#","params":"#) {
        Some(()) => Some(cursor.json()?),
        None => None,
    };
    Some(Event::Start(SpanStart {
        span_id: common.span_id,
        ts_ms: common.ts_ms,
        seq: common.seq,
        producer: None,
        truncated: Sizes::new(),
        parent_span_id,
        name,
        kind,
        tags,
        params,
    }))
}

fn tag<'a>(cursor: &mut Cursor<'a>) -> Option<Event<'a>> {
    cursor.skip(br#"tag""#)?;
    let common = common(cursor)?;
    cursor.skip(br#","key":"#)?;
    let key = cursor.text()?;
    cursor.skip(br#","value":"#)?;
    let value = cursor.json()?;
    Some(Event::Tag(SpanTag {
        span_id: common.span_id,
        ts_ms: common.ts_ms,
        seq: common.seq,
        producer: None,
        truncated: Sizes::new(),
        key,
        value,
    }))
}

fn log<'a>(cursor: &mut Cursor<'a>) -> Option<Event<'a>> {
    cursor.skip(br#"log""#)?;
    let common = common(cursor)?;
    cursor.skip(br#","message":"#)?;
    let message = cursor.text()?;
    let level = match cursor.skip(br#","level":"#) {
        Some(()) => Level::from_word(cursor.word()?).unwrap_or_default(),
        None => Level::default(),
    };
    let fields = match cursor.skip(br#","fields":{"#) {
        Some(()) => cursor.members()?,
        None => Default::default(),
    };
    Some(Event::Log(SpanLog {
        span_id: common.span_id,
        ts_ms: common.ts_ms,
        seq: common.seq,
        producer: None,
        truncated: Sizes::new(),
        message,
        level,
        fields,
    }))
}

fn end<'a>(cursor: &mut Cursor<'a>) -> Option<Event<'a>> {
    cursor.skip(br#"end""#)?;
    let common = common(cursor)?;
    cursor.skip(br#","status":"#)?;
    let status = Status::from_word(cursor.word()?)?;
    let error = match cursor.skip(br#","error":"#) {
        Some(()) => Some(cursor.text()?),
        None => None,
    };
    let error_type = match cursor.skip(br#","error_type":"#) {
        Some(()) => Some(cursor.text()?),
        None => None,
    };
    let result = match cursor.skip(br#","result":"#) {
        Some(()) => Some(cursor.json()?),
        None => None,
    };
    Some(Event::End(SpanEnd {
        span_id: common.span_id,
        ts_ms: common.ts_ms,
        seq: common.seq,
        producer: None,
        truncated: Sizes::new(),
        status,
        error,
        error_type,
        result,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse_any;
    use crate::{Parsed, limit};

    const HEAD: &str = r#""span_id":"00000000000000a1","ts_ms":1767225600000.913,"seq":4"#;

    fn both(text: &str) -> (Option<Event<'_>>, Option<Event<'_>>) {
        let any = match parse_any(text) {
            Ok(Parsed::Event(event)) => Some(event),
            _ => None,
        };
        (event(text), any)
    }

    fn is_usual(text: &str) -> bool {
        let (usual, any) = both(text);
        assert!(
            usual.is_none() || usual == any,
            "{text}: {usual:?}, {any:?}"
        );
        usual.is_some()
    }

    #[test]
    fn what_sdks_send_is_usual() {
        let python = r#"{"type":"span_tag","seq":1,"ts_ms":1795870096742.950,"span_id":"c0cea1f9600c0589","key":"rows","value":17}"#;
        assert!(is_usual(python));
        for end in [
            r#"start",HEAD,"parent_span_id":null,"name":"load","kind":"step"}"#,
            r#"start",HEAD,"parent_span_id":"00000000000000a2","name":"a\nb","kind":"new","tags":{"day":"monday","n":1,"deep":[{"a":1}]},"params":{"args":[]}}"#,
            r#"tag",HEAD,"key":"a key that is long","value":{"a":[1.5,null]}}"#,
            r#"log",HEAD,"message":"\u00e9","fields":{"took":1.5,"why":"a\tb"}}"#,
            r#"log",HEAD,"message":"cafE_ACUTE","level":"warn"}"#,
            r#"end",HEAD,"status":"ok","result":null}"#,
            r#"end",HEAD,"status":"failed","error":"Traceback:\n  \"x\"\n","error_type":"E"}"#,
        ] {
            let end = end.replace("HEAD", HEAD).replace("E_ACUTE", "\u{e9}");
            let text = format!(r#"{{"type":"span_{end}"#);
            assert!(is_usual(&text), "{text}");
        }
    }

    #[test]
    fn what_is_not_usual_is_left_to_who_reads_all() {
        let good = format!(
            r#"{{"type":"span_start",{HEAD},"parent_span_id":null,"name":"load","kind":"step","tags":{{"a":1,"b":"x"}}}}"#
        );
        assert!(is_usual(&good));
        for (from, to) in [
            ("\"seq\":4", "\"seq\":04"),
            ("\"seq\":4", "\"seq\":4e0"),
            ("\"seq\":4", "\"seq\":4.0"),
            ("\"seq\":4", "\"seq\":9007199254740993"),
            ("\"seq\":4", "\"seq\":4,\"seq\":4"),
            ("1767225600000.913", "01.5"),
            ("1767225600000.913", "1."),
            ("1767225600000.913", "-1"),
            ("1767225600000.913", "1.5.5"),
            ("1767225600000.913", "1.0000000000000000000"),
            ("00000000000000a1", "00000000000000A1"),
            ("00000000000000a1", "0000000000000000"),
            ("\"a\":1,\"b\"", "\"a\":1,\"a\""),
            ("\"a\":1,\"b\"", "\"a\":1,\"\\u0061\""),
            ("\"a\":1", "\"a\":01"),
            ("\"a\":1", "\"a\":{\"x\":1,\"x\":2}"),
            ("\"x\"}}", "\"x\"}} "),
            ("\"x\"}}", "\"x\"}}\r"),
            ("\"x\"}}", "\"x\"}"),
            ("\"x\"}}", "\"x\"}},"),
            ("\"load\"", "\"lo\tad\""),
            ("\"load\"", "\"\\ud800\""),
            (",\"name\"", ", \"name\""),
        ] {
            let text = good.replacen(from, to, 1);
            assert_ne!(text, good);
            assert!(!is_usual(&text), "{text}");
        }
        for end in 0..good.len() {
            assert!(!is_usual(&good[..end]));
        }
    }

    #[test]
    fn depth_counts_from_the_line() {
        for depth in limit::DEPTH - 4..limit::DEPTH + 2 {
            let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            let tag = format!(r#"{{"type":"span_tag",{HEAD},"key":"k","value":{deep}}}"#);
            assert_eq!(is_usual(&tag), depth < limit::DEPTH);
            let log =
                format!(r#"{{"type":"span_log",{HEAD},"message":"","fields":{{"k":{deep}}}}}"#);
            assert_eq!(is_usual(&log), depth < limit::DEPTH - 1);
        }
    }

    #[test]
    fn many_members_are_compared_elsewhere() {
        for count in 1..12 {
            let members: Vec<_> = (0..count).map(|n| format!("\"k{n}\":{n}")).collect();
            let members = members.join(",");
            let text =
                format!(r#"{{"type":"span_log",{HEAD},"message":"","fields":{{{members}}}}}"#);
            assert_eq!(is_usual(&text), count <= 8);
        }
    }
}
