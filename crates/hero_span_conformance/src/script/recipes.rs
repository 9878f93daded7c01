//! Values that not every language can make.

use std::collections::BTreeSet;

use super::{Block, Op, feature};
use crate::value::{Recipe, Value};

/// How deep a value is that stands where one within itself stood: deeper than
/// a line may be.
const LEVELS: usize = 40;

/// The features that the script's recipes need.
pub(super) fn features(script: &[Op]) -> BTreeSet<&'static str> {
    let mut needed = BTreeSet::new();
    each(script, &mut |value| needed.extend(feature_of(value)));
    needed
}

/// The script with other values for those that need what `is_missing`.
pub(crate) fn without(script: &[Op], is_missing: &dyn Fn(&str) -> bool) -> Block {
    let mut replaced = false;
    let whole = each(script, &mut |value| {
        if feature_of(value).is_some_and(is_missing) {
            *value = stand_in(value);
            replaced = true;
        }
    });
    let read = replaced.then(|| serde_json::from_str(&whole.to_string()).ok());
    read.flatten().unwrap_or_else(|| script.to_vec())
}

/// Visits all values, those of the script's own objects among them.
fn each(script: &[Op], visit: &mut dyn FnMut(&mut Value)) -> Value {
    let json = serde_json::to_string(script).unwrap_or_default();
    let mut whole = serde_json::from_str(&json).unwrap_or(Value::Null);
    whole.each(visit);
    whole
}

fn feature_of(value: &Value) -> Option<&'static str> {
    let Value::Made(recipe) = value else {
        return None;
    };
    match **recipe {
        Recipe::Surrogate { .. } => Some(feature::SURROGATES),
        Recipe::Cyclic { .. } => Some(feature::CYCLES),
        _ => None,
    }
}

/// What comes nearest to it in every language.
fn stand_in(value: &Value) -> Value {
    match value {
        Value::Made(recipe) => match **recipe {
            Recipe::Cyclic { of } => Recipe::Deep { of, levels: LEVELS }.into(),
            _ => Value::text("\u{FFFD}"),
        },
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = r#"[{"op":"step","name":"s","do":[{"op":"tag","key":"k","value":[{"a":{"gen":"cyclic","of":"object"}}]},{"op":"log","message":{"gen":"join","parts":["a",{"gen":"surrogate","unit":55296}]}}]}]"#;

    fn check(missing: &[&str], expected: &str) {
        let script: Block = serde_json::from_str(SCRIPT).unwrap();
        let found = without(&script, &|feature| missing.contains(&feature));
        assert_eq!(serde_json::to_string(&found).unwrap(), expected);
    }

    #[test]
    fn what_a_language_cannot_make_gives_way_to_what_all_can() {
        let deep = SCRIPT.replace(
            r#""gen":"cyclic","of":"object""#,
            r#""gen":"deep","of":"object","levels":40"#,
        );
        let plain = SCRIPT.replace(r#"{"gen":"surrogate","unit":55296}"#, "\"\u{FFFD}\"");
        check(&[], SCRIPT);
        check(&["cycles"], &deep);
        check(&["surrogates"], &plain);
    }

    #[test]
    fn the_features_that_values_need() {
        let script: Block = serde_json::from_str(SCRIPT).unwrap();
        assert_eq!(features(&script), BTreeSet::from(["cycles", "surrogates"]));
        let bare = without(&script, &|_| true);
        assert_eq!(features(&bare), BTreeSet::new());
    }
}
