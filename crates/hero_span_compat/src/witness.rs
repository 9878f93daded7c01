//! The smallest line, stream or process that shows a change, and what was seen when it was tried.

use std::collections::BTreeMap;

use hero_span_contract::Reading;
use hero_span_protocol::{CheckOptions, Checker, judge, parse};
use serde::Serialize;
use serde_json::{Value, json};

use crate::changes::{Change, Place, Spot};
use crate::faults::Fault;
use crate::lines::Said;
use crate::rules::Effect;
use crate::side::{Party, Sent, Side};

/// What shows that something becomes of what was sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Witness {
    /// What an SDK sends, in the order of a connection.
    pub lines: Vec<Value>,
    /// What it finds in its environment, where that is what shows it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// What was tried, and what it gave.
    pub tried: Vec<Trial>,
}

/// One thing that was tried with a witness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// Who looked, such as `the old emit schema`.
    pub by: String,
    /// What it said.
    pub said: String,
    /// Whether that is what shows the effect.
    pub agrees: bool,
}

/// The smallest witness of that effect, tried; `None` where no line shows it.
pub(crate) fn witness(change: &Change, effect: Effect, side: &Side<'_>) -> Option<Witness> {
    match &change.spot {
        Spot::Nowhere => None,
        Spot::Rule(clause) => stream(clause, side),
        Spot::Variable { clause, old, new } => environment(clause, old, new, side),
        spot => {
            let shows = side.lines.iter().filter(|sent| shows(spot, effect, sent));
            // The smallest that all agree on; a schema cannot count what a judge can.
            let mut tried = shows.map(|sent| tried(sent, effect, side));
            tried.find(|witness| witness.tried.iter().all(|trial| trial.agrees))
        }
    }
}

/// The smallest line that is refused, whatever the reason.
pub(crate) fn refused(side: &Side<'_>) -> Option<Witness> {
    let sent = side.lines.iter().find(|sent| !sent.refused.is_empty())?;
    Some(tried(sent, Effect::Refused, side))
}

fn shows(spot: &Spot, effect: Effect, sent: &Sent) -> bool {
    let among = |faults: &[Fault]| faults.iter().any(|fault| is_at(spot, sent, fault));
    match effect {
        Effect::Fine | Effect::Ignored => false,
        Effect::Refused => among(&sent.refused),
        Effect::Flagged => sent.refused.is_empty() && among(&sent.flagged),
        Effect::Lost => sent.refused.is_empty() && is_lost(spot, sent),
        Effect::Misread => sent.refused.is_empty() && is_misread(spot, sent),
    }
}

fn is_at(spot: &Spot, sent: &Sent, fault: &Fault) -> bool {
    match spot {
        Spot::Event(name) => sent.event() == name,
        Spot::Events { old, new } => [old, new].iter().any(|name| *name == sent.event()),
        Spot::Field(place) => place.holds(sent.event(), &fault.field, &fault.types),
        Spot::Fields { old, new } => [old, new]
            .iter()
            .any(|place| place.holds(sent.event(), &fault.field, &fault.types)),
        Spot::Clauses(clauses) => clauses.contains(&fault.clause),
        Spot::Within(name) => fault.types.contains(name),
        Spot::Rule(_) | Spot::Variable { .. } | Spot::Nowhere => false,
    }
}

/// Something that it means does not arrive.
fn is_lost(spot: &Spot, sent: &Sent) -> bool {
    let Some(read) = &sent.read else {
        let named = |name: &String| name == sent.event();
        return match spot {
            Spot::Event(name) => named(name),
            Spot::Events { old, new } => named(old) || named(new),
            _ => false,
        };
    };
    let gone = |place: &Place| {
        let holds = |path: &str, said: &Said| place.holds(sent.event(), path, &said.types);
        let mut meant = sent.meant.iter().filter(|(path, said)| holds(path, said));
        meant.any(|(path, _)| !read.contains_key(path))
    };
    match spot {
        Spot::Field(place) => gone(place),
        Spot::Fields { old, new } => gone(old) || gone(new),
        _ => false,
    }
}

/// Something that it means is read as something else.
fn is_misread(spot: &Spot, sent: &Sent) -> bool {
    let Some(read) = &sent.read else {
        return false;
    };
    let wanted = |path: &str, said: &Said| match spot {
        Spot::Field(place) => place.holds(sent.event(), path, &said.types),
        Spot::Clauses(clauses) => clauses.contains(&said.clause),
        Spot::Within(name) => said.types.contains(name),
        _ => false,
    };
    let mut meant = sent.meant.iter().filter(|(path, said)| wanted(path, said));
    meant.any(|(path, said)| read.get(path).is_some_and(|read| read.value != said.value))
}

