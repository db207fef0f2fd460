#!/usr/bin/env bash
# Interop test of the examples resource_server and doctor with npm's oidc-provider.
#
#   tests/e2e/interop/run.sh [PATH-OF-RESOURCE-SERVER PATH-OF-DOCTOR]
#
# Requires Node 20.20.2 or later with npm. Without paths, also requires cargo and builds the
# examples.
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

# Builds an example and prints the path of its binary.
build_example() {
  cargo build --release --example "$1" --all-features --manifest-path "$root/Cargo.toml" \
    --message-format=json-render-diagnostics |
    EXAMPLE=$1 node -e '
      const lines = require("node:fs").readFileSync(0, "utf8").trim().split("\n");
      const built = lines.map((line) => JSON.parse(line)).find((m) => m.executable && m.target.name === process.env.EXAMPLE);
      if (!built) process.exit(1);
      console.log(built.executable);
    '
}

if (($# != 0 && $# != 2)); then
  echo "usage: $0 [PATH-OF-RESOURCE-SERVER PATH-OF-DOCTOR]" >&2
  exit 2
fi
install_packages
binary=${1:-$(build_example resource_server)}
doctor=${2:-$(build_example doctor)}
exec node "$here/run.mjs" "$binary" "$doctor"
