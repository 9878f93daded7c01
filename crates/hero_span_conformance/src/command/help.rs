//! What the help of each command shows below its options.

/// Below the list of all commands.
pub const EXAMPLES: &str = "\
Examples:
  hero-span conformance run --adapter 'python3 sdk/python/conformance_adapter.py'
      Drive an SDK through its adapter.

  hero-span conformance parser --adapter 'COMMAND'
      Test a consumer, such as a parser, in the same way.

Who writes an adapter begins at conformance/README.md, which is all there is to
know.";

pub(super) const RUN: &str = "\
Examples:
  hero-span conformance run --adapter 'python3 sdk/python/conformance_adapter.py'
      Every case. A failure names its clause and shows the command that runs it
      again.

  hero-span conformance run --profile conformance/adapters/python.toml
      The same, with the SDK's own tests and known failures.

  hero-span conformance run --adapter COMMAND --filter 'value.*' --fail-fast
      Only cases of these clauses, and of each group no more than one failure.

  hero-span conformance run --adapter COMMAND --replay FILE --trace
      One case again, with what suite and adapter say to each other.";

pub(super) const PARSER: &str = "\
Examples:
  hero-span conformance parser --adapter 'hero-span conformance parser-adapter'
      This program's own parser: an example of what is asked of one.

  hero-span conformance parser --adapter COMMAND --filter 'lines/type.id/*'
      Only the lines that are about this clause.";

pub(super) const LIST: &str = "\
Examples:
  hero-span conformance list
      Each clause, with its checks and how many cases it has.

  hero-span conformance list 'value.*'
      These clauses only, with each of their cases.

Exit codes: 0 done; 2 bad usage.";

/// Without an adapter or a profile a run is bad usage.
pub(super) const RUN_USAGE: &str = "\
hero-span conformance run [OPTIONS] --adapter COMMAND
       hero-span conformance run [OPTIONS] --profile FILE";

const EXIT_CODES: &str = "Exit codes: 0 conformant; 1 not conformant; 2 bad usage; \
    3 could not be evaluated (the adapter failed, or nothing ran); 4 the list of known \
    failures is not true any more.";

/// Examples with the exit codes of a judgement below them.
pub(super) fn with_exit_codes(examples: &str) -> String {
    format!("{examples}\n\n{EXIT_CODES}")
}

pub(super) const COMPARE: &str = "\
Examples:
  hero-span conformance compare conformance/adapters/python.toml 'COMMAND'
      Every fixed case on both; what differs is shown.

  hero-span conformance compare A B --filter ordering/1/7
      One generated case, shown in full.

Exit codes: 0 both did the same; 1 they did not; 2 bad usage; 3 nothing could be
compared.";

pub(super) const SELF_TEST: &str = "\
Examples:
  hero-span conformance self-test
      Every fault, in the reference of conformance/self-test/python.toml.

  hero-span conformance self-test --filter 'cut-*' --full
      These faults only, with every check that finds them.

  hero-span conformance self-test --without value.cut
      What nobody would find if this check were not there.

Exit codes: 0 every fault is found by its own check, and the unbroken reference
passes; 1 not so; 2 bad usage; 3 could not be evaluated.";

pub(super) const RECORD: &str = "\
Examples:
  hero-span conformance record --adapter COMMAND --out conformance/corpus/v1
      The fixed cases that send something, to a folder such as python-1.0.0.
      Tracebacks hold paths: start the adapter from a place that may be seen.

  cargo xtask corpus
      The same for the Python SDK of this repository, from a neutral place.

Exit codes: 0 recorded; 1 a case does not pass, and nothing was recorded; 2 bad
usage, or the version is there already; 3 could not be evaluated.";

pub(super) const REPLAY: &str = "\
Examples:
  hero-span conformance replay
      Every version in conformance/corpus, by the parser of this program.

  hero-span conformance replay conformance/corpus/v1/python-1.0.0 --json
      One version, for a program.

  hero-span conformance replay --accept
      Take over new readings: for a change of the parser that is meant. Lines
      that are refused or skipped now still fail.

Exit codes: 0 all is read as it was recorded; 1 it is not; 2 bad usage; 3 could
not be evaluated (a file cannot be read, or nothing is recorded).";
