#!/usr/bin/env bash
# Test of a cluster: three instances of the example resource_server, which share revocations and used
# tokens in Redis, with npm's oidc-provider, whose users sign in and out.
#
#   tests/e2e/cluster/run.sh [PATH-OF-RESOURCE-SERVER]
#
# Requires Node 20.20.2 or later with npm, and Redis 6.2 or later, whose program REDIS_SERVER_PROGRAM
# names (default: redis-server). Without a path, also requires cargo and builds the example. It ends
# the processes that it starts, and prints `N passed, N failed` as its last line.
#
# CLUSTER_BOUND is the time in milliseconds after which a revocation must be in force at all instances
# (default: 100). On a machine that is busy with other work, processes may have to wait for longer.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/../interop/setup.sh"

export REDIS_SERVER_PROGRAM=${REDIS_SERVER_PROGRAM:-redis-server}
if ! command -v "$REDIS_SERVER_PROGRAM" >/dev/null; then
  echo "no Redis: the test of a cluster is skipped" >&2
  exit 0
fi
find_examples resource_server "$@"
install_node_packages "$interop"
exec node "$interop/../cluster/main.mjs" "${paths[@]}"