/// Runs a line through both sides' schemas, and through the parser where a side is its contract.
fn tried(sent: &Sent, effect: Effect, side: &Side<'_>) -> Witness {
    let mut tried = sends(&sent.line, side.sender);
    tried.extend(takes(sent, effect, side.reader));
    if matches!(effect, Effect::Lost | Effect::Misread) {
        tried.push(reading(sent, side));
    }
    Witness {
        lines: vec![sent.line.clone()],
        environment: BTreeMap::new(),
        tried,
    }
}

fn sends(line: &Value, sender: &Party<'_>) -> Vec<Trial> {
    let schema = sender.schema_says(Reading::Emit, line);
    let mut tried = vec![Trial {
        by: format!("the {} emit schema", sender.name),
        agrees: schema.is_none(),
        said: schema.unwrap_or_else(|| "may be sent".to_owned()),
    }];
    if sender.is_present {
        let (_, violations) = judge(line.to_string().as_bytes());
        tried.push(Trial {
            by: "this program's emit reading".to_owned(),
            agrees: violations.is_empty(),
            said: violations
                .first()
                .map_or("may be sent".to_owned(), ToString::to_string),
        });
    }
    tried
}

fn takes(sent: &Sent, effect: Effect, reader: &Party<'_>) -> Vec<Trial> {
    let refused = effect == Effect::Refused;
    let taken = || "taken".to_owned();
    let schema = reader.schema_says(Reading::Accept, &sent.line);
    let mut tried = vec![Trial {
        by: format!("the {} accept schema", reader.name),
        // It cannot count bytes, decimals or depth.
        agrees: schema.is_some() == refused || refused,
        said: schema.unwrap_or_else(taken),
    }];
    let fault = sent.refused.first();
    tried.push(Trial {
        by: format!("the {} contract", reader.name),
        agrees: fault.is_some() == refused,
        said: fault.map_or_else(taken, shown),
    });
    if effect == Effect::Flagged {
        let fault = sent.flagged.first();
        tried.push(Trial {
            by: format!("the {} contract, of SDKs", reader.name),
            agrees: fault.is_some(),
            said: fault.map_or("may be sent".to_owned(), shown),
        });
    }
    if reader.is_present {
        let parsed = parse(sent.line.to_string().as_bytes()).map(|_| ());
        tried.push(Trial {
            by: "this program's parser".to_owned(),
            // It is given a line without its LF, so it cannot find one too long.
            agrees: parsed.is_err() == refused || only_too_long(sent),
            said: parsed.map_or_else(|error| error.to_string(), |()| taken()),
        });
    }
    tried
}

fn only_too_long(sent: &Sent) -> bool {
    sent.refused
        .iter()
        .all(|fault| fault.clause == "limit.line")
        && !sent.refused.is_empty()
}

fn shown(fault: &Fault) -> String {
    let Fault {
        field,
        clause,
        said,
        ..
    } = fault;
    match field.as_str() {
        "" => format!("{clause}: {said}"),
        field => format!("{clause} in `{field}`: {said}"),
    }
}

/// What was meant and what is read, where they differ.
fn reading(sent: &Sent, side: &Side<'_>) -> Trial {
    let by = format!("the {} collector's reading", side.reader.name);
    let Some(read) = &sent.read else {
        return Trial {
            by,
            said: format!("skipped: it knows no `{}`", sent.event()),
            agrees: true,
        };
    };
    let differs = |(path, said): &(&String, &Said)| {
        read.get(*path).is_none_or(|read| read.value != said.value)
    };
    let found = sent.meant.iter().find(differs);
    let said = found.map(|(path, said)| match read.get(path) {
        None => format!("nothing in `{path}`, where {} was sent", said.value),
        Some(read) => format!("{} in `{path}`, where {} was meant", read.value, said.value),
    });
    Trial {
        by,
        agrees: said.is_some(),
        said: said.unwrap_or_else(|| "all that was meant".to_owned()),
    }
}

