#!/bin/sh
# Builds the SDK and its adapter by the plain compiler, in the folder that holds src and
# conformance: sh conformance/build.sh [OUT [OPTIMISATION]]. The adapter is
# OUT/conformance_adapter.
set -eu
cd "$(dirname "$0")/.."
out=${1:-build}
optimisation=${2:-1}
mkdir -p "$out"
export CARGO_PKG_VERSION=1.0.0
rustc --edition 2024 -C opt-level=$optimisation -C debug-assertions=on --crate-type rlib \
    --crate-name hero_tracing --out-dir "$out" src/lib.rs
rustc --edition 2024 -C opt-level=$optimisation -C debug-assertions=on --crate-name conformance_adapter \
    --extern hero_tracing="$out/libhero_tracing.rlib" -o "$out/conformance_adapter" \
    conformance/main.rs
