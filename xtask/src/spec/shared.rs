//! What every SDK has from the contract, whatever its language: the protocol's number, the
//! variables, the limits and the words.

use hero_span_contract::model::{Contract, Type};

use super::rust::{constant, first_sentence};

/// One value of the contract.
pub(super) struct Shared<'a> {
    pub(super) name: String,
    pub(super) value: Value<'a>,
    /// The clause that says so; empty for the protocol's number, which the heading says.
    pub(super) clause: &'a str,
    /// The clause's first sentence.
    pub(super) about: &'a str,
}

pub(super) enum Value<'a> {
    Protocol(u64),
    /// The name of an environment variable.
    Variable(&'a str),
    Limit(u64),
    /// One of a few words.
    Words(Vec<&'a str>),
}

/// All of them, in the contract's order.
pub(super) fn shared(contract: &Contract) -> Vec<Shared<'_>> {
    let protocol = Shared {
        name: "PROTOCOL".to_owned(),
        value: Value::Protocol(contract.protocol),
        clause: "",
        about: "The protocol's number.",
    };
    let about = |clause: &str| {
        let clause = contract.clause(clause);
        clause.map_or("", |clause| first_sentence(&clause.text))
    };
    let variables = contract.environment.iter().map(|variable| Shared {
        name: format!("ENV_{}", constant(&variable.clause)),
        value: Value::Variable(&variable.name),
        clause: &variable.clause,
        about: about(&variable.clause),
    });
    let limits = contract.limits.iter().map(|limit| Shared {
        name: limit.name.clone(),
        value: Value::Limit(limit.value),
        clause: &limit.clause,
        about: about(&limit.clause),
    });
    let words = contract.types.iter().filter_map(|declared| {
        Some(Shared {
            name: plural(&declared.name),
            value: Value::Words(words(declared)?),
            clause: &declared.clause,
            about: about(&declared.clause),
        })
    });
    std::iter::once(protocol)
        .chain(variables)
        .chain(limits)
        .chain(words)
        .collect()
}

/// The words of a type that is one of a few.
fn words(declared: &Type) -> Option<Vec<&str>> {
    let all = declared.rules.one_of.iter().chain(&declared.sent.one_of);
    let words: Vec<&str> = all.map(String::as_str).collect();
    (!words.is_empty()).then_some(words)
}

fn plural(name: &str) -> String {
    let ending = if name.ends_with('s') { "ES" } else { "S" };
    format!("{}{ending}", name.to_uppercase())
}
