#!/usr/bin/env bash
# End-to-end test of the example mcp_server with the official clients and conformance checks of MCP.
#
#   tests/e2e/mcp/run.sh [PATH-OF-MCP-SERVER]
#
# Requires Node 20.20.2 or later with npm. Without a path, also requires cargo and builds the example.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/../interop/setup.sh"

if (($# > 1)); then
  echo "usage: $0 [PATH-OF-MCP-SERVER]" >&2
  exit 2
fi
if (($# == 0)); then
  cargo build --locked --manifest-path "$root/examples/mcp_server/Cargo.toml" --target-dir "$target" >&2
  set -- "$target/debug/mcp_server"
fi
install_node_packages "$root/tests/e2e/mcp"
exec node "$root/tests/e2e/mcp/run.mjs" "$1"