/// The shortest stream that breaks a stream rule: kept by one side, not by the other.
fn stream(clause: &str, side: &Side<'_>) -> Option<Witness> {
    let has = |party: &Party<'_>| party.contract.clause(clause).is_some();
    if has(side.sender) || !has(side.reader) {
        return None;
    }
    let lines = breaking(clause)?;
    let mut checker = Checker::new(CheckOptions::default());
    for line in &lines {
        checker.feed(format!("{line}\n").as_bytes());
    }
    let report = checker.finish();
    let found = report.violations.iter().map(|located| &located.violation);
    let broken: Vec<&str> = found.map(|violation| violation.clause.id()).collect();
    let tried = Trial {
        by: "this program's stream rules".to_owned(),
        said: broken.join(", "),
        agrees: broken == [clause],
    };
    tried.agrees.then(|| Witness {
        lines,
        environment: BTreeMap::new(),
        tried: vec![tried],
    })
}

const SPAN: &str = "00000000000000a1";
const OTHER: &str = "00000000000000a2";

fn breaking(clause: &str) -> Option<Vec<Value>> {
    let start = |span: &str, seq: u64, time: u64, parent: Value| {
        let mut line = json!({"type": "span_start", "span_id": span, "ts_ms": time, "seq": seq,
            "parent_span_id": parent, "name": "load", "kind": "step"});
        if seq == 0 {
            line["producer"] = json!({"id": "00000000000000f1", "sdk": "python",
                "version": "1.0.0", "protocol": 1, "pid": 1});
        }
        line
    };
    let end = |seq: u64, time: u64| json!({"type": "span_end", "span_id": SPAN, "ts_ms": time, "seq": seq, "status": "ok"});
    let tag = |seq: u64, time: u64| json!({"type": "span_tag", "span_id": SPAN, "ts_ms": time, "seq": seq, "key": "k", "value": 1});
    let root = start(SPAN, 0, 1, Value::Null);
    let again = start(SPAN, 1, 1, Value::Null);
    Some(match clause {
        "rule.start-first" => {
            let mut line = end(0, 1);
            line["producer"] = root["producer"].clone();
            vec![line]
        }
        "rule.start-once" => vec![root, again],
        "rule.end-last" => vec![root, end(1, 1), tag(2, 1)],
        "rule.end-once" => vec![root, end(1, 1), end(2, 1)],
        "rule.parent-started" => {
            let child = start(SPAN, 0, 1, json!(OTHER));
            vec![child, start(OTHER, 1, 1, Value::Null)]
        }
        "rule.time-order" => vec![start(SPAN, 0, 2, Value::Null), end(1, 1)],
        "rule.seq-rises" => {
            let mut line = end(1, 1);
            line["seq"] = json!(0);
            vec![root, line]
        }
        "rule.producer-first" => {
            let mut line = root;
            line.as_object_mut()?.remove("producer");
            vec![line]
        }
        _ => return None,
    })
}

/// What one side sets and the other does not read: the root of a sub-flow that hangs nowhere, or
/// a span that is not sent at all.
fn environment(
    clause: &str,
    old: &Option<String>,
    new: &Option<String>,
    side: &Side<'_>,
) -> Option<Witness> {
    let name_at = |party: &Party<'_>| {
        let variables = &party.contract.environment;
        let named = |name: &&String| variables.iter().any(|it| it.name == **name);
        [old, new].into_iter().flatten().find(named).cloned()
    };
    // The collector's side runs the flow and sets the variable; the SDK reads it.
    let set = name_at(side.reader);
    let read = name_at(side.sender);
    let value = match clause {
        "env.parent" => OTHER,
        "env.socket" => "/run/hero-span.sock",
        _ => return None,
    };
    let environment: BTreeMap<String, String> = set
        .iter()
        .map(|name| (name.clone(), value.to_owned()))
        .collect();
    let found = read.as_ref().and_then(|name| environment.get(name));
    let meant = set.as_ref().or(read.as_ref())?;
    let sent = found.map_or(Value::Null, |parent| json!(parent));
    let looked = read.as_deref().unwrap_or("no variable");
    let trial = Trial {
        by: format!("an SDK of the {} contract", side.sender.name),
        said: match clause {
            "env.socket" => format!("reads {looked}, finds no socket there, and sends nothing"),
            _ => format!("reads {looked}, finds no parent there, and sends a root"),
        },
        agrees: found.is_none(),
    };
    let lines = match clause {
        "env.socket" => Vec::new(),
        _ => vec![json!({"type": "span_start", "span_id": SPAN, "parent_span_id": sent})],
    };
    let environment = if environment.is_empty() {
        BTreeMap::from([(meant.clone(), String::new())])
    } else {
        environment
    };
    trial.agrees.then(|| Witness {
        lines,
        environment,
        tried: vec![trial],
    })
}
