"""The managed identity endpoint of App Service, Functions and Container Apps, on loopback.

Speaks version 2019-08-01 of the protocol (learn.microsoft.com, "How to use managed identities for App Service and Azure
Functions", section on the REST endpoint), so that the product signs in by ``ManagedIdentityCredential`` everywhere.
Tokens carry the claims that Azure Storage's emulator checks and are signed with a key that nobody else has.
"""

import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

_API_VERSION = "2019-08-01"
_PATH = "/msi/token"
_DIRECTORY_ID = "7d6c3c2e-5a0f-4a9e-9b66-0c8f5a2d1e47"
_OBJECT_ID = "c1b7a1de-54f6-4a35-8f6f-2d2a6f0c9b13"
# A day, as Azure's own tokens for managed identities.
_LIFETIME_S = 24 * 3600
# Clocks of two processes on one machine agree, yet the emulator compares whole seconds.
_LEEWAY_S = 60


@dataclass
class ManagedIdentityEndpoint:
    """A running endpoint; ``issued`` counts the tokens handed out for each resource."""

    issued: dict[str, int] = field(default_factory=dict)
    header: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        """Listen on a free port of the loopback interface."""
        endpoint = self

        class Handler(_Handler):
            def do_GET(self) -> None:
                status, body = endpoint.answer(self.path, self.headers.get("X-IDENTITY-HEADER"))
                self.answer_json(status, body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def stop(self) -> None:
        """Stop listening; does nothing when not running."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def environment(self) -> dict[str, str]:
        """Return the two variables by which azure-identity finds the endpoint."""
        if self._server is None:
            raise RuntimeError("the endpoint is not running")
        return {"IDENTITY_ENDPOINT": f"http://127.0.0.1:{self._server.server_port}{_PATH}", "IDENTITY_HEADER": self.header}

    def answer(self, target: str, header: str | None) -> tuple[HTTPStatus, dict[str, Any]]:
        """Return status and body for a request of ``target`` that came with ``header``."""
        address = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path != _PATH:
            return HTTPStatus.NOT_FOUND, _error("unknown address")
        if header is None or not secrets.compare_digest(header, self.header):
            return HTTPStatus.UNAUTHORIZED, _error("X-IDENTITY-HEADER is missing or wrong")
        if query.get("api-version") != _API_VERSION or not query.get("resource"):
            return HTTPStatus.BAD_REQUEST, _error(f"resource and api-version={_API_VERSION} are needed")
        return HTTPStatus.OK, self.token(query["resource"])

    def token(self, resource: str) -> dict[str, Any]:
        """Return the protocol's answer with a new token for ``resource``."""
        self.issued[resource] = self.issued.get(resource, 0) + 1
        now = int(time.time())
        claims = {
            "aud": resource,
            "iss": f"https://sts.windows.net/{_DIRECTORY_ID}/",
            "iat": now - _LEEWAY_S,
            "nbf": now - _LEEWAY_S,
            "exp": now + _LIFETIME_S,
            "oid": _OBJECT_ID,
            "sub": _OBJECT_ID,
            "tid": _DIRECTORY_ID,
            "ver": "1.0",
        }
        token = jwt.encode(claims, self._key, algorithm="HS256")
        return {"access_token": token, "expires_on": str(claims["exp"]), "resource": resource, "token_type": "Bearer"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer_json(self, status: HTTPStatus, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the address of a token request is not worth a line."""


def _error(message: str) -> dict[str, Any]:
    return {"error": {"code": "invalid_request", "message": message}}
