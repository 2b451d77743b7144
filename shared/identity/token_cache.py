"""A credential that keeps its tokens, renews them early and outlives an outage of the identity service."""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from azure.core.credentials import AccessToken, TokenCredential
from azure.core.exceptions import ClientAuthenticationError

from shared.errors import AdvisorReportsError

_log = logging.getLogger(__name__)

# A token is renewed when a fifth of its life is left, yet never earlier than this before its end. With tokens of an hour
# that is five minutes (the margin Microsoft's own libraries use), with tokens of seconds a fraction of a second.
_MARGIN_SHARE = 0.2
_LONGEST_MARGIN_S = 300.0
# Processes that started together must not renew together.
_JITTER_SHARE = 0.25
# After a failure the service is left alone for a tenth of the margin, at most half a minute.
_LONGEST_PAUSE_S = 30.0


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

    @property
    def is_valid(self) -> bool:
        """Whether a new connection made now would be let in."""
        return self.expires_in_s > 0


class CachingCredential:
    """Wraps a credential of azure-identity; one per process, made after any fork, shared by everything that signs in.

    A token is served from memory until shortly before its own ``expires_on``. One thread renews it while the others go on
    with the old one. While the identity service is away, a token that is still valid keeps being served.
    """

    def __init__(self, credential: TokenCredential, *, clock: Callable[[], float] = time.time) -> None:
        self._credential = credential
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
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
        if claims or tenant_id or enable_cae or kwargs or len(scopes) != 1:
            return self._credential.get_token(*scopes, claims=claims, tenant_id=tenant_id, enable_cae=enable_cae, **kwargs)
        return self._entry(scopes[0]).token()

    def statuses(self) -> list[TokenStatus]:
        """Return how it stands with every scope a token was asked for."""
        return [entry.status() for entry in list(self._entries.values())]

    def _entry(self, scope: str) -> "_Entry":
        entry = self._entries.get(scope)
        if entry is None:
            with self._lock:
                entry = self._entries.setdefault(scope, _Entry(self._credential, scope, self._clock))
        return entry


class _Entry:
    """The token of one scope."""

    def __init__(self, credential: TokenCredential, scope: str, clock: Callable[[], float]) -> None:
        self._credential = credential
        self._scope = scope
        self._clock = clock
        self._lock = threading.Lock()
        self._token: AccessToken | None = None
        self._fetched_at = 0.0
        self._renew_at = 0.0
        self._refreshes = 0
        self._refresh_failures = 0

    def token(self) -> AccessToken:
        now = self._clock()
        token = self._token
        if token is not None and now < self._renew_at:
            return token
        if token is not None and now < token.expires_on:
            # Still good: one thread renews it, nobody waits for that.
            if self._lock.acquire(blocking=False):
                try:
                    self._renew_quietly()
                finally:
                    self._lock.release()
            return self._token or token
        with self._lock:
            if self._token is None or self._clock() >= self._token.expires_on:
                self._renew()
            assert self._token is not None  # noqa: S101 - _renew() either sets it or raises
            return self._token

    def status(self) -> TokenStatus:
        now = self._clock()
        expires_on = self._token.expires_on if self._token else 0
        return TokenStatus(
            scope=self._scope,
            age_s=now - self._fetched_at if self._token else 0.0,
            expires_in_s=max(0.0, expires_on - now),
            refreshes=self._refreshes,
            refresh_failures=self._refresh_failures,
        )

    def _renew(self) -> None:
        try:
            token = self._credential.get_token(self._scope)
        except ClientAuthenticationError as error:
            self._refresh_failures += 1
            raise TokenUnavailableError(
                f"The identity service gave no token for {self._scope}: {_first_line(error)}",
                next_step="Check that the identity exists, is assigned to this app and may use the service.",
            ) from error
        now = self._clock()
        margin_s = min(_LONGEST_MARGIN_S, _MARGIN_SHARE * max(0.0, token.expires_on - now))
        self._token, self._fetched_at = token, now
        self._renew_at = token.expires_on - margin_s * (1 + _JITTER_SHARE * random.random())  # noqa: S311 - no secret
        self._refreshes += 1

    def _renew_quietly(self) -> None:
        try:
            self._renew()
        except TokenUnavailableError as error:
            assert self._token is not None  # noqa: S101 - only called while a token is valid
            left_s = self._token.expires_on - self._clock()
            self._renew_at = self._clock() + min(_LONGEST_PAUSE_S, max(0.0, left_s) / 10)
            _log.warning(
                "the identity service is away; the token at hand is still valid",
                extra={
                    "action": "token_refresh_failed",
                    "scope": self._scope,
                    "valid_for_s": round(left_s),
                    "error": error.code,
                },
            )


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else type(error).__name__
