#!/usr/bin/env bash
# Differential test: npm's jose and this crate, with each signature backend, verify the same
# generated corpus of tokens.
#
#   tests/e2e/interop/differential.sh [SEED]
#
# Requires Node 20.20.2 or later with npm, and cargo. The same seed gives the same corpus, except
# for the keys. .ci/run uses seed 1.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

# Builds tests/e2e/differential with the given features, and prints the path of its binary. The features
# are those of .ci/run, which has built the test already.
build_test() {
  cargo test --locked --no-run --test differential --manifest-path "$root/Cargo.toml" \
    --message-format=json-render-diagnostics "$@" |
    node -e '
      const lines = require("node:fs").readFileSync(0, "utf8").trim().split("\n");
      const built = lines.map((line) => JSON.parse(line)).find((m) => m.executable && m.target.name === "differential");
      if (!built) process.exit(1);
      console.log(built.executable);
    '
}

if (($# > 1)); then
  echo "usage: $0 [SEED]" >&2
  exit 2
fi
install_node_packages "$interop"
aws_lc_rs=$(build_test --all-features)
rust_crypto=$(build_test --no-default-features --features rust-crypto,reqwest,tracing,axum,governor,tonic,testing)
exec node "$interop/differential.mjs" "${1:-1}" "$aws_lc_rs" "$rust_crypto"
