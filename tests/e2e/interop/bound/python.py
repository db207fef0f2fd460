"""Interop test: Python's grpcio calls the resource_server example with DPoP proofs.

    python python.py PATH-OF-RESOURCE-SERVER

Starts its own issuer. Prints a line for each check, and at the end `N passed, N failed`. The exit code is 0 if none
failed. `../bound.sh` installs and builds what this requires.
"""

import hashlib
import json
import os
import re
import sys
import time
import uuid
from pathlib import Path

# The proxy settings of the environment are read when grpc is imported.
os.environ["no_grpc_proxy"] = "127.0.0.1"
sys.path.insert(0, str(Path(__file__).parent.parent / "grpc"))

import grpc
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from grpc_health.v1 import health_pb2, health_pb2_grpc

from harness import Server, assert_equal, check, run_all
from issuer import AUDIENCE, Issuer, base64url, part

TIME_LIMIT = 60
START_LIMIT = 20
CALL_LIMIT = 10
METHOD = "/grpc.health.v1.Health/Check"


class ProofKey:
    """A client's key, which makes proofs."""

    def __init__(self):
        self._key = Ed25519PrivateKey.generate()
        self.jwk = {"crv": "Ed25519", "kty": "OKP", "x": base64url(self._key.public_key().public_bytes_raw())}
        self.thumbprint = sha256(json.dumps(self.jwk, separators=(",", ":"), sort_keys=True))

    def proof(self, token, htu, **claims):
        header = {"typ": "dpop+jwt", "alg": "EdDSA", "jwk": self.jwk}
        payload = {"jti": str(uuid.uuid4()), "htm": "POST", "htu": htu, "iat": int(time.time()), "ath": sha256(token)}
        signed = f"{part(header)}.{part({**payload, **claims})}"
        return f"{signed}.{base64url(self._key.sign(signed.encode()))}"


def sha256(text):
    return base64url(hashlib.sha256(text.encode()).digest())


class Client:
    """The health service over one channel."""

    def __init__(self, address):
        self._stub = health_pb2_grpc.HealthStub(grpc.insecure_channel(address))

    def call(self, *metadata):
        return self._stub.Check(health_pb2.HealthCheckRequest(), metadata=metadata, timeout=CALL_LIMIT)


def rejection(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call succeeded")


def assert_rejected(error, *challenges):
    """Compares each challenge as its scheme, followed by the error if there is one."""
    assert_equal(error.code(), grpc.StatusCode.UNAUTHENTICATED)
    fields = [value for name, value in error.trailing_metadata() if name == "www-authenticate"]
    found = []
    for field in fields:
        code = re.search(r'\berror="([^"]*)"', field)
        found.append(f"{field.split(' ')[0]} {code[1]}" if code else field.split(" ")[0])
    assert_equal(tuple(found), challenges)


def nonce_of(error):
    return dict(error.trailing_metadata())["dpop-nonce"]


def start(binary, *options):
    issuer = Issuer()
    server = Server(binary, "--issuer", issuer.url, "--audience", AUDIENCE, *options)
    server.wait_until_it_answers(START_LIMIT)
    key = ProofKey()
    token = issuer.token(cnf={"jkt": key.thumbprint})
    return server, Client(server.address), key, token, f"http://{server.address}{METHOD}"


def assert_serving(answer):
    assert_equal(answer.status, health_pb2.HealthCheckResponse.SERVING)


def check_without_nonces(binary):
    server, client, key, token, htu = start(binary, "--dpop", "optional")
    authorization = ("authorization", f"DPoP {token}")
    used = key.proof(token, htu)

    def rejected(name, metadata, *challenges):
        def body():
            assert_rejected(rejection(lambda: client.call(*metadata)), *challenges)

        check(f"grpcio: {name}: {', '.join(challenges)}", body)

    def accepted(name, proof):
        check(f"grpcio: {name}: SERVING", lambda: assert_serving(client.call(authorization, ("dpop", proof))))

    accepted("a proof for the method", used)
    rejected("the token as Bearer", [("authorization", f"Bearer {token}")], "Bearer invalid_token", "DPoP")
    rejected("the token alone, as DPoP", [authorization], "DPoP invalid_dpop_proof")
    rejected("a used proof", [authorization, ("dpop", used)], "DPoP invalid_dpop_proof")
    rejected("a proof of another key", [authorization, ("dpop", ProofKey().proof(token, htu))], "DPoP invalid_token")
    other = key.proof(token, htu.replace("Check", "Watch"))
    rejected("a proof for another method", [authorization, ("dpop", other)], "DPoP invalid_dpop_proof")
    two = [("dpop", key.proof(token, htu)), ("dpop", key.proof(token, htu))]
    rejected("two proofs", [authorization, *two], "DPoP invalid_dpop_proof")
    accepted("the next proof", key.proof(token, htu))
    check("grpcio: SIGTERM ends the server with exit code 0", lambda: assert_equal(server.end(CALL_LIMIT), 0))


def check_with_nonces(binary):
    server, client, key, token, htu = start(binary, "--dpop", "required", "--dpop-nonces")
    authorization = ("authorization", f"DPoP {token}")

    def take_nonce():
        error = rejection(lambda: client.call(authorization, ("dpop", key.proof(token, htu))))
        assert_rejected(error, "DPoP use_dpop_nonce")
        for _ in range(2):
            assert_serving(client.call(authorization, ("dpop", key.proof(token, htu, nonce=nonce_of(error)))))

    check("grpcio: the error brings a nonce, with which calls succeed", take_nonce)
    check("grpcio: with nonces, SIGTERM ends it, too", lambda: assert_equal(server.end(CALL_LIMIT), 0))


def scenario(binary):
    check_without_nonces(binary)
    check_with_nonces(binary)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python python.py PATH-OF-RESOURCE-SERVER")
    run_all(TIME_LIMIT, lambda: scenario(sys.argv[1]))
