#!/usr/bin/env bash
# Interop test of the resource_server example with npm's oidc-provider.
#
#   tests/e2e/interop/run.sh [PATH-OF-RESOURCE-SERVER]
#
# Requires Node 20.20.2 or later with npm. Without a path, also requires cargo and builds the
# example.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../../.." && pwd)

# Installs the packages of the lock file, unless they are installed already.
install_packages() {
  local installed="$here/node_modules/.package-lock.json"
  if [[ ! -e $installed || $here/package-lock.json -nt $installed || $here/package.json -nt $installed ]]; then
    (cd -- "$here" && npm ci --no-audit --no-fund --loglevel=error) >&2
  fi
}

# Builds the example and prints the path of its binary.
build_example() {
  cargo build --release --example resource_server --all-features --manifest-path "$root/Cargo.toml" \
    --message-format=json-render-diagnostics |
    node -e '
      const lines = require("node:fs").readFileSync(0, "utf8").trim().split("\n");
      const built = lines.map((line) => JSON.parse(line)).find((m) => m.executable && m.target.name === "resource_server");
      if (!built) process.exit(1);
      console.log(built.executable);
    '
}

if (($# > 1)); then
  echo "usage: $0 [PATH-OF-RESOURCE-SERVER]" >&2
  exit 2
fi
install_packages
binary=${1:-$(build_example)}
exec node "$here/run.mjs" "$binary"
