#!/usr/bin/env bash
# Puts real processes under load and faults, for a limited time. See main.rs.
#
#   SOAK_SECONDS=600 SOAK_SEED=1 tests/e2e/soak/run.sh [--clients N]
#
# Uses optimized builds, as in production, which also make more load, or the debug build of this test
# that SOAK_BINARY names, with the resource_server in ../examples beside it.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../../.."

args=(--seconds "${SOAK_SECONDS:-120}")
if [[ -n ${SOAK_SEED:-} ]]; then
  args+=(--seed "$SOAK_SEED")
fi
if [[ -n ${SOAK_BINARY:-} ]]; then
  exec "$SOAK_BINARY" --run "${args[@]}" "$@"
fi
cargo build --locked --release --example resource_server --features full
exec cargo test --locked --release --features full --test soak -- --run "${args[@]}" "$@"
