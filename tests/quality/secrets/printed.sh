#!/usr/bin/env bash
# Searches what tests have printed for the secrets that they have made: raw, in hex, in base64, and as
# lists of numbers. Fails if one is found, or if too few were made for the search to mean anything.
#
#   export SECRETS_OF_TESTS=SECRETS
#   RUST_TEST_NOCAPTURE=1 cargo test --features full 2>&1 | tee PRINTED
#   tests/quality/secrets/printed.sh SECRETS PRINTED
set -euo pipefail
python3 - "$1" "$2" <<'PYTHON'
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
if len(secrets) < 50 or len(printed) < 100_000:
    sys.exit("too little was recorded: the search shows nothing")
if found:
    sys.exit("a secret was printed")
PYTHON
