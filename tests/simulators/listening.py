"""Servers of simulators on loopback: each in threads of its own, with TLS where it has an authority, and quiet."""

import json
import ssl
import sys
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme


class Listening:
    """What listens while it runs; the address is known then."""

    _server: "QuietServer | None" = None
    _scheme = "http"

    def listen(
        self, handler: type[BaseHTTPRequestHandler], ca: trustme.CA | None = None, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        """Serve by ``handler``, on a free port where none is given, and over TLS where there is a ``ca``."""
        self._server = QuietServer((host, port), handler)
        if ca is not None:
            self._scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            ca.issue_cert("localhost").configure_cert(context)
            # The handshake is left to the thread of the connection: one that never speaks holds up nobody else.
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Stop listening; does nothing when not running."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def base_url(self) -> str:
        """Scheme, host and port."""
        if self._server is None:
            raise RuntimeError("the simulator is not running")
        # Certificates are for the name.
        host = "localhost" if self._scheme == "https" else "127.0.0.1"
        return f"{self._scheme}://{host}:{self._server.server_port}"


class QuietServer(ThreadingHTTPServer):
    """Serves each connection in a thread of its own and says nothing of clients that hang up."""

    daemon_threads = True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection; nothing of the product runs on its thread, so nothing is measured."""
        sys.settrace(None)
        super().process_request_thread(request, client_address)

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
