"""Key Vault over TLS on loopback: names of secrets for whoever brings a token for it.

The first answer is the challenge that tells a client where to get a token (learn.microsoft.com, "Authentication, requests
and responses").
"""

import ssl
import threading
import time
from http import HTTPStatus

import jwt
import trustme

from tests.simulators.managed_identity import JsonHandler, QuietServer
from tests.simulators.tokens import DIRECTORY_ID

RESOURCE = "https://vault.azure.net"


class KeyVault:
    """A running vault that holds one secret; ``let_in`` and ``refused`` count requests."""

    def __init__(self, ca: trustme.CA) -> None:
        self.let_in = 0
        self.refused = 0
        vault = self

        class Handler(JsonHandler):
            def do_GET(self) -> None:  # noqa: N802 - the name is given
                if not _is_valid(self.headers.get("Authorization", "")):
                    vault.refused += 1
                    challenge = f'Bearer authorization="https://login.example/{DIRECTORY_ID}", resource="{RESOURCE}"'
                    self.answer_json(HTTPStatus.UNAUTHORIZED, {"error": {"code": "Unauthorized"}}, challenge)
                    return
                vault.let_in += 1
                name = f"{vault.url}/secrets/webhook"
                self.answer_json(HTTPStatus.OK, {"value": [{"id": name, "attributes": {"enabled": True}}], "nextLink": None})

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("localhost").configure_cert(context)
        self._server = QuietServer(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://localhost:{self._server.server_port}"

    def start(self) -> None:
        """Listen."""
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def _is_valid(authorization: str) -> bool:
    kind, _, token = authorization.partition(" ")
    if kind != "Bearer":
        return False
    # Who signed it is the concern of those who issue; here it has to be for this service, and of today.
    claims = jwt.decode(token, options={"verify_signature": False})
    return bool(claims["aud"] == RESOURCE and claims["exp"] > time.time())
