//! Takes over what a change of the parser or the contract was meant to do.

use super::compare::{Difference, Kind};
use super::file::Manifest;
use super::replay::Read;

/// Writes the readings of now over those that were recorded, for each case that
/// has no worse difference; whether there was one. Captures stay as they are: a
/// line that is not taken any more, and a file that was changed, cannot be
/// accepted.
pub(super) fn take_over(
    manifest: &mut Manifest,
    read: &Read,
    differences: &mut Vec<Difference>,
) -> bool {
    let is_accepted = |case: &str| {
        let mut of_case = differences
            .iter()
            .filter(|difference| difference.case == case);
        of_case.all(|difference| Kind::may_be_accepted(difference.kind))
    };
    let mut accepted: Vec<String> = differences
        .iter()
        .map(|difference| difference.case.clone())
        .collect();
    accepted.retain(|case| is_accepted(case));
    accepted.dedup();
    for case in &accepted {
        let read = read.get(case).into_iter().flatten();
        let now = read.map(|(bytes, made)| made.record(bytes)).collect();
        manifest.cases.insert(case.clone(), now);
    }
    differences.retain(|difference| !accepted.contains(&difference.case));
    !accepted.is_empty()
}
