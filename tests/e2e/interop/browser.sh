#!/usr/bin/env bash
# Test of the example browser: its page in Chromium, driven by npm's playwright-core, signs in at
# npm's oidc-provider and calls its API with DPoP, over a WebSocket and with gRPC-Web. Attackers try
# what they can with stolen tokens and from other origins.
#
#   tests/e2e/interop/browser.sh [PATH-OF-EXAMPLE]
#   tests/e2e/interop/browser.sh --by-hand
#
# Requires Node 20.20.2 or later with npm, and Chromium: CHROMIUM_PROGRAM, or `chromium`. Without a
# path, also requires cargo and builds the example. It has a time limit of 150 seconds, ends the
# processes that it starts, writes screenshots to target/browser, and prints `N passed, N failed` as
# its last line. `--by-hand` starts the provider and the example, for a browser of your own.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}

# Installs the packages of the lock file, unless they are installed already.
install_packages() {
  local installed="$here/browser/node_modules/.package-lock.json"
  if [[ ! -e $installed || $here/browser/package-lock.json -nt $installed || $here/browser/package.json -nt $installed ]]; then
    (cd -- "$here/browser" && npm ci --no-audit --no-fund --loglevel=error) >&2
  fi
}

build() {
  cargo build --example browser --all-features --manifest-path "$root/Cargo.toml" >&2
}

if (($# > 1)); then
  echo "usage: $0 [PATH-OF-EXAMPLE | --by-hand]" >&2
  exit 2
fi
install_packages
example=${1:-$target/debug/examples/browser}
if [[ ${1:-} == --by-hand ]]; then
  build
  exec node "$here/browser/main.mjs" --by-hand "$target/debug/examples/browser"
fi
if (($# == 0)); then build; fi
chromium=${CHROMIUM_PROGRAM:-$(command -v chromium || true)}
if [[ -z $chromium ]]; then
  echo "no Chromium: set CHROMIUM_PROGRAM, or install Debian's package chromium" >&2
  exit 1
fi
rm -rf -- "$target/browser"
exec node "$here/browser/main.mjs" "$example" "$chromium" "$target/browser"
