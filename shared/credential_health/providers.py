"""Who can say whether a credential works: one provider for each kind of place that credentials are for.

Two are built in beside Azure, whose credentials are connections. Further ones are installed beside this product and named by
an entry point of the group :data:`ENTRY_POINTS`; ``docs/credential-health.md`` shows one whole.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol

import msgspec

from shared.credential_health.enrolment import AZURE
from shared.credential_health.states import FAILURES, Finding, HealthState
from shared.database.tables.azure_connection import ConnectionKind
from shared.errors import InvalidRequestError
from shared.outgoing import destination, sending
from shared.outgoing.rules import Rules
from shared.outgoing.sending import Answer, Message
from shared.settings import Settings

_log = logging.getLogger(__name__)

ENTRY_POINTS = "azure_advisor_reports.credential_providers"
AZURE_AT_ONCE = 8
TIMEOUT_S = 10.0
LONGEST_TIMEOUT_S = 30.0
MOST_AT_ONCE = 50
_FOUND = {HealthState.HEALTHY, HealthState.UNREACHABLE, *FAILURES}
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,49}")


class Configuration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a provider has to know of a credential and anybody may see; derive from it."""

    def secret_goes_to(self) -> object:
        """Return what says where the secret is sent: all of it, unless a provider knows better.

        Whoever changes that has to give the secret too, or they could have it sent to themselves.
        """
        return self


