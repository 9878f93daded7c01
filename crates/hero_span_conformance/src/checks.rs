//! What is looked at: every clause of the contract has its checks, or is left
//! to the vectors for parsers, or says why nothing looks.

use hero_span_protocol::contract::{Clause, Requirement};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How binding a check is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// An SDK that fails it is not conformant.
    Must,
    /// An SDK that fails it is told so, and may still be conformant.
    Should,
}

impl Level {
    /// `MUST` or `SHOULD`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
        }
    }

    pub(crate) const fn of(clause: Clause) -> Self {
        match clause.requirement() {
            Requirement::Must => Self::Must,
            Requirement::Should => Self::Should,
        }
    }
}

/// What looks after a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// These checks of an SDK. Where none is the clause's own, the clause is
    /// held by those of others, as a limit is by what is measured against it.
    Checks(&'static [&'static str]),
    /// The vectors for parsers: the clause binds consumers.
    Vectors,
    /// Nothing, and why.
    Unchecked(&'static str),
}

/// Checks that belong to no clause: the contract's own tools disagree, or the
/// adapter does not keep its word.
pub const WITHOUT_CLAUSE: [(&str, &str); 4] = [
    (
        DRIFT_EMIT,
        "the emit schema and the emit reading of the parser agree on each line",
    ),
    (
        DRIFT_ACCEPT,
        "the accept schema takes each line that the emit reading takes",
    ),
    (
        DRIFT_PARSER,
        "the accept reading of the parser takes each line that the emit reading takes",
    ),
    (
        FEATURES,
        "the adapter has the operations of the features that it declares",
    ),
];

pub(crate) const DRIFT_EMIT: &str = "drift.emit-schema";
pub(crate) const DRIFT_ACCEPT: &str = "drift.accept-schema";
pub(crate) const DRIFT_PARSER: &str = "drift.parser";
pub(crate) const FEATURES: &str = "adapter.features";
/// The SDK's own tests; what they look at is theirs to say.
pub(crate) const UNIT_TESTS: &str = "unit-tests";
pub(crate) const OUTCOME: &str = "sdk.silent/outcome";
pub(crate) const PRINTED: &str = "sdk.silent/printed";
pub(crate) const TIME: &str = "sdk.bounded/time";
pub(crate) const HANG: &str = "sdk.bounded/hang";
pub(crate) const SIGPIPE: &str = "sdk.vanished/sigpipe";
pub(crate) const RECONNECT: &str = "sdk.vanished/reconnect";

