//! One generated case: from a seed and a number to a verdict, and on a
//! failure to the smallest case that fails alike.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::case::Case;
use crate::evaluate::{Evaluation, Evaluator};
use crate::families::Family;
use crate::finding::Finding;
use crate::report::Failure;
use crate::script::without;

/// How many smaller cases are tried.
const SHRINK_STEPS: usize = 300;

/// A case, and those that are a little smaller.
pub(crate) type Tree = Box<dyn ValueTree<Value = Case>>;

/// How many cases are drawn until an SDK has the features that one needs.
const DRAWS: u32 = 200;

/// The case with that number, one that an SDK with these features can run. The
/// same for the same seed, whatever runs before or beside it.
pub(crate) fn case_tree_for(
    features: &BTreeSet<String>,
    family: Family,
    seed: u64,
    number: u64,
) -> Option<Tree> {
    let (of_values, of_all) = (features.clone(), features.clone());
    let strategy = strategy(family)
        .prop_map(move |case| Case {
            script: without(&case.script, &|feature| !of_values.contains(feature)),
            ..case
        })
        .prop_filter("a feature is missing", move |case| {
            let needed = case.features();
            needed.into_iter().all(|feature| of_all.contains(feature))
        });
    tree(&strategy, family, seed, number)
}

/// The case with that number, whatever language can make it.
pub(crate) fn case_tree(family: Family, seed: u64, number: u64) -> Option<Tree> {
    tree(&strategy(family), family, seed, number)
}

fn tree(
    strategy: &impl Strategy<Value = Case, Tree: 'static>,
    family: Family,
    seed: u64,
    number: u64,
) -> Option<Tree> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed_bytes(family, seed, number));
    let config = Config {
        failure_persistence: None,
        max_local_rejects: DRAWS,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let tree = strategy.new_tree(&mut runner).ok()?;
    Some(Box::new(tree))
}

thread_local! {
    /// What makes the cases holds hundreds of parts, and has no state.
    static STRATEGIES: RefCell<HashMap<Family, BoxedStrategy<Case>>> = RefCell::default();
}

fn strategy(family: Family) -> BoxedStrategy<Case> {
    STRATEGIES.with_borrow_mut(|known| {
        let strategy = known.entry(family).or_insert_with(|| family.cases());
        strategy.clone()
    })
}

fn seed_bytes(family: Family, seed: u64, number: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    let parts = seed.to_le_bytes().into_iter().chain(number.to_le_bytes());
    let name = family.name().bytes().chain(std::iter::repeat(0));
    for (place, byte) in bytes.iter_mut().zip(parts.chain(name)) {
        *place = byte;
    }
    bytes
}

/// Makes a failing case smaller as long as it fails alike.
pub(crate) fn shrink(
    tree: &mut dyn ValueTree<Value = Case>,
    failure: Failure,
    evaluator: &mut Evaluator<'_>,
    time: Duration,
) -> (Case, Failure) {
    let mut smallest = (tree.current(), failure);
    let deadline = Instant::now() + time;
    let mut can_go_on = tree.simplify();
    for _ in 0..SHRINK_STEPS {
        if !can_go_on || Instant::now() >= deadline {
            break;
        }
        let case = tree.current();
        can_go_on = match evaluator.evaluate(&case) {
            Evaluation::Failed(failure) if are_alike(&failure.findings, &smallest.1.findings) => {
                smallest = (case, failure);
                tree.simplify()
            }
            _ => tree.complicate(),
        };
    }
    smallest
}

pub(crate) fn are_alike(some: &[Finding], others: &[Finding]) -> bool {
    match (some.first(), others.first()) {
        (Some(one), Some(other)) => one.is_like(other),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_number_always_make_the_same_case() {
        let make = |seed, number| case_tree(Family::Ordering, seed, number).unwrap().current();
        assert_eq!(make(1, 7), make(1, 7));
        assert_ne!(make(1, 7), make(1, 8));
        assert_ne!(make(1, 7), make(2, 7));
    }
}
