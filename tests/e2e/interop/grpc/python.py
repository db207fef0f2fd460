"""Interop test: Python's grpcio calls the health service of the resource_server example.

    python python.py PATH-OF-RESOURCE-SERVER

Brings its own issuer. Prints a line for every check and at the end `N passed, N failed`; the exit code is 0 if none
failed. `../grpc.sh` installs and builds what this needs.
"""

import os
import re
import sys
import time

# A proxy of the environment's has no business here; read when grpc is imported.
os.environ["no_grpc_proxy"] = "127.0.0.1"

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from harness import Server, assert_equal, check, free_port, run_all
from issuer import AUDIENCE, Issuer

TIME_LIMIT = 60
START_LIMIT = 20
CALL_LIMIT = 10
SERVING = health_pb2.HealthCheckResponse.SERVING


class Client:
    """The health service over one channel, whose states are recorded."""

    def __init__(self, address):
        self._channel = grpc.insecure_channel(address)
        self._stub = health_pb2_grpc.HealthStub(self._channel)
        self.states = []
        self._channel.subscribe(lambda state: self.states.append(state.name))

    def check(self, token=None):
        return self._stub.Check(health_pb2.HealthCheckRequest(), metadata=bearer(token), timeout=CALL_LIMIT)

    def watch(self, token=None):
        """The first message of the stream; then the client hangs up."""
        stream = self._stub.Watch(health_pb2.HealthCheckRequest(), metadata=bearer(token), timeout=CALL_LIMIT)
        try:
            return next(stream)
        finally:
            stream.cancel()

    def close(self):
        self._channel.close()


def bearer(token):
    return () if token is None else (("authorization", f"Bearer {token}"),)


def assert_serving(answer):
    assert_equal(answer.status, SERVING)


def refusal(call, token):
    try:
        call(token)
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call succeeded")


def assert_refused(error, code, details, metadata):
    assert_equal((error.code(), error.details()), (code, details))
    found = dict(error.trailing_metadata() or ())
    for name, pattern in metadata.items():
        if pattern is None:
            assert_equal(found.get(name), None)
        elif not re.fullmatch(pattern, found.get(name, "none")):
            raise AssertionError(f"{name}: {found.get(name)!r} is not {pattern!r}")


def refusals(issuer, down):
    unauthenticated = grpc.StatusCode.UNAUTHENTICATED
    expired, audience = "the access token has expired", "the access token is meant for another audience"

    def broken(why):
        return {"www-authenticate": f'Bearer error="invalid_token",error_description="{why}"'}

    return [
        ("no token", None, unauthenticated, "the request has no verified access token", {"www-authenticate": "Bearer"}),
        ("expired", issuer.token(exp=int(time.time()) - 3600), unauthenticated, expired, broken(expired)),
        ("wrong audience", issuer.token(aud="x"), unauthenticated, audience, broken(audience)),
        (
            "keys unavailable",
            issuer.token(iss=down),
            grpc.StatusCode.UNAVAILABLE,
            "the issuer's keys are temporarily unavailable",
            {"retry-after": r"[1-9]\d*", "www-authenticate": None},
        ),
    ]


def check_refusals(client, issuer, down):
    for name, token, *expected in refusals(issuer, down):
        check(f"{name}: status, message and metadata", lambda: assert_refused(refusal(client.check, token), *expected))
        check(f"{name}, a stream: the same", lambda: assert_refused(refusal(client.watch, token), *expected))
        check(f"{name}: the next call goes on", lambda: assert_serving(client.check(issuer.token())))


def check_sizes(client, issuer):
    def too_large():
        error = refusal(client.check, issuer.token_of_size(20 * 1024))
        assert_equal((error.code(), "431" in error.details()), (grpc.StatusCode.UNKNOWN, True))
        assert_serving(client.check(issuer.token()))

    near = "a token near the limit of HTTP/2 headers (15 KiB of 16) is accepted"
    check(near, lambda: assert_serving(client.check(issuer.token_of_size(15 * 1024))))
    check("a token over that limit fails alone, for HTTP 431", too_large)


def check_connection(client):
    """The channel connected once, and was never lost."""
    # Who watches may miss the moment of connecting, but not that it happened again.
    assert_equal([state for state in client.states if state not in ("IDLE", "CONNECTING")], ["READY"])
    assert_equal(client.states.count("CONNECTING") <= 1, True)


def scenario(binary):
    issuer, down = Issuer(), f"http://127.0.0.1:{free_port()}"
    server = Server(binary, "--issuer", issuer.url, "--issuer", down, "--audience", AUDIENCE)
    server.wait_until_it_answers(START_LIMIT)
    client = Client(server.address)
    check("a valid token: SERVING", lambda: assert_serving(client.check(issuer.token())))
    check("a valid token, a stream: SERVING", lambda: assert_serving(client.watch(issuer.token())))
    check_refusals(client, issuer, down)
    check_sizes(client, issuer)
    check("all of that took one connection", lambda: check_connection(client))
    client.close()
    check("SIGTERM ends the resource server with exit code 0", lambda: assert_equal(server.end(CALL_LIMIT), 0))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python python.py PATH-OF-RESOURCE-SERVER")
    run_all(TIME_LIMIT, lambda: scenario(sys.argv[1]))
