#!/usr/bin/env bash
# Interop test of sender-constrained tokens: npm's oidc-provider binds them to a key (DPoP, RFC 9449)
# or to a certificate (mTLS, RFC 8705), and oauth4webapi, openid-client, @grpc/grpc-js and Python's
# grpcio send them to the examples resource_server and mtls. oauth4webapi's own check of DPoP requests
# is the oracle.
#
#   tests/e2e/interop/bound.sh [PATH-OF-RESOURCE-SERVER PATH-OF-MTLS]
#
# Requires Node 20.20.2 or later with npm, and Python 3.10 or later with venv. Without paths, also
# requires cargo and builds the examples. It has a time limit of two minutes, ends the processes that
# it starts, and prints `N passed, N failed` as its last line.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

find_examples "resource_server mtls" "$@"
install_node_packages "$interop/bound"
install_python_packages
exec node "$interop/bound/main.mjs" "${paths[@]}" "$venv/bin/python"
