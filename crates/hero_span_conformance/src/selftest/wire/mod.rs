//! Faults of the wire: what the unbroken reference sent, with one edit.

mod bytes;
mod fields;
mod order;
mod stream;
mod values;

use super::mutant::{Cases, Fault, Mutant};

pub(super) use stream::{Stream, edited};

/// A fault of the wire.
struct Wire {
    id: &'static str,
    about: &'static str,
    killed_by: &'static str,
    edit: fn(&mut Stream),
}

/// Every one. They are tried on each case until their check bites.
pub(super) fn mutants() -> Vec<Mutant> {
    let all = [bytes::FAULTS, fields::FAULTS, values::FAULTS, order::FAULTS];
    all.into_iter().flatten().filter_map(Wire::mutant).collect()
}

impl Wire {
    fn mutant(&self) -> Option<Mutant> {
        Some(Mutant {
            id: self.id.into(),
            about: self.about.into(),
            killed_by: self.killed_by.into(),
            cases: Cases::of_the_suite()?,
            fault: Fault::Wire(self.edit),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::checks;

    #[test]
    fn every_fault_has_an_id_a_sentence_and_a_check() {
        let mutants = mutants();
        let ids: HashSet<&str> = mutants.iter().map(|mutant| mutant.id.as_str()).collect();
        assert_eq!(ids.len(), mutants.len());
        for mutant in &mutants {
            assert!(mutant.about.ends_with('.'), "{}", mutant.id);
            let known = checks::all();
            assert!(known.contains(&mutant.killed_by.as_str()), "{}", mutant.id);
        }
    }
}
