//! What this crate must never come to know.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::process::Command;

/// The workspace's own crates that the collector is built from.
fn own_crates() -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
        ])
        .args(["--package", "hero_span_collector", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let tree = String::from_utf8(output.stdout).expect("text");
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    let own = names.filter(|name| name.starts_with("hero_span") || *name == "xtask");
    let mut own: Vec<_> = own.map(str::to_owned).collect();
    own.sort();
    own.dedup();
    own
}

#[test]
fn the_collector_knows_the_protocol_and_nothing_else_of_ours() {
    assert_eq!(own_crates(), ["hero_span_collector", "hero_span_protocol"]);
}
