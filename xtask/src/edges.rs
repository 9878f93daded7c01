//! The directions of ARCHITECTURE.md, held by a test.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Which of the workspace's crates each may depend on, tests aside.
const ALLOWED: &[(&str, &[&str])] = &[
    ("hero_span_bench", &["hero_span_protocol"]),
    (
        "hero_span_cli",
        &[
            "hero_span_collector",
            "hero_span_compat",
            "hero_span_conformance",
            "hero_span_executor",
            "hero_span_protocol",
        ],
    ),
    ("hero_span_collector", &["hero_span_protocol"]),
    (
        "hero_span_compat",
        &["hero_span_contract", "hero_span_protocol"],
    ),
    ("hero_span_conformance", &["hero_span_protocol"]),
    ("hero_span_contract", &[]),
    (
        "hero_span_executor",
        &["hero_span_collector", "hero_span_protocol"],
    ),
    ("hero_span_protocol", &["hero_span_contract"]),
    ("hero_tracing", &[]),
    ("xtask", &["hero_span_contract"]),
];

/// The crates that must stay free of a runtime.
const WITHOUT_TOKIO: &[&str] = &[
    "hero_span_bench",
    "hero_span_compat",
    "hero_span_conformance",
    "hero_span_contract",
    "hero_span_protocol",
    "hero_tracing",
    "xtask",
];

#[test]
fn crates_depend_on_each_other_as_the_map_says() {
    let found = dependencies();
    let own: BTreeSet<_> = found.keys().cloned().collect();
    let edges: BTreeMap<_, _> = found
        .into_iter()
        .map(|(name, all)| (name, all.intersection(&own).cloned().collect()))
        .collect();
    let allowed: BTreeMap<_, BTreeSet<_>> = ALLOWED
        .iter()
        .map(|(name, edges)| {
            let edges = edges.iter().map(ToString::to_string).collect();
            ((*name).to_owned(), edges)
        })
        .collect();
    assert_eq!(edges, allowed);
}

#[test]
fn what_needs_no_runtime_has_none() {
    let found = dependencies();
    for name in WITHOUT_TOKIO {
        let own = found.get(*name);
        assert!(own.is_some_and(|own| !own.contains("tokio")), "{name}");
    }
}

/// Each package of the workspace, and what it depends on outside its tests.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(crate::root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    list(&metadata["packages"])
        .map(|package| (text(&package["name"]), direct(package)))
        .collect()
}

fn direct(package: &Value) -> BTreeSet<String> {
    list(&package["dependencies"])
        .filter(|dependency| dependency["kind"] != "dev")
        .map(|dependency| text(&dependency["name"]))
        .collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
