#!/usr/bin/env bash
# Test of the example browser: its page in Chromium, driven by npm's playwright-core, signs in at
# npm's oidc-provider and calls its API with DPoP, over a WebSocket and with gRPC-Web. Attackers try
# what they can with stolen tokens and from other origins.
#
#   tests/e2e/interop/browser.sh [PATH-OF-EXAMPLE]
#   tests/e2e/interop/browser.sh --by-hand [PATH-OF-EXAMPLE]
#
# Requires Node 20.20.2 or later with npm, and Chromium: CHROMIUM_PROGRAM, or `chromium`. Without a
# path, also requires cargo and builds the example. It has a time limit of 150 seconds, ends the
# processes that it starts, writes screenshots to target/browser, and prints `N passed, N failed` as
# its last line. `--by-hand` starts the provider and the example, for a browser of your own.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

install_node_packages "$interop/browser"
if [[ ${1:-} == --by-hand ]]; then
  find_examples browser "${@:2}"
  exec node "$interop/browser/main.mjs" --by-hand "${paths[0]}"
fi
find_examples browser "$@"
chromium=${CHROMIUM_PROGRAM:-$(command -v chromium || true)}
if [[ -z $chromium ]]; then
  echo "no Chromium: set CHROMIUM_PROGRAM, or install Debian's package chromium" >&2
  exit 1
fi
rm -rf -- "$target/browser"
exec node "$interop/browser/main.mjs" "${paths[0]}" "$chromium" "$target/browser"
