//! Contracts from what they are written in.

use hero_span_contract::model::{Bound, Contract, Field, Rules, Type};
use hero_span_contract::{parse_python, parse_text};

use crate::error::Error;
use crate::strings::is_pattern;

/// Each version's name and its contract as JSON, in the order of their names.
const VERSIONS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/versions.rs"));

/// The names of the versions that this program carries, such as `v1`.
pub fn versions() -> impl Iterator<Item = &'static str> {
    VERSIONS.iter().map(|(name, _)| *name)
}

/// The contract of a version that this program carries.
///
/// # Errors
///
/// A contract that is none, which its tests hold it is not.
pub fn version(name: &str) -> Result<Option<Contract>, Error> {
    let found = VERSIONS.iter().find(|(known, _)| *known == name);
    found
        .map(|(name, text)| read(&format!("{name}/contract.json"), text))
        .transpose()
}

/// Reads a contract: an SDK in Python with the contract in its docstring (`.py`), its text alone
/// (`.txt`), or a version's `contract.json`. `path` says which, and is what messages call it.
///
/// # Errors
///
/// What does not say a contract, with its place.
pub fn read(path: &str, text: &str) -> Result<Contract, Error> {
    let contract = match path.rsplit_once('.') {
        Some((_, "py")) => parse_python(path, text)?.contract,
        Some((_, "txt")) => parse_text(path, text)?.contract,
        _ => serde_json::from_str(text).map_err(|cause| Error::json(path, cause))?,
    };
    names(path, &contract)?;
    patterns(path, &contract)?;
    Ok(contract)
}

/// JSON may name what nothing declares; text was looked up when it was read.
fn names(path: &str, contract: &Contract) -> Result<(), Error> {
    for declared in &contract.types {
        let entries = declared.entries.iter();
        let entries = entries.flat_map(|entries| [&entries.keys, &entries.values]);
        for name in entries.filter(|name| *name != "string") {
            type_named(path, contract, name)?;
        }
        for rules in [&declared.rules, &declared.sent] {
            limits(path, contract, rules)?;
        }
    }
    let own = contract.events.iter().flat_map(|event| &event.fields);
    let objects = contract
        .types
        .iter()
        .flat_map(|declared: &Type| &declared.fields);
    let fields: Vec<&Field> = contract
        .common_fields
        .iter()
        .chain(own)
        .chain(objects)
        .collect();
    for field in fields {
        type_named(path, contract, &field.type_name)?;
    }
    Ok(())
}

fn type_named(path: &str, contract: &Contract, name: &str) -> Result<(), Error> {
    match contract.type_named(name) {
        Some(_) => Ok(()),
        None => Err(Error::reference(path, name)),
    }
}

fn limits(path: &str, contract: &Contract, rules: &Rules) -> Result<(), Error> {
    let ranges = [&rules.bytes, &rules.members].into_iter().flatten();
    let ends = ranges.flat_map(|range| [&range.from, &range.to]);
    let single = [&rules.minimum, &rules.maximum].into_iter().flatten();
    for bound in ends.chain(single) {
        if let Bound::Limit(name) = bound
            && contract.limit(name).is_none()
        {
            return Err(Error::reference(path, name));
        }
    }
    Ok(())
}

fn patterns(path: &str, contract: &Contract) -> Result<(), Error> {
    for declared in &contract.types {
        for rules in [&declared.rules, &declared.sent] {
            if let Some(pattern) = rules.pattern.as_ref().filter(|it| !is_pattern(it)) {
                return Err(Error::pattern(path, &declared.clause, pattern));
            }
        }
    }
    Ok(())
}