class Secret(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What nobody may see of a credential; derive from it. It never shows its fields."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


@dataclass(frozen=True, slots=True)
class CredentialType:
    """One type of credentials that a provider knows."""

    description: str
    configuration: type[Configuration]
    secret: type[Secret]


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential to be checked."""

    credential_type: str
    configuration: Any
    """Of the type that the provider names."""
    secret: Any


class Outside:
    """The way out for providers: requests to public hosts only, each bounded in time and size, no redirects."""

    def __init__(self, settings: Settings, check: Callable[[], None] = lambda: None) -> None:
        self._settings = settings
        self.check = check
        """Raises where the check should end; to be called between requests."""

    def accept(self, url: str) -> None:
        """Raise :class:`~shared.outgoing.destination.UrlRefusedError` where requests may not go to ``url`` by its form."""
        destination.check(url, Rules.of(self._settings))

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, timeout_s: float = TIMEOUT_S
    ) -> Answer:
        """Return the answer to a request, whatever its status.

        Raises :class:`~shared.outgoing.destination.UrlRefusedError`,
        :class:`~shared.outgoing.destination.HostUnknownError` or :class:`~shared.outgoing.sending.SendingFailedError`; a
        provider may let them pass: they count as an outage.
        """
        self.check()
        found = destination.resolve(url, Rules.of(self._settings))
        message = Message(method, dict(headers), body)
        limit_s = min(timeout_s, LONGEST_TIMEOUT_S)
        return sending.send(found, message, timeout_s=limit_s, ca_file=self._settings.outgoing_ca_file)


class CredentialProvider(Protocol):
    """Knows some types of credentials and can say whether one of them works."""

    name: str
    """Stable; letters, digits, dashes."""
    types: Mapping[str, CredentialType]
    """By name."""
    at_once: int
    """How many checks may go on at the same time, in all of the installation."""

    def accept(self, credential_type: str, configuration: Any, outside: Outside) -> None:
        """Raise :class:`~shared.errors.InvalidRequestError` where a credential should not be stored like that.

        Asks nobody: somebody waits for the answer.
        """

    def check(self, credential: Credential, outside: Outside) -> Finding:
        """Return whether the credential works.

        Errors of this product that are raised count as an outage, others as a mistake of the provider, which is one too.
        """


class ProviderUnknownError(InvalidRequestError):
    """There is no such provider, or none with such credentials."""

    code = "credential_provider_unknown"

    def __init__(self, provider: str, credential_type: str) -> None:
        super().__init__(
            f"There is no provider '{provider[:50]}' with credentials of the type '{credential_type[:50]}'.",
            next_step="GET /api/v1/credentials/providers lists those that there are.",
        )


class ConfigurationInvalidError(InvalidRequestError):
    """What was sent is not what the provider needs."""

    code = "credential_invalid"


@cache
def providers() -> Mapping[str, CredentialProvider]:
    """Return the providers of stored credentials by name; what cannot be loaded is logged and left out."""
    from shared.credential_health.exchange_provider import ExchangeProvider  # noqa: PLC0415 - they import this module
    from shared.credential_health.http_provider import HttpProvider  # noqa: PLC0415

    built_in: tuple[CredentialProvider, ...] = (HttpProvider(), ExchangeProvider())
    found = {made.name: made for made in built_in}
    for point in entry_points(group=ENTRY_POINTS):
        loaded = _loaded(point)
        if loaded is None:
            continue
        if loaded.name in found or loaded.name == AZURE:
            _log.error("a second provider of one name is left out", extra={"action": "provider_twice", "entry": point.name})
            continue
        found[loaded.name] = loaded
    return found


def type_of(provider: str, credential_type: str) -> tuple[CredentialProvider, CredentialType]:
    """Return a provider and one of its types; raises :class:`ProviderUnknownError`."""
    found = providers().get(provider)
    if found is None or credential_type not in found.types:
        raise ProviderUnknownError(provider, credential_type)
    return found, found.types[credential_type]


def judged(provider: CredentialProvider, credential: Credential, outside: Outside) -> Finding:
    """Return what ``provider`` finds; raises what it raises, and ``TypeError`` or ``ValueError`` where it is no finding."""
    finding: object = provider.check(credential, outside)
    if not isinstance(finding, Finding):
        raise TypeError("a check has to return a Finding")
    if finding.state not in _FOUND:
        raise ValueError("no check can find that")
    if finding.expires_at is not None and finding.expires_at.tzinfo is None:
        raise ValueError("an end needs a time zone")
    return finding


def check_type(provider: str, credential_type: str) -> None:
    """Raise :class:`ProviderUnknownError` where nobody could check credentials of that type."""
    if provider != AZURE:
        type_of(provider, credential_type)
    elif credential_type not in {kind.value for kind in ConnectionKind}:
        raise ProviderUnknownError(provider, credential_type)


def at_once_of(provider: str) -> int:
    """Return how many checks of a provider may go on at the same time."""
    if provider == AZURE:
        return AZURE_AT_ONCE
    found = providers().get(provider)
    return 1 if found is None else found.at_once


def converted(given: Mapping[str, Any], wanted: type[msgspec.Struct], what: str) -> Any:
    """Return ``given`` as the provider's own type; raises :class:`ConfigurationInvalidError`, which tells no value."""
    try:
        return msgspec.convert(dict(given), wanted)
    except msgspec.ValidationError as error:
        raise ConfigurationInvalidError(
            f"The {what} does not fit: {_without_values(error)}.",
            next_step="GET /api/v1/credentials/providers shows what each type takes.",
        ) from None


def _without_values(error: msgspec.ValidationError) -> str:
    # It names fields and types; only choices repeat what was sent.
    return re.sub(r"Invalid enum value .*? - at", "Invalid choice - at", str(error)).rstrip(".")


def _loaded(point: EntryPoint) -> CredentialProvider | None:
    try:
        loaded = point.load()
        made: CredentialProvider = loaded() if isinstance(loaded, type) else loaded
        fits = _NAME.fullmatch(made.name) and 1 <= made.at_once <= MOST_AT_ONCE and all(map(_NAME.fullmatch, made.types))
        is_whole = callable(made.check) and callable(made.accept)
    except Exception as error:  # noqa: BLE001 - what others install must not keep this product from starting
        _log.exception(
            "a provider cannot be loaded", extra={"action": "provider_broken", "entry": point.name}, exc_info=error
        )
        return None
    if not (fits and is_whole):
        _log.error(
            "a provider does not keep to the protocol and is left out",
            extra={"action": "provider_broken", "entry": point.name},
        )
        return None
    return made
