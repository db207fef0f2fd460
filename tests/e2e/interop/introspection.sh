#!/usr/bin/env bash
# Interop test of the example introspection with npm's oidc-provider, whose tokens are opaque.
#
#   tests/e2e/interop/introspection.sh [PATH-OF-INTROSPECTION]
#
# Requires Node 20.20.2 or later with npm. Without a path, also requires cargo and builds the example.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

find_examples introspection "$@"
install_node_packages "$interop"
exec node "$interop/introspection/main.mjs" "${paths[@]}"
