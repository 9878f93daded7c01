//! What a clause declares by name: a variable, a limit, the fields of an
//! event. Read from the published contract.

use hero_span_protocol::{CONTRACT_JSON, Clause};
use serde::Deserialize;

/// A name that a clause declares, and what it stands for.
#[derive(Debug, Deserialize)]
struct Named {
    clause: String,
    name: String,
    value: Option<u64>,
    #[serde(default)]
    fields: Vec<Field>,
}

/// A field of an event or of a type.
#[derive(Debug, Deserialize)]
pub(super) struct Field {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    nullable: bool,
    pub(super) presence: String,
    pub(super) meaning: String,
}

#[derive(Debug, Deserialize)]
struct Contract {
    environment: Vec<Named>,
    types: Vec<Named>,
    common_fields: Vec<Field>,
    events: Vec<Named>,
    limits: Vec<Named>,
}

/// What a clause declares.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// `HERO_FLOW_SPAN_SOCK`, or `VALUE_BYTES = 4096`.
    pub(super) name: Option<String>,
    pub(super) fields: Vec<Field>,
}

/// Nothing for a clause that declares nothing.
pub(super) fn declared(clause: Clause) -> Declared {
    // A test holds that the published contract can be read.
    let contract = serde_json::from_str::<Contract>(CONTRACT_JSON);
    contract.map_or_else(
        |_| Declared::default(),
        |contract| contract.declared(clause),
    )
}

impl Contract {
    fn declared(self, clause: Clause) -> Declared {
        if clause == Clause::EventAny {
            let fields = self.common_fields;
            return Declared { name: None, fields };
        }
        let is_it = |named: &Named| named.clause == clause.id();
        let mut names = self.environment.into_iter().chain(self.limits);
        let mut types = self.types.into_iter().chain(self.events);
        Declared {
            name: names.find(is_it).map(|named| match named.value {
                Some(value) => format!("{} = {value}", named.name),
                None => named.name,
            }),
            fields: types
                .find(is_it)
                .map_or_else(Vec::new, |named| named.fields),
        }
    }
}

impl Field {
    /// Its type, as the contract writes it.
    pub(super) fn kind(&self) -> String {
        let null = if self.nullable { "|null" } else { "" };
        format!("{}{null}", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_contract_can_be_read() {
        let contract: Contract = serde_json::from_str(CONTRACT_JSON).expect("it has these names");
        assert_eq!(contract.events.len(), 4);
    }
}
