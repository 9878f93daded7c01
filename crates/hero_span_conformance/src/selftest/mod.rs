//! The suite proves itself: a reference SDK with faults injected, one at a
//! time, must fail by the check that the fault is meant for.
//!
//! A fault of behaviour is a sabotaged copy of the reference in a process of
//! its own. A fault of the wire is an edit of what the unbroken reference sent,
//! before that is judged, and a fault of the tools an edit of what its lines are
//! held against. The unbroken reference itself must pass.

mod behaviour;
mod command;
mod mutant;
mod proof;
mod reference;
mod text;
mod tools;
mod trial;
mod wire;
mod work;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{SecondsFormat, Utc};

use crate::checks;
use crate::error::Error;
use crate::filter::Filter;
use crate::progress::Progress;
use mutant::Mutant;
use reference::Reference;
use work::Bench;

pub use command::SelfTestArguments;
pub(crate) use command::main;
pub use proof::{Ending, FalseAlarm, Proof, Sort, Tried};

/// What is proved, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The file of the reference and of its faults.
    pub reference: PathBuf,
    /// Which mutants are tried.
    pub filter: Filter,
    /// Checks that are not looked at; their mutants must survive.
    pub without: Vec<String>,
    /// How many adapters run beside each other, at least one.
    pub jobs: usize,
    /// Whether a mutant goes on after its own check has killed it, so that
    /// all checks that bite show.
    pub full: bool,
    /// How long an answer of a sabotaged adapter may take.
    pub patience: Duration,
}

/// Runs the unbroken reference, then each mutant.
///
/// # Errors
/// When the file of the reference is not one, an edit of it does not apply, or
/// the unbroken reference does not start.
pub fn prove(options: &Options, progress: &dyn Progress) -> Result<Proof, Error> {
    let began = Instant::now();
    let date = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let reference = Reference::read(&options.reference)?;
    let mut mutants = reference.mutants()?;
    let mut without = Vec::new();
    if reference.proves_the_suite {
        mutants.extend(wire::mutants());
        mutants.extend(tools::mutants());
        without = without_mutant(&mutants);
    }
    if !options.filter.is_all() {
        without.clear();
    }
    mutants.retain(|mutant| options.filter.takes(&mutant.id));
    let bench = Bench::new(options, &reference, &mutants)?;
    let (known, false_alarms) = bench.run_reference(progress);
    let tried = bench.try_all(&mutants, &known, progress);
    progress.end();
    Ok(Proof {
        sdk: bench.hello(),
        date,
        cases: bench.cases(),
        false_alarms,
        mutants: tried,
        without_mutant: without,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// The checks that no mutant is meant for: nobody knows whether they bite.
fn without_mutant(mutants: &[Mutant]) -> Vec<&'static str> {
    let mut checks = checks::all();
    checks.retain(|check| !mutants.iter().any(|mutant| mutant.killed_by == *check));
    checks
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// The repository's own reference and all other faults.
    #[test]
    fn no_two_faults_share_a_name() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let listed = std::fs::read_dir(root.join("conformance/self-test/python")).unwrap();
        let texts = listed.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        let text: String = texts.collect();
        let listed = text.lines().filter_map(|line| line.strip_prefix("id = "));
        let mut ids: Vec<String> = listed.map(|id| id.trim_matches('"').to_owned()).collect();
        ids.extend(wire::mutants().into_iter().map(|mutant| mutant.id));
        ids.extend(tools::mutants().into_iter().map(|mutant| mutant.id));
        let mut known = HashSet::new();
        let twice: Vec<&String> = ids.iter().filter(|id| !known.insert(*id)).collect();
        assert!(twice.is_empty(), "{twice:?}");
        assert!(known.len() > 200);
    }
}
