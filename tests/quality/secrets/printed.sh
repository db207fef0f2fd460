#!/usr/bin/env bash
# Runs the tests of secrets with everything that they and the library print at the level TRACE, and
# searches it for the secrets that they have generated: raw, in hex, in base64, and as lists of
# numbers. Fails if one is found, or if too few were generated for the search to mean anything.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SECRETS_OF_TESTS="$work/secrets" RUST_LOG=trace RUST_BACKTRACE=1

# `logs` has a subscriber for all events.
if ! cargo test --locked --all-features --test keys --test quality --test logs -- --nocapture secret files:: \
  >"$work/printed" 2>&1; then
  cat "$work/printed" >&2
  exit 1
fi
python3 - "$work/secrets" "$work/printed" <<'PYTHON'
import base64, sys

secrets = {bytes.fromhex(line) for line in open(sys.argv[1]).read().split()}
printed = open(sys.argv[2], "rb").read()

def forms(secret):
    middle = secret[8:14]
    yield secret[:8]
    yield secret.hex()[:16].encode()
    yield secret.hex()[:16].upper().encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(secret)[:16]
        yield base64.b64encode(encode(secret))[:16]
    yield ", ".join(str(byte) for byte in middle).encode()
    yield ", ".join(f"0x{byte:02x}" for byte in middle).encode()

# The search finds what is there.
for form in forms(b"0123456789abcdef0123456789abcdef"):
    assert len(form) >= 8, form
found = [form for secret in secrets for form in forms(secret) if form in printed]
print(f"{len(secrets)} secrets, {len(printed)} bytes printed, {len(found)} found in them")
if len(secrets) < 50 or len(printed) < 2000:
    sys.exit("too little was recorded: the search shows nothing")
if found:
    sys.exit("a secret was printed")
PYTHON
