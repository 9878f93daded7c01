//! Forests from short scripts: one step a line, times in milliseconds since
//! noon.
//!
//! ```text
//! 1 start flow run at 0            1 start step load under run at 1 tags rows=3
//! 1 log load warn hello at 2       1 end load failed at 3 error ValueError: no
//! 1 close                          - shed 10 20
//! ```

use std::hash::{DefaultHasher, Hash, Hasher};

use hero_span_collector::Forest;
use hero_span_collector::tree::{Ending, SessionId};
use hero_span_protocol::{Clause, Parsed, parse};
use serde_json::{Map, Value, json};

const NOON_MS: f64 = 1_700_049_600_000.0;

pub(crate) fn grow(script: &str) -> Forest {
    grow_on(Forest::new(), script)
}

pub(crate) fn grow_on(mut forest: Forest, script: &str) -> Forest {
    for line in script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        step(&mut forest, line);
    }
    forest
}

fn step(forest: &mut Forest, line: &str) {
    let (line, rest) = line.split_once(" error ").unwrap_or((line, ""));
    let words: Vec<_> = line.split(' ').collect();
    if words[1] == "shed" {
        let [ended, all] = [2, 3].map(|at: usize| words[at].parse().expect("a count"));
        return forest.shed(ended, all);
    }
    let session = SessionId(words[0].parse().expect("a connection"));
    match words[1] {
        "close" => forest.close(session, Ending::Closed),
        "stop" => forest.close(session, Ending::Stopped),
        "idle" => forest.close(session, Ending::Idle),
        "reject" => forest.reject(session, 2),
        "skip" => forest.skip(session, 1),
        "tear" => forest.tear(session),
        verb => {
            let flag = after(&words, "flag").map(|id| Clause::from_id(id).expect("a clause"));
            let lost = after(&words, "lost").map_or(0, |lost| lost.parse().expect("a count"));
            let line = event(verb, &words, rest).to_string();
            let Ok(Parsed::Event(event)) = parse(line.as_bytes()) else {
                panic!("no event: {line}")
            };
            forest.hear(session, &event, flag.as_slice(), lost);
        }
    }
}

fn event(verb: &str, words: &[&str], error: &str) -> Value {
    let at: f64 = after(words, "at").map_or(0.0, |at| at.parse().expect("a time"));
    let name = if verb == "start" { words[3] } else { words[2] };
    let mut event = json!({
        "type": format!("span_{verb}"), "span_id": id(name), "ts_ms": NOON_MS + at,
    });
    if let Some(pid) = after(words, "pid") {
        let pid: u64 = pid.parse().expect("a process id");
        event["producer"] = json!({ "id": format!("{pid:016x}"), "pid": pid });
    }
    let more = match verb {
        "start" => json!({
            "name": name.replace('_', " "), "kind": words[2], "tags": tags(words),
            "parent_span_id": after(words, "under").map(id),
        }),
        "tag" => json!({ "key": words[3], "value": words[4] }),
        "log" => {
            json!({ "level": words[3], "message": words[4].replace('_', " "), "fields": tags(words) })
        }
        "end" if error.is_empty() => json!({ "status": words[3] }),
        "end" => json!({ "status": words[3], "error": error.replace("\\n", "\n") }),
        verb => panic!("no such verb: {verb}"),
    };
    let Value::Object(more) = more else {
        unreachable!()
    };
    event.as_object_mut().expect("an object").extend(more);
    event
}

fn tags(words: &[&str]) -> Map<String, Value> {
    let pairs = words.iter().filter_map(|word| word.split_once('='));
    let value = |text: &str| {
        text.parse::<u64>()
            .map_or(json!(text), |number| json!(number))
    };
    pairs
        .map(|(key, text)| (key.to_owned(), value(text)))
        .collect()
}

fn after<'a>(words: &[&'a str], word: &str) -> Option<&'a str> {
    let at = words.iter().skip(3).position(|&found| found == word)?;
    words.get(at + 4).copied()
}

fn id(name: &str) -> String {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
