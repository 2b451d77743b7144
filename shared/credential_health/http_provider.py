"""Bearer tokens and passwords for any address that tells by its status whether it accepts them."""

import re
from base64 import b64encode
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

import msgspec

from shared.credential_health.providers import Configuration, Credential, CredentialType, Outside, Secret
from shared.credential_health.states import Finding, HealthState
from shared.errors import InvalidRequestError
from shared.outgoing.sending import Answer

_Status = Annotated[int, msgspec.Meta(ge=100, le=599)]
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
# They frame the message; a credential in them would break it.
_RESERVED = frozenset({"host", "content-length", "connection", "transfer-encoding", "te", "trailer", "upgrade", "expect"})
_SCOPE = re.compile(r'\bscope="([^"]{1,500})"', re.IGNORECASE)  # RFC 6750, 3
_MAX_SCOPES = 20
_USER_AGENT = "Azure-Advisor-Reports/1.0"
_BUSY = (408, 425, 429)


class HttpConfiguration(Configuration, frozen=True, kw_only=True):
    """Where and how the credential is tried."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    method: Literal["GET", "HEAD", "POST"] = "GET"
    header: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] = "Authorization"
    """Any other than ``Authorization`` holds the bare token or, of ``basic``, the same as that one would."""
    expected_status: Annotated[tuple[_Status, ...], msgspec.Meta(max_length=20)] = ()
    """None: 200 to 299."""
    timeout_s: Annotated[int, msgspec.Meta(ge=1, le=30)] = 10

    def secret_goes_to(self) -> object:
        """Return the address, since many share a host and tell themselves apart by their paths."""
        return self.url


# The end of a pattern also fits before a last line break, which people copy along and no service takes.
_NO_BREAK = r"(?!\n)$"


class BearerSecret(Secret, frozen=True, kw_only=True):
    """A token."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=8000, pattern=rf"^[!-~]+{_NO_BREAK}")]


class BasicSecret(Secret, frozen=True, kw_only=True):
    """A user's name and password (RFC 7617)."""

    username: Annotated[str, msgspec.Meta(max_length=500, pattern=rf"^[^:\x00-\x1f\x7f]*{_NO_BREAK}")]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=rf"^[^\x00-\x1f\x7f]+{_NO_BREAK}")]


class HttpProvider:
    """Sends one request with the credential and judges the status."""

    name = "http"
    at_once = 8
    types: Mapping[str, CredentialType] = MappingProxyType(
        {
            "bearer": CredentialType("A token that is sent in a header.", HttpConfiguration, BearerSecret),
            "basic": CredentialType("A user's name and password (HTTP Basic).", HttpConfiguration, BasicSecret),
        }
    )

    def accept(self, credential_type: str, configuration: Any, outside: Outside) -> None:
        """Refuse addresses that requests may not go to, and headers that would break the message."""
        del credential_type
        outside.accept(configuration.url)
        if not _TOKEN.fullmatch(configuration.header) or configuration.header.lower() in _RESERVED:
            raise InvalidRequestError(
                "The header cannot hold a credential.", next_step="Name a header such as Authorization or X-Api-Key."
            )

    def check(self, credential: Credential, outside: Outside) -> Finding:
        """Return what the status says."""
        wanted: HttpConfiguration = credential.configuration
        headers = {"User-Agent": _USER_AGENT, "Accept": "*/*", wanted.header: _value(credential)}
        answer = outside.send(wanted.method, wanted.url, headers, timeout_s=wanted.timeout_s)
        return _judged(wanted, answer)


def _value(credential: Credential) -> str:
    secret = credential.secret
    if isinstance(secret, BasicSecret):
        return f"Basic {b64encode(f'{secret.username}:{secret.password}'.encode()).decode()}"
    token: str = secret.token
    return f"Bearer {token}" if credential.configuration.header.lower() == "authorization" else token


def _judged(wanted: HttpConfiguration, answer: Answer) -> Finding:
    status = answer.status
    if status in wanted.expected_status or (not wanted.expected_status and 200 <= status < 300):
        return Finding.healthy(f"The credential was accepted (HTTP {status}).")
    if status == 401:
        return Finding(
            HealthState.INVALID,
            "refused",
            "The credential was refused (HTTP 401).",
            "Make a new one where it comes from and set it here.",
        )
    if status == 403:
        match = _SCOPE.search(answer.headers.get("www-authenticate", ""))
        missing = tuple(match[1].split()[:_MAX_SCOPES]) if match else ()
        told = f": {', '.join(missing)}" if missing else ""
        return Finding(
            HealthState.INSUFFICIENT,
            "permission_missing",
            f"The credential is accepted, yet lacks a permission (HTTP 403){told}.",
            "Give it the permissions it is meant to have.",
            missing_permissions=missing,
        )
    if status in _BUSY or status >= 500:
        return Finding.unreachable("service_unavailable", f"The address could not say for now (HTTP {status}).")
    if 300 <= status < 400:
        return Finding.unreachable(
            "redirected",
            f"The address sends elsewhere (HTTP {status}), and redirects are not followed.",
            "Give the final address.",
        )
    return Finding.unreachable(
        "unexpected_status",
        f"The address answered {status}, which says nothing about the credential.",
        "Check url and method, or name the status in expected_status.",
    )
