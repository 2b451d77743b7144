"""The managed identity endpoint of App Service, Functions and Container Apps, on loopback.

Speaks version 2019-08-01 of the protocol (learn.microsoft.com, "How to use managed identities for App Service and Azure
Functions", section on the REST endpoint), so that the product signs in by ``ManagedIdentityCredential`` everywhere.
"""

import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.simulators.listening import JsonHandler, Listening
from tests.simulators.tokens import TokenIssuer

_API_VERSION = "2019-08-01"
_PATH = "/msi/token"


@dataclass
class ManagedIdentityEndpoint(Listening):
    """A running endpoint that hands out the tokens of ``issuer``."""

    issuer: TokenIssuer = field(default_factory=TokenIssuer)
    header: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen, on a free port of the loopback interface where nothing else is said."""
        endpoint = self

        class Handler(JsonHandler):
            def do_GET(self) -> None:  # noqa: N802 - the name is given
                if endpoint.issuer.away:
                    self.hang_up()
                    return
                status, body = endpoint.answer(self.path, self.headers.get("X-IDENTITY-HEADER"))
                self.answer_json(status, body)

        self.listen(Handler, host=host, port=port)

    @property
    def environment(self) -> dict[str, str]:
        """Return the two variables by which azure-identity finds the endpoint."""
        return {"IDENTITY_ENDPOINT": f"{self.base_url}{_PATH}", "IDENTITY_HEADER": self.header}

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


def _error(message: str) -> dict[str, Any]:
    return {"error": {"code": "invalid_request", "message": message}}
