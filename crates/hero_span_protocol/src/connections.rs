//! What the connections of one collector have to do with each other.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;

use crate::check::Located;
use crate::contract::Clause;
use crate::event::{Event, SpanStart};
use crate::id::SpanId;
use crate::stream::Finding;

/// Spans, and producers, of which the latest are remembered: some 20 MB.
const REMEMBERED: usize = 250_000;

/// What is known of all connections so far: give it each event, in the order
/// of its own connection.
///
/// It decides what no connection shows by itself: that a producer has one
/// connection (`transport.socket`, and `sdk.fork` when another process uses
/// its id), that no two spans share an id (`type.id`), and, where the parents
/// from elsewhere are known, that every parent starts on some connection
/// (`rule.parent-started`).
///
/// Connections are read side by side, so a parent may be heard after its
/// child: who never started is known at the end.
#[derive(Debug, Default)]
pub struct Connections {
    producers: Latest<SpanId, Writer>,
    started: Latest<SpanId, u64>,
    /// `None` takes any parent that no connection starts as one from elsewhere.
    elsewhere: Option<HashSet<SpanId>>,
    /// Parents that have not started yet.
    awaited: HashMap<SpanId, Awaited>,
}

#[derive(Debug)]
struct Writer {
    connection: u64,
    pid: Option<u64>,
}

/// The first child that named a parent, and where.
#[derive(Debug)]
struct Awaited {
    connection: u64,
    line: u64,
    byte_offset: u64,
    child: SpanId,
}

impl Connections {
    /// Before the first connection. `elsewhere` are the spans that may be
    /// parents and start on none; `None` means any.
    pub fn new(elsewhere: Option<HashSet<SpanId>>) -> Self {
        Self {
            elsewhere,
            ..Self::default()
        }
    }

    /// Takes an event of a connection, which goes by its number; the event's
    /// line and that line's first byte are told of again by
    /// [`Self::orphans`].
    pub fn observe(
        &mut self,
        connection: u64,
        line: u64,
        byte_offset: u64,
        event: &Event<'_>,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(self.see_producer(connection, event));
        if let Event::Start(start) = event {
            findings.extend(self.see_start(connection, start));
            self.see_parent(connection, line, byte_offset, start);
        }
        findings
    }

    fn see_producer(&mut self, connection: u64, event: &Event<'_>) -> Option<Finding> {
        let producer = event.producer()?;
        let (id, pid) = (producer.id, producer.pid);
        let Some(known) = self.producers.get(&id) else {
            self.producers.insert(id, Writer { connection, pid });
            return None;
        };
        if known.connection == connection {
            return None;
        }
        let is_fork = pid.is_some() && known.pid.is_some() && pid != known.pid;
        let (clause, expected) = if is_fork {
            (Clause::SdkFork, "a producer.id of its own in each process")
        } else {
            (Clause::TransportSocket, "one connection of each producer")
        };
        let found = format!("{id} on connection {} too", known.connection);
        Some(finding(clause, event.span_id(), expected.into(), found))
    }

    fn see_start(&mut self, connection: u64, start: &SpanStart<'_>) -> Option<Finding> {
        let id = start.span_id;
        self.awaited.remove(&id);
        let Some(&known) = self.started.get(&id) else {
            self.started.insert(id, connection);
            return None;
        };
        // Twice on one connection is a rule of its own.
        (known != connection).then(|| {
            let expected = "an id that no other span has".into();
            let found = format!("{id}, which started on connection {known}");
            finding(Clause::TypeId, id, expected, found)
        })
    }

    fn see_parent(&mut self, connection: u64, line: u64, byte_offset: u64, start: &SpanStart<'_>) {
        let (Some(parent), Some(elsewhere)) = (start.parent_span_id, &self.elsewhere) else {
            return;
        };
        let is_known = elsewhere.contains(&parent) || self.started.get(&parent).is_some();
        if !is_known && self.awaited.len() < REMEMBERED {
            self.awaited.entry(parent).or_insert(Awaited {
                connection,
                line,
                byte_offset,
                child: start.span_id,
            });
        }
    }

    /// The parents that were named and started nowhere, each where it was
    /// first named, with the number of that connection. None when so many
    /// spans have started that the first are forgotten.
    pub fn orphans(&self) -> Vec<(u64, Located)> {
        if self.started.has_forgotten {
            return Vec::new();
        }
        let orphan = |(parent, awaited): (&SpanId, &Awaited)| {
            let expected = format!(
                "a parent that starts on some connection, for {}",
                awaited.child
            );
            let found = format!("{parent}, which never does");
            let finding = finding(Clause::RuleParentStarted, awaited.child, expected, found);
            let located = Located {
                line: awaited.line,
                byte_offset: awaited.byte_offset,
                violation: finding.into(),
            };
            (awaited.connection, located)
        };
        let mut orphans: Vec<_> = self.awaited.iter().map(orphan).collect();
        orphans.sort_by_key(|(connection, located)| (*connection, located.line));
        orphans
    }
}

fn finding(clause: Clause, span_id: SpanId, expected: String, found: String) -> Finding {
    Finding {
        clause,
        span_id,
        expected,
        found,
        explained_by_loss: false,
    }
}

