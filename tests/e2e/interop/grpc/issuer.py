"""An issuer on loopback with one Ed25519 key, and tokens of it."""

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

AUDIENCE = "https://api.example"


def base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def part(value):
    return base64url(json.dumps(value).encode())


class Issuer:
    """Serves its metadata and its key until the process ends."""

    def __init__(self):
        self._key = Ed25519PrivateKey.generate()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def token(self, **claims):
        now = int(time.time())
        payload = {"iss": self.url, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 300, **claims}
        signed = f"{part({'alg': 'EdDSA', 'typ': 'JWT', 'kid': 'python'})}.{part(payload)}"
        return f"{signed}.{base64url(self._key.sign(signed.encode()))}"

    def token_of_size(self, size):
        """A token of this many bytes, or up to three fewer."""
        others = len(self.token(padding=""))
        return self.token(padding="x" * ((size - others) * 3 // 4))

    def _documents(self):
        x = base64url(self._key.public_key().public_bytes_raw())
        jwk = {"kty": "OKP", "crv": "Ed25519", "kid": "python", "alg": "EdDSA", "use": "sig", "x": x}
        return {
            "/.well-known/openid-configuration": {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"},
            "/jwks": {"keys": [jwk]},
        }

    def _handler(self):
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                document = issuer._documents().get(self.path)
                body = json.dumps(document or {}).encode()
                self.send_response(200 if document else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler
