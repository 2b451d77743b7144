"""A credential that keeps its tokens, renews them early and outlives an outage of the identity service."""

import json
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from azure.core.credentials import AccessToken, TokenCredential
from azure.core.exceptions import AzureError

from shared.errors import AdvisorReportsError

_log = logging.getLogger(__name__)

# A token is renewed when a fifth of its life is left, yet never earlier than this before its end. With tokens of an hour
# that is five minutes (the margin Microsoft's own libraries use), with tokens of seconds a fraction of a second.
_MARGIN_SHARE = 0.2
_LONGEST_MARGIN_S = 300.0
# ``expires_on`` has whole seconds and azure-identity computes it from a time left that has too: it may be a second late.
_ROUNDING_S = 1.0
# Processes that started together must not renew together.
_JITTER_SHARE = 0.25
# After a failure the service is left alone for a tenth of the margin, at most half a minute.
_LONGEST_PAUSE_S = 30.0
# A service that is well answers in milliseconds, and the newest token is worth these. One that is away is not waited for.
_RENEWAL_PATIENCE_S = 0.25


class TokenUnavailableError(AdvisorReportsError):
    """No valid token is at hand and none could be had."""

    code = "token_unavailable"
    retryable = True


@dataclass(frozen=True)
class TokenStatus:
    """How it stands with the token of one scope; fit for health pages and metrics, holds no secret."""

    scope: str
    age_s: float
    expires_in_s: float
    refreshes: int
    refresh_failures: int
    is_refreshable: bool
    """Whether the last attempt to fetch a token succeeded."""

    @property
    def is_valid(self) -> bool:
        """Whether the token at hand is still good."""
        return self.expires_in_s > 0

    @property
    def new_connections_succeed(self) -> bool:
        """Whether a connection made now would be let in: by the token at hand, or by one that can be fetched."""
        return self.is_valid or self.is_refreshable


class _Request(NamedTuple):
    """What a token is for; each has an entry of its own."""

    scope: str
    tenant_id: str | None = None
    enable_cae: bool = False


class CachingCredential:
    """Wraps a credential of azure-identity; one per process, made after any fork, shared by everything that signs in.

    A token is served from memory until shortly before its own ``expires_on``. One thread renews it while the others go on
    with the old one. While the identity service is away, a token that is still valid keeps being served.
    """

    def __init__(self, credential: TokenCredential, *, clock: Callable[[], float] = time.time) -> None:
        self._credential = credential
        self._clock = clock
        self._entries: dict[_Request, _Entry] = {}
        self._lock = threading.Lock()

    def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **kwargs: Any,
    ) -> AccessToken:
        """Return a valid token for one scope, as :class:`azure.core.credentials.TokenCredential` has it.

        Raises :class:`TokenUnavailableError`. A claims challenge goes past the cache: it asks for a new token by nature.
        """
        if claims or kwargs or len(scopes) != 1:
            return self._credential.get_token(*scopes, claims=claims, tenant_id=tenant_id, enable_cae=enable_cae, **kwargs)
        return self._entry(_Request(scopes[0], tenant_id, enable_cae)).token()

    def another_token(self, scope: str, *, refused: str) -> AccessToken | None:
        """Return a token other than the one that a server ``refused``; ``None`` where the identity service has no other.

        A token may be refused before its time: it was revoked, or this machine's clock is slow. Raises
        :class:`TokenUnavailableError`.
        """
        return self._entry(_Request(scope)).another(refused)

    def verify(self) -> None:
        """Make sure that each token asked for so far is valid; raises :class:`TokenUnavailableError`."""
        for entry in list(self._entries.values()):
            entry.token()

    def statuses(self) -> list[TokenStatus]:
        """Return how it stands with every token asked for so far."""
        return [entry.status() for entry in list(self._entries.values())]

    def _entry(self, request: _Request) -> "_Entry":
        entry = self._entries.get(request)
        if entry is None:
            with self._lock:
                entry = self._entries.setdefault(request, _Entry(self._credential, request, self._clock))
        return entry


