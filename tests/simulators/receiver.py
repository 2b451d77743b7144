"""A receiver of webhooks: HTTPS on loopback, answers as it is told, remembers what came."""

import ssl
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import trustme

from infra.local import ports
from tests.simulators.listening import QuietServer


@dataclass(frozen=True)
class Received:
    """One message, as it came."""

    path: str
    headers: dict[str, str]
    """By name in lower case."""
    body: bytes


@dataclass
class Told:
    """One answer to give."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"thank you"


class Receiver:
    """Answers 200 unless told otherwise; used as a context manager."""

    def __init__(self, ca_file: Path) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(ca_file)
        self.ca_file = ca_file
        self.received: list[Received] = []
        self.answers: deque[Told] = deque()
        """For the next messages; the last of them for all that follow."""
        self.gate = threading.Event()
        """Answers are given while it is set."""
        self.gate.set()
        self._server = QuietServer((ports.HOST, 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(ports.HOST).configure_cert(context)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self.url = f"https://{ports.HOST}:{self.port}"

    def __enter__(self) -> "Receiver":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """The settings of an installation that may send here."""
        return {"outgoing_hosts": f"{ports.HOST}:{self.port}", "outgoing_ca_file": str(self.ca_file)}

    def _answer(self, received: Received) -> Told:
        self.received.append(received)
        self.gate.wait()
        if not self.answers:
            return Told(200)
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or "0"))
                headers = {name.lower(): value for name, value in self.headers.items()}
                told = receiver._answer(Received(self.path, headers, body))
                self.send_response(told.status)
                for name, value in {"Content-Length": str(len(told.body)), **told.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(told.body)

            do_GET = do_HEAD = do_POST  # noqa: N815 - the names are given

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
