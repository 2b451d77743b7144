"""The ingestion endpoint of Application Insights, over TLS on loopback: keeps what it is sent, and by whom it is signed in.

Speaks the Track API, version 2.1: gzipped JSON of envelopes, one a line or in an array, answered by how many were taken.
"""

import gzip
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self

import trustme

from tests.simulators.listening import Listening


@dataclass
class ApplicationInsights(Listening):
    """A running endpoint; use it in a ``with`` block. ``ca_file`` is written at the start."""

    ca_file: Path
    envelopes: list[dict[str, Any]] = field(default_factory=list)
    authorizations: set[str] = field(default_factory=set)

    def __enter__(self) -> Self:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                endpoint.authorizations.add(self.headers.get("Authorization", ""))
                envelopes = _envelopes_in(body)
                endpoint.envelopes.extend(envelopes)
                answer = json.dumps(
                    {"itemsReceived": len(envelopes), "itemsAccepted": len(envelopes), "errors": []}
                ).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca_file))
        self.listen(Handler, authority)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def connection_string(self) -> str:
        """What ``APPLICATIONINSIGHTS_CONNECTION_STRING`` is to say."""
        return f"InstrumentationKey=1c2d3e4f-0000-4000-8000-0123456789ab;IngestionEndpoint={self.base_url}/"

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """Return the envelopes of one type, such as ``RequestData``."""
        return [envelope for envelope in list(self.envelopes) if envelope["data"]["baseType"] == kind]


def _envelopes_in(body: bytes) -> list[dict[str, Any]]:
    text = body.decode()
    found: list[dict[str, Any]] = json.loads(text) if text.startswith("[") else list(map(json.loads, text.splitlines()))
    return found
