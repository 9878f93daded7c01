//! Scripts: one step a line, `CONNECTION VERB SPAN …`. Span names are also
//! ids: each name has one.
//!
//! ```text
//! 1 open                     1 close                  1 reject
//! 1 start a under b at 5 from p lost 2 flag rule.end-once
//! 1 tag a key value          1 log a message          1 end a ok
//! - shed 10 20
//! ```

use std::hash::{DefaultHasher, Hash, Hasher};

use hero_span_protocol::{
    Clause, Event, Json, Kind, Level, Members, Producer, SpanEnd, SpanId, SpanLog, SpanStart,
    SpanTag, Status, TimeMs,
};

use crate::tree::{Ending, Forest, Heard, SessionId};

pub(super) fn play(forest: &mut Forest, script: &str) {
    for (number, line) in script.lines().enumerate() {
        step(forest, line, number);
    }
}

/// An event that was played, how many were lost before it, and where it went.
pub(super) type Step<'a> = (Event<'a>, u64, Heard);

/// Plays one line, which stands at that place in its script.
pub(super) fn step<'a>(forest: &mut Forest, line: &'a str, number: usize) -> Option<Step<'a>> {
    let words: Vec<_> = line.split_whitespace().collect();
    if words[1] == "shed" {
        let [ended, all] = [2, 3].map(|at: usize| words[at].parse().expect("a count"));
        forest.shed(ended, all);
        return None;
    }
    let session = SessionId(words[0].parse().expect("a connection's number"));
    match words[1] {
        "open" => forest.open(session),
        "close" => forest.close(session, Ending::Closed),
        "reject" => forest.reject(session, 1),
        _ => {
            let after = |word: &str| {
                let at = words.iter().position(|&found| found == word)?;
                words.get(at + 1).copied()
            };
            let flag = after("flag").map(|id| Clause::from_id(id).expect("a clause"));
            let lost = after("lost").map_or(0, |lost| lost.parse().expect("a count"));
            let event = event(&words, number, after);
            let heard = forest.hear(session, &event, flag.as_slice(), lost);
            return Some((event, lost, heard));
        }
    }
    None
}

fn event<'a>(
    words: &[&'a str],
    number: usize,
    after: impl Fn(&str) -> Option<&'a str>,
) -> Event<'a> {
    let span_id = id(words[2]);
    let at = after("at").map_or(number as f64, |at| at.parse().expect("a time"));
    let ts_ms = TimeMs::new(at).expect("a time");
    let producer = after("from").map(producer);
    match words[1] {
        "start" => Event::Start(SpanStart {
            span_id,
            ts_ms,
            seq: None,
            producer,
            truncated: Members::new(),
            parent_span_id: after("under").map(id),
            name: words[2].into(),
            kind: Kind::Step,
            tags: Members::new(),
            params: None,
        }),
        "tag" => Event::Tag(SpanTag {
            span_id,
            ts_ms,
            seq: None,
            producer,
            truncated: Members::new(),
            key: words[3].into(),
            value: Json::parse(words[4]).expect("JSON"),
        }),
        "log" => Event::Log(SpanLog {
            span_id,
            ts_ms,
            seq: None,
            producer,
            truncated: Members::new(),
            message: words[3].into(),
            level: Level::Info,
            fields: Members::new(),
        }),
        "end" => Event::End(SpanEnd {
            span_id,
            ts_ms,
            seq: None,
            producer,
            truncated: Members::new(),
            status: Status::from_word(words[3]).expect("a status"),
            error: None,
            error_type: None,
            result: None,
        }),
        verb => panic!("no such verb: {verb}"),
    }
}

fn producer(name: &str) -> Producer<'static> {
    Producer {
        id: id(name),
        sdk: None,
        version: None,
        protocol: None,
        pid: None,
    }
}

pub(super) fn id(name: &str) -> SpanId {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    SpanId::try_from(hasher.finish()).expect("no name hashes to zero")
}
