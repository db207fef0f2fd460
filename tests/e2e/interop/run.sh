#!/usr/bin/env bash
# Interop test of the examples resource_server and doctor with npm's oidc-provider.
#
#   tests/e2e/interop/run.sh [PATH-OF-RESOURCE-SERVER PATH-OF-DOCTOR]
#
# Requires Node 20.20.2 or later with npm. Without paths, also requires cargo and builds the
# examples.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

find_examples "resource_server doctor" "$@"
install_node_packages "$interop"
exec node "$interop/run.mjs" "${paths[@]}"
