"""Counted checks, and a resource server that doesn't outlive them."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

_passed = 0
_failed = 0


def check(name, body):
    """Runs one check, prints its line and counts it. A check fails by raising."""
    global _passed
    try:
        body()
    except Exception as error:
        fail(name, error)
    else:
        _passed += 1
        print(f"ok - {name}", flush=True)


def fail(name, error):
    global _failed
    _failed += 1
    print(f"not ok - {name}: {' '.join(f'{type(error).__name__}: {error}'.split())}", flush=True)


def assert_equal(found, expected):
    if found != expected:
        raise AssertionError(f"{found!r} is not {expected!r}")


def run_all(limit, scenario):
    """Runs the scenario within `limit` seconds, prints the totals and ends the process."""
    timer = threading.Timer(limit, finish, [TimeoutError(f"not done after {limit} s")])
    timer.daemon = True
    timer.start()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda number, _: finish(InterruptedError(f"signal {number}")))
    try:
        scenario()
    except Exception as error:
        finish(error)
    finish()


def finish(error=None):
    if error is not None:
        fail("the test runs to its end", error)
    Server.end_all(show_logs=_failed > 0)
    print(f"{_passed} passed, {_failed} failed", flush=True)
    # Not `sys.exit`: a thread of a library's that still runs must not hold up the end.
    os._exit(1 if _failed else 0)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Server:
    """A running resource_server."""

    _started = []

    def __init__(self, binary, *options):
        self.address = f"127.0.0.1:{free_port()}"
        # Its log goes where it can't fill a pipe.
        self._log = tempfile.TemporaryFile()
        command = [binary, "--listen", self.address, *options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self._log)
        self._started.append(self)

    def wait_until_it_answers(self, limit):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        end = time.monotonic() + limit
        while self._process.poll() is None and time.monotonic() < end:
            try:
                return opener.open(f"http://{self.address}/healthz", timeout=limit).close()
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"the resource server does not answer; exit code {self._process.poll()}")

    def end(self, limit):
        """The exit code after SIGTERM."""
        self._process.terminate()
        return self._process.wait(limit)

    @classmethod
    def end_all(cls, show_logs):
        for server in cls._started:
            server._process.kill()
            server._process.wait()
            if show_logs:
                server._log.seek(0)
                print(server._log.read().decode(errors="replace"), file=sys.stderr, flush=True)
