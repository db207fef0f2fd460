#!/usr/bin/env bash
# Has a real Prometheus scrape the example operated while its issuer, its stores and its callers
# fail, and compares the alerts that fire with the table in docs/observability/README.md.
#
#   tests/e2e/prometheus/run.sh
#   PICTURES=docs/observability tests/e2e/prometheus/run.sh   # draws the dashboard from the data
#
# Requires prometheus and promtool (2.42 or later), which PROMETHEUS_PROGRAM and PROMTOOL_PROGRAM
# name, and for the faults of Redis redis-server, which REDIS_SERVER_PROGRAM names. Pictures require
# Python 3. PROMETHEUS_BINARY names the debug build of this test, with the example operated in
# ../examples beside it; otherwise both are built.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../../.."

export PROMETHEUS_PROGRAM=${PROMETHEUS_PROGRAM:-prometheus} PROMTOOL_PROGRAM=${PROMTOOL_PROGRAM:-promtool}
for program in "$PROMETHEUS_PROGRAM" "$PROMTOOL_PROGRAM"; do
  if ! command -v "$program" >/dev/null; then
    echo "no $program: the alerts are not tested" >&2
    exit 0
  fi
done
if [[ -z ${REDIS_SERVER_PROGRAM:-} ]] && command -v redis-server >/dev/null; then
  export REDIS_SERVER_PROGRAM=redis-server
fi

"$PROMTOOL_PROGRAM" check rules docs/observability/alerts.yml
"$PROMTOOL_PROGRAM" test rules docs/observability/alerts.test.yml
if [[ -n ${PROMETHEUS_BINARY:-} ]]; then
  test=("$PROMETHEUS_BINARY" --run)
else
  cargo build --locked --example operated --features full
  test=(cargo test --locked --features full --test prometheus -- --run)
fi
# Once more if it fails: the alerts' durations are 30 times shorter, so a machine that stops for
# some seconds can delay one, or have another fire.
"${test[@]}" || {
  echo "the test is run once more" >&2
  exec "${test[@]}"
}
