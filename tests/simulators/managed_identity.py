"""The managed identity endpoint of App Service, Functions and Container Apps, on loopback.

Speaks version 2019-08-01 of the protocol (learn.microsoft.com, "How to use managed identities for App Service and Azure
Functions", section on the REST endpoint), so that the product signs in by ``ManagedIdentityCredential`` everywhere.
"""

import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.simulators.tokens import TokenIssuer

_API_VERSION = "2019-08-01"
_PATH = "/msi/token"


@dataclass
class ManagedIdentityEndpoint:
    """A running endpoint that hands out the tokens of ``issuer``."""

    issuer: TokenIssuer = field(default_factory=TokenIssuer)
    header: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    _server: ThreadingHTTPServer | None = None

    def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen, on a free port of the loopback interface where nothing else is said."""
        endpoint = self

        class Handler(JsonHandler):
            def do_GET(self) -> None:
                if endpoint.issuer.away:
                    self.hang_up()
                    return
                status, body = endpoint.answer(self.path, self.headers.get("X-IDENTITY-HEADER"))
                self.answer_json(status, body)

        self._server = QuietServer((host, port), Handler)
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
        """Return the protocol's answer with a token for ``resource``."""
        token = self.issuer.token(resource)
        return {
            "access_token": token.text,
            "expires_on": str(token.expires_on),
            "resource": resource,
            "token_type": "Bearer",
        }


class QuietServer(ThreadingHTTPServer):
    """Serves each connection in a thread of its own and says nothing of clients that hang up."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that refuse a certificate or go away are what some tests are about."""


class JsonHandler(BaseHTTPRequestHandler):
    """Answers JSON, and is silent about it."""

    protocol_version = "HTTP/1.1"

    def answer_json(
        self, status: HTTPStatus, body: dict[str, Any], challenge: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        """Send one answer."""
        data = json.dumps(body).encode()
        self.send_response(status)
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def hang_up(self) -> None:
        """End the connection without a word, as a service does that is away."""
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing."""


def _error(message: str) -> dict[str, Any]:
    return {"error": {"code": "invalid_request", "message": message}}
