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

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
venv=$target/interop-venv

# Installs the packages of the lock file, unless they are installed already.
install_node_packages() {
  local installed="$here/bound/node_modules/.package-lock.json"
  if [[ ! -e $installed || $here/bound/package-lock.json -nt $installed || $here/bound/package.json -nt $installed ]]; then
    (cd -- "$here/bound" && npm ci --no-audit --no-fund --loglevel=error) >&2
  fi
}

# Does the same for Python, with the packages and in the directory of grpc.sh.
install_python_packages() {
  cmp --quiet -- "$here/grpc/requirements.txt" "$venv/requirements.txt" && return
  python3 -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: -r "$here/grpc/requirements.txt" >&2
  cp -- "$here/grpc/requirements.txt" "$venv/requirements.txt"
}

if (($# != 0 && $# != 2)); then
  echo "usage: $0 [PATH-OF-RESOURCE-SERVER PATH-OF-MTLS]" >&2
  exit 2
fi
install_node_packages
install_python_packages
if (($# == 0)); then
  cargo build --release --example resource_server --example mtls --all-features --manifest-path "$root/Cargo.toml" >&2
  set -- "$target"/release/examples/{resource_server,mtls}
fi
exec node "$here/bound/main.mjs" "$@" "$venv/bin/python"
