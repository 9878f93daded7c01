//! Completions out of the store. They come from outside: what a shell's
//! command line cannot hold as it is, is not offered.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap_complete::engine::CompletionCandidate;
use hero_span_collector::store::{Filter, Reader, RunLine};
use hero_span_protocol::printable;

use super::words;
use crate::stored;

/// The newest runs that are looked through.
const RUNS: usize = 500;

/// What is offered at most.
const OFFERED: usize = 50;

/// The runs whose numbers begin like this, the newest first.
pub(crate) fn runs(typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else {
        return Vec::new();
    };
    let last = "last".starts_with(typed).then(|| {
        let help = "the newest run";
        CompletionCandidate::new("last").help(Some(help.into()))
    });
    let found = reader().and_then(|reader| reader.runs(&Filter::default(), RUNS).ok());
    let runs = found.unwrap_or_default().into_iter().enumerate();
    let names = runs.map(|(back, run)| (run_name(typed, back, &run), run));
    let fits = names.filter(|(name, _)| name.starts_with(typed));
    let runs = fits
        .take(OFFERED)
        .map(|(name, run)| CompletionCandidate::new(name).help(Some(about(&run).into())));
    last.into_iter().chain(runs).collect()
}

/// A run's number or, for who began so, how far back from the newest it is.
fn run_name(typed: &str, back: usize, run: &RunLine) -> String {
    if typed.starts_with("last~") {
        format!("last~{back}")
    } else {
        run.run.to_string()
    }
}

fn about(run: &RunLine) -> String {
    let name = printable(run.name.as_deref().unwrap_or("(unnamed)"));
    let began = run.began_ms.map(stored::local_time).unwrap_or_default();
    format!("{name}, {}, {began}", printable(&run.state))
}

/// The names of spans that begin like this.
pub(crate) fn span_names(typed: &OsStr) -> Vec<CompletionCandidate> {
    candidates(typed, |reader, typed| {
        reader.span_names(typed, OFFERED).ok()
    })
}

/// The keys of tags that begin like this.
pub(crate) fn tag_keys(typed: &OsStr) -> Vec<CompletionCandidate> {
    let mut keys = candidates(typed, |reader, typed| reader.tag_keys(typed, OFFERED).ok());
    // What stands behind = would be a value.
    keys.retain(|key| !key.get_value().to_string_lossy().contains('='));
    keys
}

fn candidates(
    typed: &OsStr,
    find: impl Fn(&Reader, &str) -> Option<Vec<String>>,
) -> Vec<CompletionCandidate> {
    let found = typed.to_str().and_then(|typed| find(&reader()?, typed));
    let found = found.unwrap_or_default().into_iter();
    found
        .filter(|name| is_plain(name))
        .map(CompletionCandidate::new)
        .collect()
}

/// One line without control characters, and no option.
fn is_plain(name: &str) -> bool {
    let is_shown = matches!(printable(name), Cow::Borrowed(_));
    is_shown && !name.is_empty() && !name.starts_with('-')
}

/// The store that the command line names, or the usual one.
fn reader() -> Option<Reader> {
    let named = named_store(&words());
    let path = named.or_else(|| stored::usual_path().ok())?;
    Reader::open(&path).ok()
}

fn named_store(words: &[OsString]) -> Option<PathBuf> {
    let next = words.windows(2).find(|pair| pair[0] == "--store");
    let joined = || {
        let mut words = words.iter().filter_map(|word| word.to_str());
        words.find_map(|word| word.strip_prefix("--store="))
    };
    let named = next.map(|pair| PathBuf::from(&pair[1]));
    named.or_else(|| joined().map(PathBuf::from))
}
