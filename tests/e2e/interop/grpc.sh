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

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
venv=$target/interop-venv

# Installs the packages of the lock file, unless they are installed already.
install_node_packages() {
  local installed="$here/grpc/node_modules/.package-lock.json"
  if [[ ! -e $installed || $here/grpc/package-lock.json -nt $installed || $here/grpc/package.json -nt $installed ]]; then
    (cd -- "$here/grpc" && npm ci --no-audit --no-fund --loglevel=error) >&2
  fi
}

# Does the same for Python. The copy of requirements.txt records what is installed, so it is made
# last.
install_python_packages() {
  cmp --quiet -- "$here/grpc/requirements.txt" "$venv/requirements.txt" && return
  python3 -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: -r "$here/grpc/requirements.txt" >&2
  cp -- "$here/grpc/requirements.txt" "$venv/requirements.txt"
}

if (($# > 1)); then
  echo "usage: $0 [PATH-OF-RESOURCE-SERVER]" >&2
  exit 2
fi
install_node_packages
install_python_packages
if (($# == 1)); then
  binary=$1
else
  cargo build --release --example resource_server --all-features --manifest-path "$root/Cargo.toml" >&2
  binary=$target/release/examples/resource_server
fi

# Runs a client. If this script receives a signal to end, the client ends, too.
run_client() {
  "$@" "$binary" &
  child=$!
  wait "$child"
}
trap 'kill "$child" 2>/dev/null; exit 1' INT TERM HUP

failed=0 child=
echo "# Python's grpcio"
run_client "$venv/bin/python" -B "$here/grpc/python.py" || failed=1
echo "# Node's @grpc/grpc-js"
run_client node "$here/grpc/node.mjs" || failed=1
exit "$failed"
