//! Whatever two contracts say, what is found between them is what becomes of their lines.

mod plan;
mod send;
mod strategy;

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::time::Instant;

use hero_span_contract::{Contract, Reading, schema};
use jsonschema::Validator;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use serde_json::Value;

use super::shown;
use crate::faults::Judge;
use crate::{Comparison, Direction, Effect, Witness, compare};
use send::{Dice, Edges, Sender};

/// How many lines of each event are tried.
const LINES: usize = 40;

/// What a contract says of a line, without the help of what compares them.
struct Oracle<'a> {
    contract: &'a Contract,
    emit: Validator,
    accept: Validator,
}

impl<'a> Oracle<'a> {
    fn new(contract: &'a Contract) -> Self {
        let compile = |reading| {
            let schema = serde_json::to_value(schema(contract, &[], reading)).unwrap();
            jsonschema::draft202012::new(&schema).unwrap()
        };
        Self {
            contract,
            emit: compile(Reading::Emit),
            accept: compile(Reading::Accept),
        }
    }

    fn may_send(&self, line: &Value) -> bool {
        let judge = Judge::new(self.contract, Reading::Emit);
        judge.line(line).is_empty() && self.emit.is_valid(line)
    }

    fn refuses(&self, line: &Value) -> bool {
        let judge = Judge::new(self.contract, Reading::Accept);
        !judge.line(line).is_empty() || !self.accept.is_valid(line)
    }
}

/// Whether anything that is sent in that direction is rejected, as the comparison has it.
fn refuses(comparison: &Comparison, direction: Direction) -> bool {
    !refusals(comparison, direction).is_empty()
}

fn refusals(comparison: &Comparison, direction: Direction) -> Vec<&Witness> {
    let outcomes = comparison.findings.iter().flat_map(|it| &it.outcomes);
    let refused = outcomes
        .chain(&comparison.unexplained)
        .filter(|it| it.direction == direction && it.effect == Effect::Refused);
    refused.filter_map(|it| it.witness.as_ref()).collect()
}

/// Directions in which lines are refused, as the comparison has it, and in how many of them
/// drawing lines comes upon one too.
#[derive(Default)]
struct Count {
    refused: usize,
    drawn: usize,
    taken: usize,
}

/// Everything that holds of any two contracts.
fn holds(
    old: &Contract,
    new: &Contract,
    seed: u64,
    count: &mut Count,
) -> Result<(), TestCaseError> {
    let comparison = compare(old, new).unwrap();
    explains(&comparison)?;
    let back = compare(new, old).unwrap();
    let [there, again] = Direction::BOTH;
    for (there, again) in [(there, again), (again, there)] {
        let (there, again) = (refuses(&comparison, there), refuses(&back, again));
        prop_assert_eq!(there, again, "{}\n{}", shown(&comparison), shown(&back));
    }
    let oracles = [old, new].map(Oracle::new);
    let edges = Edges::new(old, new);
    let [old, new] = &oracles;
    for (direction, sender, reader) in [(there, old, new), (again, new, old)] {
        let found = || format!("{direction}\n{}", shown(&comparison));
        let refusals = refusals(&comparison, direction);
        for line in refusals.iter().flat_map(|witness| &witness.lines) {
            let sent = sender.may_send(line);
            prop_assert!(sent, "may not be sent: {line}\n{}", found());
            prop_assert!(reader.refuses(line), "is taken: {line}\n{}", found());
        }
        let drawn = search(sender, reader, &edges, seed);
        if refusals.is_empty() {
            let judge = Judge::new(reader.contract, Reading::Accept);
            let faults = drawn.iter().map(|line| judge.line(line));
            let faults: Vec<_> = faults.collect();
            prop_assert!(drawn.is_none(), "{drawn:?} {faults:#?}\n{}", found());
            count.taken += 1;
        } else {
            count.refused += 1;
            count.drawn += usize::from(drawn.is_some());
        }
    }
    Ok(())
}

/// Whatever is refused is so for a change that is named, and whatever breaks is shown.
fn explains(comparison: &Comparison) -> Result<(), TestCaseError> {
    prop_assert!(
        comparison.unexplained.is_empty(),
        "unexplained: {}\n{}",
        serde_json::to_string(&comparison.unexplained).unwrap(),
        shown(comparison)
    );
    for finding in &comparison.findings {
        for outcome in finding.outcomes.iter().filter(|it| it.effect.breaks()) {
            let witness = outcome.witness.as_ref();
            let agrees = witness.is_some_and(|it| it.tried.iter().all(|trial| trial.agrees));
            prop_assert!(agrees, "no witness: {finding:#?}");
        }
    }
    Ok(())
}

/// A line that one sends and the other rejects.
fn search(sender: &Oracle<'_>, reader: &Oracle<'_>, edges: &Edges, seed: u64) -> Option<Value> {
    let mut draw = Sender {
        contract: sender.contract,
        edges,
        dice: Dice(seed),
        within: 0,
    };
    for event in &sender.contract.events {
        for _ in 0..LINES {
            let line = draw.line(event);
            if reader.refuses(&line) && sender.may_send(&line) {
                return Some(line);
            }
        }
    }
    None
}

/// The same pairs on each run; others, and as many as are wanted, with `PAIRS`, and those of an
/// earlier run with the `PAIRS_SEED` that it printed.
fn runner() -> TestRunner {
    let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    let wanted = number("PAIRS").and_then(|pairs| u32::try_from(pairs).ok());
    let seed = match wanted {
        Some(_) => number("PAIRS_SEED").unwrap_or_else(|| RandomState::new().hash_one(0)),
        None => 0,
    };
    if wanted.is_some() {
        println!("PAIRS_SEED={seed}");
    }
    let config = Config {
        cases: wanted.unwrap_or(150),
        failure_persistence: None,
        max_shrink_iters: 3_000,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

#[test]
fn random_pairs_are_refused_where_a_finding_says_so_and_nowhere_else() {
    let begin = Instant::now();
    let count = RefCell::new(Count::default());
    let mut runner = runner();
    let seed = any::<u64>().no_shrink();
    let outcome = runner.run(&(strategy::pair(), seed), |((old, new), seed)| {
        let (old, new) = (old.contract(), new.contract());
        let outcome = holds(&old, &new, seed, &mut count.borrow_mut());
        outcome.map_err(|it| TestCaseError::fail(format!("{it}\n{}\n{}", said(&old), said(&new))))
    });
    if let Err(TestError::Fail(reason, _)) = outcome {
        panic!("{reason}");
    }
    let Count {
        refused,
        drawn,
        taken,
    } = count.into_inner();
    println!(
        "{:?}: {taken} taken, {refused} refused, {drawn} of them drawn",
        begin.elapsed()
    );
    // What is drawn would say little if it came upon nothing that there is.
    assert!(drawn * 10 > refused * 9, "{drawn} of {refused}");
    assert!(taken > 0);
}

/// A contract, short enough to read.
fn said(contract: &Contract) -> String {
    serde_json::to_string(contract).unwrap()
}

#[test]
fn a_contract_is_like_itself() {
    let outcome = runner().run(&strategy::plan(), |plan| {
        let contract = plan.contract();
        let comparison = compare(&contract, &contract).unwrap();
        prop_assert!(comparison.findings.is_empty(), "{:#?}", comparison.findings);
        prop_assert!(comparison.unexplained.is_empty());
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
