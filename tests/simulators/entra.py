"""Entra's sign-in endpoint for applications, over TLS on loopback, with refusals and faults on demand.

OpenID discovery and the client credentials grant of the v2.0 endpoint, with its three ways to prove who asks: secret,
certificate, federated token (learn.microsoft.com, "Microsoft identity platform and the OAuth 2.0 client credentials
flow"). Refusals carry the codes of "Microsoft Entra authentication and authorization error codes".
"""

import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import jwt
import trustme
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tests.simulators.listening import JsonHandler, Listening
from tests.simulators.tokens import DIRECTORY_ID, TokenIssuer

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FEDERATED_AUDIENCE = "api://AzureADTokenExchange"


class RefusedError(Exception):
    """The endpoint does not issue a token."""

    def __init__(self, status: HTTPStatus, error: str, code: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.body = {
            "error": error,
            "error_description": f"AADSTS{code}: {text} Trace ID: 0 Correlation ID: 0 Timestamp: 2026-01-01 00:00:00Z",
            "error_codes": [code],
        }


@dataclass
class Entra(Listening):
    """A running endpoint with one registered application, which may prove itself by whatever is set here."""

    ca: trustme.CA
    issuer: TokenIssuer
    client_id: str = "5e0f1c7a-8f1b-4b3e-9d55-3f1a7c2b9e10"
    secret: str | None = None
    certificate_key: RSAPublicKey | None = None
    federated_key: RSAPublicKey | None = None
    federated_subject: str = "system:serviceaccount:reports:worker"
    trusts_issuer: bool = False
    """Whether the application has a federated credential for the managed identity of ``issuer``."""
    refuse_with: int | None = None
    """The AADSTS code with which every sign-in is refused, whatever it proves."""
    fault: tuple[HTTPStatus, dict[str, str]] | None = None
    """Status and headers with which every request is answered, without a word of why."""
    refusals: list[int] = field(default_factory=list)
    grants: int = 0
    """How many tokens were handed out."""

    def start(self) -> None:
        """Listen on a free port of the loopback interface."""
        endpoint = self

        class Handler(JsonHandler):
            def do_GET(self) -> None:  # noqa: N802 - the name is given
                self._serve("")

            def do_POST(self) -> None:  # noqa: N802 - the name is given
                self._serve(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())

            def _serve(self, body: str) -> None:
                if endpoint.issuer.away:
                    self.hang_up()
                elif endpoint.fault is not None:
                    status, headers = endpoint.fault
                    self.answer_json(status, {}, headers=headers)
                else:
                    self.answer_json(*endpoint.answer(self.path, body))

        self.listen(Handler, self.ca)

    @property
    def authority(self) -> str:
        """The address that stands for https://login.microsoftonline.com."""
        return self.base_url

    def answer(self, path: str, body: str) -> tuple[HTTPStatus, dict[str, Any]]:
        """Return status and body for a request."""
        directory, _, rest = path.strip("/").partition("/")
        try:
            if directory != DIRECTORY_ID:
                raise RefusedError(HTTPStatus.BAD_REQUEST, "invalid_tenant", 90002, f"Tenant '{directory}' not found.")
            if rest.startswith("v2.0/.well-known/openid-configuration"):
                return HTTPStatus.OK, self._discovery()
            if rest.startswith("oauth2/v2.0/token"):
                form = {name: values[0] for name, values in parse_qs(body).items()}
                return HTTPStatus.OK, self._grant(form)
        except RefusedError as refused:
            self.refusals += refused.body["error_codes"]  # type: ignore[arg-type]
            return refused.status, refused.body
        return HTTPStatus.NOT_FOUND, {"error": "not_found"}

    def _discovery(self) -> dict[str, Any]:
        base = f"{self.authority}/{DIRECTORY_ID}"
        return {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_types_supported": ["code", "id_token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _grant(self, form: dict[str, str]) -> dict[str, Any]:
        if self.refuse_with is not None:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "invalid_request", self.refuse_with, "Refused as the test wants it.")
        if form.get("grant_type") != "client_credentials" or not form.get("scope", "").endswith("/.default"):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "invalid_scope", 1002012, "The scope must end with /.default.")
        if form.get("client_id") != self.client_id:
            text = f"Application with identifier '{form.get('client_id')}' was not found in the directory."
            raise RefusedError(HTTPStatus.BAD_REQUEST, "unauthorized_client", 700016, text)
        if "client_assertion" in form:
            self._check_assertion(form)
        elif self.secret is None or form.get("client_secret") != self.secret:
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "invalid_client", 7000215, "Invalid client secret provided.")
        self.grants += 1
        token = self.issuer.token(form["scope"].removesuffix("/.default"))
        lifetime_s = token.expires_on - int(time.time())
        return {"token_type": "Bearer", "expires_in": lifetime_s, "ext_expires_in": lifetime_s, "access_token": token.text}

    def _check_assertion(self, form: dict[str, str]) -> None:
        assertion = form["client_assertion"]
        if form.get("client_assertion_type") != _ASSERTION_TYPE:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "invalid_request", 900144, "client_assertion_type is missing.")
        own = {"RS256", "PS256"}
        endpoint = f"{self.authority}/{DIRECTORY_ID}/oauth2/v2.0/token"
        for key, audience, subject in (
            (self.certificate_key, endpoint, self.client_id),
            (self.federated_key, FEDERATED_AUDIENCE, self.federated_subject),
        ):
            if key is None:
                continue
            try:
                jwt.decode(assertion, key, algorithms=list(own), audience=audience, subject=subject)
            except jwt.PyJWTError:
                continue
            return
        if self.trusts_issuer and self.issuer.recognise(assertion, audience=FEDERATED_AUDIENCE):
            return
        if self.federated_key is not None or jwt.get_unverified_header(assertion).get("alg") == "HS256":
            text = "No matching federated identity record found for presented assertion."
            raise RefusedError(HTTPStatus.BAD_REQUEST, "invalid_request", 70021, text)
        text = "Client assertion failed signature validation."
        raise RefusedError(HTTPStatus.UNAUTHORIZED, "invalid_client", 700027, text)