/// The latest entries of a map.
#[derive(Debug)]
struct Latest<K, V> {
    map: HashMap<K, V>,
    order: VecDeque<K>,
    has_forgotten: bool,
}

impl<K, V> Default for Latest<K, V> {
    fn default() -> Self {
        Self {
            map: HashMap::new(),
            order: VecDeque::new(),
            has_forgotten: false,
        }
    }
}

impl<K: Copy + Eq + Hash, V> Latest<K, V> {
    fn get(&self, key: &K) -> Option<&V> {
        self.map.get(key)
    }

    /// Takes an entry that is not there yet.
    fn insert(&mut self, key: K, value: V) {
        if self.order.len() >= REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.map.remove(&oldest);
            self.has_forgotten = true;
        }
        self.order.push_back(key);
        self.map.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Parsed, parse};

    /// Starts spans, given as `connection: span under parent of producer/pid`,
    /// and says what is found, at once and at the end.
    fn check(elsewhere: Option<&[u64]>, starts: &[&str]) -> String {
        let id = |id: &u64| SpanId::new((*id).try_into().unwrap());
        let elsewhere = elsewhere.map(|ids| ids.iter().map(id).collect());
        let mut connections = Connections::new(elsewhere);
        let mut said = Vec::new();
        for start in starts {
            let (connection, line) = line(start);
            let Ok(Parsed::Event(event)) = parse(line.as_bytes()) else {
                panic!("no event: {line}");
            };
            for found in connections.observe(connection, 1, 0, &event) {
                said.push(format!("{start}: {}", crate::Violation::from(found)));
            }
        }
        for (connection, located) in connections.orphans() {
            said.push(format!(
                "{connection}, line {}: {}",
                located.line, located.violation
            ));
        }
        said.join("\n")
    }

    fn line(start: &str) -> (u64, String) {
        let (connection, rest) = start.split_once(": ").unwrap();
        let (spans, producer) = rest.split_once(" of ").unwrap_or((rest, ""));
        let (span, parent) = spans.split_once(" under ").unwrap_or((spans, ""));
        let parent = match parent {
            "" => "null".to_owned(),
            parent => format!("\"{parent:0>16}\""),
        };
        let producer = match producer.split_once('/') {
            None => String::new(),
            Some((id, pid)) => format!(r#""producer":{{"id":"{id:0>16}","pid":{pid}}},"#),
        };
        let line = format!(
            r#"{{"type":"span_start","span_id":"{span:0>16}","ts_ms":1,"seq":0,{producer}"parent_span_id":{parent},"name":"n","kind":"step"}}"#
        );
        (connection.parse().unwrap(), line)
    }

    #[test]
    fn producers_and_spans_of_their_own_are_right() {
        let starts = [
            "1: a of f1/1",
            "2: b under a of f2/2",
            "1: c under a",
            "2: d under 9",
        ];
        assert_eq!(check(None, &starts), "");
    }

    #[test]
    fn a_producer_has_one_connection() {
        insta::assert_snapshot!(check(None, &["1: a of f1/1", "2: b of f1/1"]), @"2: b of f1/1: transport.socket: expected one connection of each producer, found 00000000000000f1 on connection 1 too");
    }

    #[test]
    fn a_forked_process_has_an_id_of_its_own() {
        insta::assert_snapshot!(check(None, &["1: a of f1/1", "2: b of f1/2"]), @"2: b of f1/2: sdk.fork: expected a producer.id of its own in each process, found 00000000000000f1 on connection 1 too");
    }

    #[test]
    fn an_id_is_used_once() {
        insta::assert_snapshot!(check(None, &["1: a", "2: a", "2: b"]), @"2: a: type.id: expected an id that no other span has, found 000000000000000a, which started on connection 1");
        assert_eq!(
            check(None, &["1: a", "1: a"]),
            "",
            "the stream rules say so"
        );
    }

    #[test]
    fn a_parent_starts_on_some_connection_or_is_known() {
        let starts = [
            "2: b under a",
            "2: c under a",
            "3: d under 9",
            "3: e under 8",
            "1: a",
        ];
        assert_eq!(check(None, &starts), "");
        assert_eq!(check(Some(&[8, 9]), &starts), "");
        insta::assert_snapshot!(check(Some(&[9]), &starts), @"3, line 1: rule.parent-started: expected a parent that starts on some connection, for 000000000000000e, found 0000000000000008, which never does");
        insta::assert_snapshot!(check(Some(&[8, 9]), &starts[..4]), @"2, line 1: rule.parent-started: expected a parent that starts on some connection, for 000000000000000b, found 000000000000000a, which never does");
    }

    #[test]
    fn the_oldest_are_forgotten_and_nothing_is_said_of_them() {
        let mut latest = Latest::default();
        for key in 0..=REMEMBERED {
            assert!(!latest.has_forgotten);
            latest.insert(key, key);
        }
        assert!(latest.has_forgotten);
        assert_eq!((latest.get(&0), latest.get(&1)), (None, Some(&1)));
        assert_eq!(latest.map.len(), REMEMBERED);
    }
}
