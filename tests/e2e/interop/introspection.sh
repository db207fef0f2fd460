#!/usr/bin/env bash
# Interop test of the example introspection with npm's oidc-provider, whose tokens are opaque.
#
#   tests/e2e/interop/introspection.sh [PATH-OF-INTROSPECTION]
#
# Requires Node 20.20.2 or later with npm. Without a path, also requires cargo and builds the example.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../../.." && pwd)

if (($# > 1)); then
  echo "usage: $0 [PATH-OF-INTROSPECTION]" >&2
  exit 2
fi
installed="$here/node_modules/.package-lock.json"
if [[ ! -e $installed || $here/package-lock.json -nt $installed || $here/package.json -nt $installed ]]; then
  (cd -- "$here" && npm ci --no-audit --no-fund --loglevel=error) >&2
fi
if (($# == 0)); then
  cargo build --release --example introspection --all-features --manifest-path "$root/Cargo.toml" >&2
  set -- "${CARGO_TARGET_DIR:-$root/target}/release/examples/introspection"
fi
exec node "$here/introspection.mjs" "$1"
