//! The steps that a change of the contract asks for besides generated files, in the order of
//! CONTRIBUTING.md: each one that is missing is named.

use std::collections::BTreeSet;

use hero_span_contract::model::{Contract, Presence};
use hero_span_contract::quoted;

use super::SDK_PATH;
use super::error::Error;
use super::frozen::Released;
use super::problem::Problem;
use super::tree::Tree;

/// Where a field of an event is a field of a struct.
pub(super) const TYPES: &str = "crates/hero_span_protocol/src/event.rs";
/// What cases and vectors are below.
pub(super) const CASES: [&str; 2] = ["conformance/cases", "conformance/vectors"];
/// Where users read what changed.
pub(super) const CHANGELOG: &str = "CHANGELOG.md";

/// Something in the contract that its last release did not have, or had otherwise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    /// A field that SDKs may send.
    Field(String),
    /// An event.
    Event(String),
    /// A limit or a variable, which is new or has another value.
    Constant(String),
    /// What is no longer there.
    Gone(String),
}

/// What is still to be done about the change since the last release.
pub(super) fn problems(
    tree: &Tree,
    released: &Released,
    contract: &Contract,
    docstring_end: usize,
) -> Result<Vec<Problem>, Error> {
    let Some(version) = released.newest() else {
        return Ok(Vec::new());
    };
    let text = tree.need(&format!("spec/{version}/contract.json"))?;
    let old: Contract = serde_json::from_str(text)?;
    let steps = Steps {
        tree,
        code: after(tree.need(SDK_PATH)?, docstring_end),
    };
    let items = items(&old, contract);
    Ok(items.iter().flat_map(|item| steps.missing(item)).collect())
}

fn items(old: &Contract, new: &Contract) -> BTreeSet<Item> {
    let (before, after) = (named(old), named(new));
    let come = after.difference(&before).cloned();
    let names: BTreeSet<&str> = after.iter().map(Item::name).collect();
    let gone = before
        .iter()
        .map(Item::name)
        .filter(|name| !names.contains(name));
    come.chain(gone.map(|name| Item::Gone(name.to_owned())))
        .collect()
}

/// Everything that has a name in the code of an SDK or of a parser.
fn named(contract: &Contract) -> BTreeSet<Item> {
    let own = contract.events.iter().flat_map(|event| &event.fields);
    let objects = contract.types.iter().flat_map(|declared| &declared.fields);
    let fields = contract.common_fields.iter().chain(own).chain(objects);
    let sent = |presence| !matches!(presence, Presence::Deprecated | Presence::Reserved);
    let fields = fields.filter(|field| sent(field.presence));
    let fields = fields.map(|field| Item::Field(field.name.clone()));
    let events = contract
        .events
        .iter()
        .map(|event| Item::Event(event.name.clone()));
    let limits = contract.limits.iter();
    let limits = limits.map(|limit| Item::Constant(format!("{} = {}", limit.name, limit.value)));
    let variables = contract.environment.iter();
    let variables = variables.map(|variable| Item::Constant(variable.name.clone()));
    fields
        .chain(events)
        .chain(limits)
        .chain(variables)
        .collect()
}

impl Item {
    fn name(&self) -> &str {
        match self {
            Self::Field(name) | Self::Event(name) | Self::Gone(name) => name,
            Self::Constant(text) => text.split(" = ").next().unwrap_or(text),
        }
    }
}

struct Steps<'a> {
    tree: &'a Tree,
    /// The SDK, without its docstring.
    code: String,
}

impl Steps<'_> {
    fn missing(&self, item: &Item) -> Vec<Problem> {
        let name = item.name();
        let rust = self.in_file(
            TYPES,
            &format!("pub {name}: "),
            "a field of the event's struct",
        );
        let sdk = (!self.code.contains(&format!("\"{name}\""))).then(|| {
            let text = format!(
                "expected the SDK to send {}, found it nowhere in the code: send it, with a test",
                quoted(name)
            );
            Problem::in_file(SDK_PATH, text)
        });
        let changelog = self.in_file(CHANGELOG, &quoted(name), "a line for users");
        let steps = match item {
            Item::Field(_) => [rust, sdk, self.case(name), changelog],
            Item::Event(_) => [None, sdk, self.case(name), changelog],
            Item::Constant(_) | Item::Gone(_) => [None, None, None, changelog],
        };
        steps.into_iter().flatten().collect()
    }

    fn in_file(&self, path: &str, wanted: &str, what: &str) -> Option<Problem> {
        let text = self.tree.get(path).unwrap_or_default();
        let found = text.contains(wanted);
        let said = || {
            let wanted = wanted.trim_matches('`').trim_end();
            format!("expected {what} with `{wanted}`, found none: add it")
        };
        (!found).then(|| Problem::in_file(path, said()))
    }

    fn case(&self, name: &str) -> Option<Problem> {
        let wanted = format!("\"{name}\"");
        let mut files = CASES
            .iter()
            .flat_map(|directory| self.tree.below(directory));
        if files.any(|(_, text)| text.contains(&wanted)) {
            return None;
        }
        let text = format!(
            "expected a case or a vector with {}, found none: add one, and see it fail first",
            quoted(name)
        );
        Some(Problem::in_file(CASES[0], text))
    }
}

fn after(file: &str, line: usize) -> String {
    file.lines().skip(line).collect::<Vec<_>>().join("\n")
}
