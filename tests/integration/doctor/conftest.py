"""A worker for all queues, and an HTTPS Key Vault that answers as told."""

import json
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from shared.queue.names import Queue
from tests.integration.jobs.conftest import StartWorker
from tests.integration.jobs.workers import Worker
from tests.shares import share_fixtures

# A worker that is asked how it is must not be busy with what other tests ordered.
product_environment, settings, database, system_database, owner = share_fixtures("module")


@pytest.fixture(scope="module")
def worker_of_all_queues(product_environment: dict[str, str]) -> Iterator[Worker]:
    """A worker that serves every queue, as both roles together do."""
    with Worker({**os.environ, **product_environment}, queues=tuple(Queue), pool="threads", concurrency=8) as worker:
        yield worker.wait_ready()


@pytest.fixture
def start_worker(environment: dict[str, str]) -> Iterator[StartWorker]:
    """Start workers that end with the test."""
    with ExitStack() as running:

        def start(**options: object) -> Worker:
            given = {**environment, **options.pop("environment", {})}  # type: ignore[dict-item]
            return running.enter_context(Worker(given, **options))  # type: ignore[arg-type]

        yield start


@dataclass
class Vault:
    """The Key Vault's challenge and its answer to a question for a secret (learn.microsoft.com, "Authentication, requests
    and responses"); ``status`` is what it answers whoever brings a token."""

    url: str
    ca_file: Path
    status: int = 404
    tokens: list[str] = field(default_factory=list)


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    authority = trustme.CA()
    ca_file = tmp_path / "vault.pem"
    authority.cert_pem.write_to_path(str(ca_file))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.headers.get("Authorization")
            body = b"{}"
            if token is None:
                self.send_response(401)
                challenge = 'Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"'
                self.send_header("WWW-Authenticate", challenge)
            else:
                made.tokens.append(token)
                code = {404: "SecretNotFound", 403: "Forbidden"}[made.status]
                body = json.dumps({"error": {"code": code, "message": "no"}}).encode()
                self.send_response(made.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    made = Vault(f"https://127.0.0.1:{server.server_port}", ca_file)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()
