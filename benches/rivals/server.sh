#!/usr/bin/env bash
# Whole servers over loopback: axum on one core, wrk on another, 1,000 tokens in rotation. Prints requests a second, also as
# a share of the same server without authentication. The servers take turns in short rounds; the medians are printed.
#
#   [ROUNDS=15] [EACH=1] [CONNECTIONS=32] [ALGORITHM=RS256] [RIVALS="CRATE CRATE"] [OUT=FOLDER] benches/rivals/server.sh
#
# ALGORITHM may be ML-DSA-65, too, which the rivals do not verify: then RIVALS must be empty.
# Writes server.tsv (medians) and server-rounds.tsv to OUT.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

rounds=${ROUNDS:-15} each=${EACH:-1} connections=${CONNECTIONS:-32} algorithm=${ALGORITHM:-RS256}
read -ra rivals <<<"${RIVALS-axum-jwt-auth tower-oauth2-resource-server}"
modes=(none floor cached verify "${rivals[@]}")

die() { printf '%s\n' "$*" >&2; exit 1; }
[ "$(nproc)" -ge 2 ] || die "two cores are required: one for the server, one for wrk"
if ! command -v wrk >/dev/null; then
  [ "$(id -u)" = 0 ] || die "wrk is missing: apt-get install wrk"
  apt-get install -y wrk >&2
fi

cargo build --locked --release --bin server >&2
server="${CARGO_TARGET_DIR:-$PWD/target}/release/server"

work=$(mktemp -d)
pids=()
finish() {
  [ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

declare -A pid port
for mode in "${modes[@]}"; do
  taskset -c 0 "$server" "$mode" "$work/$mode.tokens" "$algorithm" >"$work/$mode.port" &
  pid[$mode]=$! pids+=($!)
done
for mode in "${modes[@]}"; do
  for _ in {1..300}; do
    [ ! -s "$work/$mode.port" ] || break
    kill -0 "${pid[$mode]}" 2>/dev/null || die "$mode does not start"
    sleep 0.1
  done
  port[$mode]=$(<"$work/$mode.port")
done

# Prints the CPU time that a server has used so far, in ns. It has one thread.
cpu_time() { awk '{ print $1 }' "/proc/$1/schedstat"; }

# Sends requests to a server for some seconds. Prints one line: requests, duration in µs, failed requests.
load() {
  TOKENS="$work/$1.tokens" taskset -c 1 wrk -t1 -c"$connections" -d"$2s" -s tokens.lua "http://127.0.0.1:${port[$1]}/" |
    sed -n 's/^result\t//p'
}

# Measures one round of a server. Prints requests a second, CPU µs per request, and the share of the time that the thread was busy.
round() {
  local before after requests micros failed
  before=$(cpu_time "${pid[$1]}")
  read -r requests micros failed < <(load "$1" "$2") || die "wrk has no result for $1"
  after=$(cpu_time "${pid[$1]}")
  [ "$failed" = 0 ] || die "$1: $failed of $requests requests failed"
  awk -v n="$requests" -v t="$micros" -v cpu="$(((after - before) / 1000))" \
    'BEGIN { printf "%.0f\t%.3f\t%.3f\n", n / t * 1e6, cpu / n, cpu / t }'
}

for mode in "${modes[@]}"; do round "$mode" 1 >/dev/null; done
printf 'mode\trequests_per_second\tcpu_micros_per_request\tbusy\n' >"$work/server-rounds.tsv"
for ((first = 0; first < rounds; first++)); do
  # Each round starts with another server, so that a periodic disturbance does not always hit the same one.
  for ((turn = 0; turn < ${#modes[@]}; turn++)); do
    mode=${modes[(first + turn) % ${#modes[@]}]}
    measured=$(round "$mode" "$each")
    printf '%s\t%s\n' "$mode" "$measured" >>"$work/server-rounds.tsv"
  done
done

# Prints the median of a column for a mode.
median() {
  awk -F'\t' -v mode="$1" -v column="$2" '$1 == mode { print $column }' "$work/server-rounds.tsv" | sort -g |
    awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'
}

none=$(median none 2) floor=$(median floor 2) none_cpu=$(median none 3) floor_cpu=$(median floor 3)
printf 'mode\trequests_per_second\tof_none\tof_floor\tcpu_micros_per_request\tof_none_by_cpu\tof_floor_by_cpu\tbusy\n' \
  >"$work/server.tsv"
for mode in "${modes[@]}"; do
  awk -v mode="$mode" -v rate="$(median "$mode" 2)" -v none="$none" -v floor="$floor" \
    -v cpu="$(median "$mode" 3)" -v none_cpu="$none_cpu" -v floor_cpu="$floor_cpu" -v busy="$(median "$mode" 4)" \
    'BEGIN { printf "%s\t%d\t%.3f\t%.3f\t%.2f\t%.3f\t%.3f\t%.2f\n",
      mode, rate, rate / none, rate / floor, cpu, none_cpu / cpu, floor_cpu / cpu, busy }' >>"$work/server.tsv"
done

awk -F'\t' '
  NR == 1 {
    printf "%-30s %10s %8s %8s | %11s %8s %8s | %5s\n", "", "requests/s", "of none", "of floor", "CPU µs each", "of none", "of floor", "busy"
    next
  }
  {
    printf "%-30s %10d %8.3f %8.3f | %10.2f %8.3f %8.3f | %5.2f\n", $1, $2, $3, $4, $5, $6, $7, $8
    rate[$1] = $2; cpu[$1] = $5
    if ($8 < 0.9) idle = 1
    if (NR > 5 && (!best || $5 < cpu[best])) best = $1
  }
  END {
    if (best) printf "\nverify: %.2f × the requests of %s, %.2f by CPU time\n", rate["verify"] / rate[best], best, cpu[best] / cpu["verify"]
    if (idle) print "A core was not fully used, so the machine was not idle: only the columns by CPU time are valid."
  }' "$work/server.tsv"

if [ -n "${OUT:-}" ]; then
  mkdir -p "$OUT"
  cp "$work/server.tsv" "$work/server-rounds.tsv" "$OUT"
fi