/// What looks after a clause. A new clause does not compile until it stands
/// here.
pub const fn coverage(clause: Clause) -> Coverage {
    use Coverage::{Checks, Unchecked, Vectors};
    match clause {
        Clause::TransportSocket => Checks(&["transport.socket"]),
        Clause::TransportLine => Checks(&["transport.line"]),
        Clause::TransportUtf8 => Checks(&["transport.utf8"]),
        Clause::TransportIJson => Checks(&["transport.i-json"]),
        Clause::EnvSocket => Checks(&["env.socket"]),
        Clause::EnvParent => Checks(&["env.parent"]),
        Clause::TypeId => Checks(&["type.id"]),
        Clause::TypeTime => Checks(&["type.time"]),
        Clause::TypeCount => Checks(&["type.count"]),
        Clause::TypeName => Checks(&["type.name"]),
        Clause::TypeText => Checks(&["type.text"]),
        Clause::TypeError => Checks(&["type.error"]),
        Clause::TypeJson => Checks(&["limit.value"]),
        Clause::TypeMembers => Checks(&["type.members"]),
        Clause::TypeSizes => Checks(&["type.sizes"]),
        Clause::TypeKind => Checks(&["type.kind"]),
        Clause::TypeLevel => Checks(&["type.level"]),
        Clause::TypeStatus => Checks(&["type.status"]),
        Clause::TypeProducer => Checks(&["type.producer"]),
        Clause::EventAny => Checks(&["event.any"]),
        Clause::EventSpanStart => Checks(&["event.span_start"]),
        Clause::EventSpanTag => Checks(&["event.span_tag"]),
        Clause::EventSpanLog => Checks(&["event.span_log"]),
        Clause::EventSpanEnd => Checks(&["event.span_end"]),
        Clause::LimitLine => Checks(&["limit.line"]),
        Clause::LimitValue => Checks(&["limit.value"]),
        Clause::LimitError => Checks(&["limit.error"]),
        Clause::LimitErrorHead => Checks(&["limit.error-head"]),
        Clause::LimitName => Checks(&["limit.name"]),
        Clause::LimitMembers => Checks(&["limit.members"]),
        Clause::LimitDepth => Checks(&["limit.depth"]),
        Clause::LimitMeasured => Checks(&["limit.measured"]),
        Clause::LimitInteger => Checks(&["limit.integer"]),
        Clause::LimitWait => Checks(&[TIME]),
        Clause::ValueBytes => Checks(&["value.bytes"]),
        Clause::ValueCut => Checks(&["value.cut"]),
        Clause::ValueStructured => Checks(&["value.structured"]),
        Clause::ValueError => Checks(&["value.error"]),
        Clause::ValueAnnounced => Checks(&["value.announced"]),
        Clause::ValueLine => Checks(&["value.line"]),
        Clause::ValueNumbers => Checks(&["value.numbers"]),
        Clause::ValueSurrogates => Checks(&["value.surrogates"]),
        Clause::ValueKeys => Checks(&["value.keys"]),
        Clause::ValueDeep => Checks(&["value.deep"]),
        Clause::ValueOther => Checks(&["value.other"]),
        Clause::RuleStartFirst => Checks(&["rule.start-first"]),
        Clause::RuleStartOnce => Checks(&["rule.start-once"]),
        Clause::RuleEndLast => Checks(&["rule.end-last"]),
        Clause::RuleEndOnce => Checks(&["rule.end-once"]),
        Clause::RuleParentStarted => Checks(&["rule.parent-started"]),
        Clause::RuleTimeOrder => Checks(&["rule.time-order"]),
        Clause::RuleSeqRises => Checks(&["rule.seq-rises"]),
        Clause::RuleProducerFirst => Checks(&["rule.producer-first"]),
        Clause::SdkSilent => Checks(&[OUTCOME, PRINTED]),
        Clause::SdkBounded => Checks(&[TIME, HANG]),
        Clause::SdkDelivered => Checks(&["sdk.delivered"]),
        Clause::SdkVanished => Checks(&[SIGPIPE, RECONNECT]),
        Clause::SdkWholeLines => Checks(&["sdk.whole-lines"]),
        Clause::SdkFork => Checks(&["sdk.fork"]),
        Clause::SdkForeignDescriptor => Checks(&["sdk.foreign-descriptor"]),
        Clause::SdkClock => Checks(&["sdk.clock"]),
        Clause::SdkParent => Checks(&["sdk.parent"]),
        Clause::SdkStatus => Checks(&["sdk.status"]),
        Clause::TransportTorn
        | Clause::ConsumerUnknownField
        | Clause::ConsumerUnknownType
        | Clause::ConsumerBadLine
        | Clause::ConsumerOpen
        | Clause::ConsumerRun => Vectors,
        Clause::SdkFeatures => Unchecked(
            "which features an SDK has it says itself, before any case; that it has those, the \
             check adapter.features looks at in each case that needs one",
        ),
        Clause::LimitBuffer => Unchecked(
            "the kernel may grant less than an SDK asks for, and the other end of a socket does \
             not see what was asked",
        ),
    }
}

/// Every check's id, in the order of the contract, each once.
pub fn all() -> Vec<&'static str> {
    let mut all: Vec<&'static str> = Vec::new();
    for clause in Clause::ALL {
        if let Coverage::Checks(checks) = coverage(*clause) {
            let new: Vec<&str> = checks
                .iter()
                .copied()
                .filter(|id| !all.contains(id))
                .collect();
            all.extend(new);
        }
    }
    all.extend(WITHOUT_CLAUSE.map(|(id, _)| id));
    all
}

/// The clause that a check looks after; some have none.
pub fn clause_of(check: &str) -> Option<Clause> {
    let clause = check.split_once('/').map_or(check, |(clause, _)| clause);
    Clause::from_id(clause)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_check_has_one_id_and_its_clause() {
        let all = all();
        let different: HashSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), different.len());
        for check in all {
            let has_none = WITHOUT_CLAUSE.iter().any(|(id, _)| *id == check);
            assert_eq!(clause_of(check).is_none(), has_none, "{check}");
        }
    }
}
