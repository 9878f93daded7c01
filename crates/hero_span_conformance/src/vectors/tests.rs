//! The vectors themselves under test: enough of them, for every clause.

use std::collections::{BTreeMap, BTreeSet};

use hero_span_protocol::Clause;

use super::{Connection, Expected, Vector, What, load};
use crate::embedded::files;
use crate::schema::Schema;

/// Clauses that bind consumers, or what consumers read, and no vector can
/// show; and why.
const ELSEWHERE: [(Clause, &str); 1] = [(
    Clause::TransportSocket,
    "vectors come over stdin; the collector's own tests open sockets",
)];

/// Whether a clause is one that vectors are there for.
fn is_readable(clause: Clause) -> bool {
    let (area, _) = clause.id().split_once('.').unwrap();
    let of_limits = matches!(clause, Clause::LimitLine | Clause::LimitDepth);
    matches!(area, "transport" | "type" | "event" | "consumer" | "rule") || of_limits
}

fn by_clause(is_line: bool) -> BTreeMap<Clause, Vec<Vector>> {
    let mut clauses: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for vector in load().unwrap() {
        if matches!(vector.what, What::Line { .. }) == is_line {
            clauses.entry(vector.clause).or_default().push(vector);
        }
    }
    clauses
}

#[test]
fn every_clause_has_vectors() {
    let clauses: BTreeSet<_> = load().unwrap().iter().map(|vector| vector.clause).collect();
    let elsewhere = |clause: &Clause| ELSEWHERE.iter().any(|(other, _)| other == clause);
    let missing: Vec<_> = Clause::ALL
        .iter()
        .filter(|&&clause| is_readable(clause))
        .filter(|clause| clauses.contains(clause) == elsewhere(clause))
        .collect();
    assert!(
        missing.is_empty(),
        "no vector, or one and a reason: {missing:?}"
    );
}

#[test]
fn there_are_enough() {
    let count = |is_line| by_clause(is_line).values().map(Vec::len).sum::<usize>();
    assert!(
        count(true) >= 150 && count(false) >= 40,
        "{} {}",
        count(true),
        count(false)
    );
}

/// A consumer that takes everything, or nothing, must fail.
#[test]
fn clauses_that_reject_also_accept() {
    for (clause, vectors) in by_clause(true) {
        let verdicts = |wanted: fn(&Expected) -> bool| {
            vectors.iter().any(|vector| match &vector.what {
                What::Line { expected, .. } => wanted(expected),
                What::Stream { .. } => false,
            })
        };
        let rejects = verdicts(|it| *it == Expected::Reject);
        let accepts = verdicts(|it| *it != Expected::Reject);
        assert!(accepts, "{clause}");
        let only_sent = clause.id().starts_with("limit.") && clause != Clause::LimitLine;
        let is_open = clause.id().starts_with("consumer.") || clause == Clause::TypeJson;
        let has_its_fault = rejects || is_open || only_sent;
        assert!(has_its_fault, "{clause} never rejects");
    }
}

/// A rule that is never broken, or always, is no test of a consumer.
#[test]
fn rules_are_broken_and_kept() {
    for (clause, vectors) in by_clause(false) {
        let finds = |vector: &Vector| match &vector.what {
            What::Stream { connections, .. } => {
                let findings = connections.iter().flat_map(|it| &it.findings);
                findings
                    .into_iter()
                    .any(|finding| finding.clause == clause.id())
            }
            What::Line { .. } => false,
        };
        if clause.id().starts_with("rule.") {
            assert!(vectors.iter().any(finds), "{clause} is never broken");
        }
    }
}

#[test]
fn a_line_of_a_stream_has_a_verdict() {
    for vector in load().unwrap() {
        let What::Stream { connections, .. } = &vector.what else {
            continue;
        };
        for Connection {
            bytes, lines, torn, ..
        } in connections
        {
            let ends = bytes.iter().filter(|byte| **byte == b'\n').count();
            assert_eq!(lines.len(), ends, "{}", vector.id);
            let is_torn = bytes.last().is_some_and(|last| *last != b'\n');
            assert_eq!(*torn, is_torn, "{}", vector.id);
        }
    }
}

#[test]
fn a_file_is_called_like_its_clause() {
    for file in files("vectors") {
        let content: super::VectorFile = serde_json::from_str(file.text).unwrap();
        let kind = if content.lines.is_empty() {
            "streams"
        } else {
            "lines"
        };
        assert_eq!(file.path, format!("vectors/{kind}/{}.json", content.clause));
        assert!(
            content.lines.is_empty() != content.streams.is_empty(),
            "{}",
            file.path
        );
    }
}

#[test]
fn files_keep_their_schema() {
    let schema = jsonschema::validator_for(&Schema::Vector.document()).unwrap();
    for file in files("vectors") {
        let value = serde_json::from_str(file.text).unwrap();
        let error = schema.validate(&value).err().map(|error| error.to_string());
        assert_eq!(error, None, "{}", file.path);
    }
}
