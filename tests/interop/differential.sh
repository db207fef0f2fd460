#!/usr/bin/env bash
# Differential test: a generated corpus of tokens through npm's jose and through this crate, with each signature backend.
#
#   tests/interop/differential.sh [SEED]
#
# Needs Node 20.20.2 or later with npm, and cargo. The same seed gives the same corpus but for its keys; .ci/run uses 1.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../.." && pwd)

# Installs what the lock file says, unless that is already there.
install_packages() {
  local installed="$here/node_modules/.package-lock.json"
  if [[ ! -e $installed || $here/package-lock.json -nt $installed || $here/package.json -nt $installed ]]; then
    (cd -- "$here" && npm ci --no-audit --no-fund --loglevel=error) >&2
  fi
}

# Builds tests/differential with some features and prints the path of its binary. The sets are those of .ci/run, which
# has built them already.
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
install_packages
aws_lc_rs=$(build_test --all-features)
rust_crypto=$(build_test --no-default-features --features rust-crypto,reqwest,tracing,axum,governor,tonic,testing)
exec node "$here/differential.mjs" "${1:-1}" "$aws_lc_rs" "$rust_crypto"
