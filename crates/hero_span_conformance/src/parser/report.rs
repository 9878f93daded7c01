//! What came of the vectors.

use std::collections::BTreeMap;
use std::fmt::Write;

use hero_span_protocol::printable;

use super::dialogue::{Feature, Hello};
use super::judge::Mismatch;
use crate::vectors::Vector;

/// What a consumer said of the vectors.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) consumer: Hello,
    pub(crate) passed: usize,
    pub(crate) failures: Vec<Failure>,
    /// How many vectors were left out, by the feature that they need.
    pub(crate) skipped: BTreeMap<Feature, usize>,
}

/// A vector of which the consumer says something else.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) vector: Vector,
    pub(crate) mismatch: Mismatch,
}

impl Report {
    pub(crate) const fn new(consumer: Hello) -> Self {
        Self {
            consumer,
            passed: 0,
            failures: Vec::new(),
            skipped: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, failure: Option<Failure>) {
        match failure {
            Some(failure) => self.failures.push(failure),
            None => self.passed += 1,
        }
    }

    /// How many vectors the consumer has read.
    pub(crate) fn ran(&self) -> usize {
        self.passed + self.failures.len()
    }

    /// 0 for all as it must be, 1 for something else, 3 if nothing was read.
    pub(crate) fn exit_code(&self) -> u8 {
        match (self.ran(), self.failures.len()) {
            (0, _) => 3,
            (_, 0) => 0,
            _ => 1,
        }
    }

    /// For a person. `replay` is the command that runs a vector again, but
    /// for its id.
    pub(crate) fn to_text(&self, replay: &str) -> String {
        let mut text = String::new();
        for failure in &self.failures {
            text += &failure.to_text(replay);
        }
        text + &self.summary()
    }

    fn summary(&self) -> String {
        let Hello {
            consumer, version, ..
        } = &self.consumer;
        let who = format!("{} {}", printable(consumer), printable(version));
        let mut text = match (self.ran(), self.failures.len()) {
            (0, _) => format!(
                "{who}: not evaluated: expected vectors to read, found none; \
                 check --filter and the adapter's features"
            ),
            (ran, 0) => format!("{who}: reads all {ran} vectors as the contract says"),
            (ran, failed) => format!("{who}: reads {failed} of {ran} vectors otherwise"),
        };
        for (feature, count) in &self.skipped {
            let feature = format!("{feature:?}").to_lowercase();
            let _ = write!(text, "; {count} skipped, without the feature {feature}");
        }
        text + "\n"
    }
}

impl Failure {
    fn to_text(&self, replay: &str) -> String {
        let Self { vector, mismatch } = self;
        format!(
            "{}: {}\n  clause   {}\n  at       {}\n  expected {}\n  found    {}\n  replay   {replay} --filter {}\n\n",
            vector.id,
            vector.about,
            vector.clause,
            mismatch.place,
            printable(&mismatch.expected),
            printable(&mismatch.found),
            vector.id,
        )
    }
}