class _Entry:
    """The token of one request."""

    def __init__(self, credential: TokenCredential, request: _Request, clock: Callable[[], float]) -> None:
        self._credential = credential
        self._request = request
        self._clock = clock
        self._lock = threading.Lock()
        self._token: AccessToken | None = None
        self._failure: TokenUnavailableError | None = None
        self._fetched_at = 0.0
        self._renew_at = 0.0
        self._refreshes = 0
        self._refresh_failures = 0

    def token(self) -> AccessToken:
        now = self._clock()
        token = self._token
        if token is not None and now < self._renew_at:
            return token
        if token is not None and now < _end_of(token):
            self._renew_beside()
            return self._token or token
        return self._wait_for_token()

    def another(self, refused: str) -> AccessToken | None:
        with self._lock:
            if self._token is None or self._token.token == refused:
                self._renew()
            if self._token is not None and self._token.token == refused:
                # The SDK keeps tokens as well, and gives out another before the time only to who has such a claim.
                self._renew(claims=_valid_from(self._clock()))
            assert self._token is not None  # noqa: S101 - _renew() either sets it or raises
            return None if self._token.token == refused else self._token

    def status(self) -> TokenStatus:
        now = self._clock()
        token = self._token
        return TokenStatus(
            scope=self._request.scope,
            age_s=now - self._fetched_at if token else 0.0,
            expires_in_s=max(0.0, _end_of(token) - now) if token else 0.0,
            refreshes=self._refreshes,
            refresh_failures=self._refresh_failures,
            is_refreshable=self._failure is None,
        )

    def _wait_for_token(self) -> AccessToken:
        failures_seen = self._refresh_failures
        with self._lock:
            if self._token is not None and self._clock() < _end_of(self._token):
                return self._token
            if self._failure is not None and self._refresh_failures != failures_seen:
                # It failed while this thread stood in line: to ask once more for each who waits would take them minutes.
                raise TokenUnavailableError(self._failure.message, next_step=self._failure.next_step) from self._failure
            self._renew()
            assert self._token is not None  # noqa: S101 - _renew() either sets it or raises
            return self._token

    def _renew_beside(self) -> None:
        """Renew a token that is still good in a thread of its own, so that nobody waits for a service that is away."""
        if not self._lock.acquire(blocking=False):
            return
        renewal = threading.Thread(target=self._renew_quietly, name="token renewal", daemon=True)
        try:
            renewal.start()
        except RuntimeError:
            # The interpreter is ending, or out of threads; the token at hand will do.
            self._lock.release()
            return
        renewal.join(_RENEWAL_PATIENCE_S)

    def _renew(self, *, claims: str | None = None) -> None:
        request = self._request
        options: dict[str, Any] = {} if claims is None else {"claims": claims}
        try:
            token = self._credential.get_token(
                request.scope, tenant_id=request.tenant_id, enable_cae=request.enable_cae, **options
            )
        except (AzureError, AdvisorReportsError) as error:
            # Errors of ours come from proofs of identity that are themselves tokens or files of ours.
            self._refresh_failures += 1
            self._failure = TokenUnavailableError(
                f"The identity service gave no token for {request.scope}: {_first_line(error)}",
                next_step="Check that the identity exists, is assigned to this app and may use the service, and that its "
                "sign-in endpoint can be reached; this process recovers on its own.",
            )
            raise self._failure from error
        now = self._clock()
        margin_s = min(_LONGEST_MARGIN_S, _MARGIN_SHARE * max(0.0, _end_of(token) - now))
        self._token, self._fetched_at, self._failure = token, now, None
        self._renew_at = _end_of(token) - margin_s * (1 + _JITTER_SHARE * random.random())  # noqa: S311 - no secret
        self._refreshes += 1

    def _renew_quietly(self) -> None:
        try:
            self._renew()
        except TokenUnavailableError as error:
            assert self._token is not None  # noqa: S101 - only called while a token is valid
            left_s = _end_of(self._token) - self._clock()
            self._renew_at = self._clock() + min(_LONGEST_PAUSE_S, max(0.0, left_s) / 10)
            _log.warning(
                "the identity service is away; the token at hand is still valid",
                extra={
                    "action": "token_refresh_failed",
                    "scope": self._request.scope,
                    "valid_for_s": round(left_s),
                    "error": error.code,
                },
            )
        finally:
            self._lock.release()


def _valid_from(moment: float) -> str:
    """Return the claim by which a service asks for a token that was issued anew.

    https://learn.microsoft.com/entra/identity-platform/claims-challenge
    """
    return json.dumps({"access_token": {"nbf": {"essential": True, "value": str(int(moment))}}})


def _end_of(token: AccessToken) -> float:
    return token.expires_on - _ROUNDING_S


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else type(error).__name__
