#!/usr/bin/env bash
# Load and faults with real processes, for a bounded time. See main.rs.
#
#   SOAK_SECONDS=600 SOAK_SEED=1 tests/soak/run.sh [--clients N]
#
# Optimized, because that is what people run, and because it makes more load; what debug builds check besides, the other
# tests run with.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

args=(--seconds "${SOAK_SECONDS:-120}")
if [[ -n ${SOAK_SEED:-} ]]; then
  args+=(--seed "$SOAK_SEED")
fi
cargo build --locked --release --example resource_server --all-features
exec cargo test --locked --release --all-features --test soak -- --run "${args[@]}" "$@"
