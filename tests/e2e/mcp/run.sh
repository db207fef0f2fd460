#!/usr/bin/env bash
# End-to-end test of the example mcp_server with the official clients and conformance checks of MCP.
#
#   tests/e2e/mcp/run.sh [PATH-OF-MCP-SERVER]
#
# Requires Node 20.20.2 or later with npm. Without a path, also requires cargo and builds the example.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../../.." && pwd)

if (($# > 1)); then
  echo "usage: $0 [PATH-OF-MCP-SERVER]" >&2
  exit 2
fi
installed="$here/node_modules/.package-lock.json"
if [[ ! -e $installed || $here/package-lock.json -nt $installed || $here/package.json -nt $installed ]]; then
  (cd -- "$here" && npm ci --no-audit --no-fund --loglevel=error) >&2
fi
if (($# == 0)); then
  target=${CARGO_TARGET_DIR:-$root/target}
  cargo build --locked --manifest-path "$root/examples/mcp_server/Cargo.toml" --target-dir "$target" >&2
  set -- "$target/debug/mcp_server"
fi
exec node "$here/run.mjs" "$1"
