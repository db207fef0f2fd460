#!/usr/bin/env bash
# Interop test of the resource_server example with gRPC clients: Python's grpcio and Node's
# @grpc/grpc-js.
#
#   tests/e2e/interop/grpc.sh [PATH-OF-RESOURCE-SERVER]
#
# Requires Node 20.20.2 or later with npm, and Python 3.10 or later with venv. Without a path, also
# requires cargo and builds the example. Each client has a time limit of one minute, ends the
# processes that it starts, and prints `N passed, N failed` as its last line.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

find_examples resource_server "$@"
install_node_packages "$interop/grpc"
install_python_packages

# Runs a client. If this script receives a signal to end, the client ends, too.
run_client() {
  "$@" "${paths[0]}" &
  child=$!
  wait "$child"
}
trap 'kill "$child" 2>/dev/null; exit 1' INT TERM HUP

failed=0 child=
echo "# Python's grpcio"
run_client "$venv/bin/python" -B "$interop/grpc/python.py" || failed=1
echo "# Node's @grpc/grpc-js"
run_client node "$interop/grpc/node.mjs" || failed=1
exit "$failed"
