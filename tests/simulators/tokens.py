"""Tokens as Entra issues them: who gets one, for what, how long, and who is told."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import jwt

DIRECTORY_ID = "7d6c3c2e-5a0f-4a9e-9b66-0c8f5a2d1e47"
OBJECT_ID = "c1b7a1de-54f6-4a35-8f6f-2d2a6f0c9b13"
# A day, as Azure's own tokens for managed identities.
_DAY_S = 24 * 3600
# Clocks of two processes on one machine agree, yet the emulator of Azure Storage compares whole seconds.
_LEEWAY_S = 60


@dataclass(frozen=True)
class Token:
    """One token for one resource; ``expires_on`` in seconds since 1970."""

    resource: str
    text: str
    expires_on: int


@dataclass
class TokenIssuer:
    """Issues tokens of ``lifetime_s`` seconds, with the claims that Azure Storage's emulator checks.

    Like Azure's endpoints it hands out one and the same token to everybody until half of its life is over. ``on_issue`` is
    called with each new token before anybody gets it; ``issued`` counts them by resource. While ``away`` nobody is served.
    """

    lifetime_s: int = _DAY_S
    object_id: str = OBJECT_ID
    name: str = ""
    """What the claim ``xms_mirid`` ends with; empty: no such claim."""
    away: bool = False
    on_issue: list[Callable[[Token], None]] = field(default_factory=list)
    issued: dict[str, int] = field(default_factory=dict)
    _current: dict[str, Token] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def token(self, resource: str) -> Token:
        """Return the present token for ``resource``, a new one where half of its life is over."""
        with self._lock:
            current = self._current.get(resource)
            if current is None or current.expires_on - time.time() < self.lifetime_s / 2:
                current = self._issue(resource)
            return current

    def renew(self, resource: str) -> Token:
        """Issue a new token at once, whatever is left of the present one."""
        with self._lock:
            return self._issue(resource)

    def recognise(self, text: str, *, audience: str) -> bool:
        """Return whether ``text`` is a token of this issuer for ``audience`` that is still valid."""
        try:
            jwt.decode(text, self._key, algorithms=["HS256"], audience=audience, subject=self.object_id)
        except jwt.PyJWTError:
            return False
        return True

    def current(self, resource: str) -> Token | None:
        """Return the token issued last for ``resource``."""
        return self._current.get(resource)

    def _issue(self, resource: str) -> Token:
        now = int(time.time())
        claims = {
            "aud": resource,
            "iss": f"https://sts.windows.net/{DIRECTORY_ID}/",
            "iat": now - _LEEWAY_S,
            "nbf": now - _LEEWAY_S,
            "exp": now + self.lifetime_s,
            "jti": secrets.token_hex(8),
            "oid": self.object_id,
            "sub": self.object_id,
            "tid": DIRECTORY_ID,
            "ver": "1.0",
        }
        if self.name:
            provider = "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
            claims["xms_mirid"] = f"{provider}/{self.name}"
        token = Token(resource, jwt.encode(claims, self._key, algorithm="HS256"), now + self.lifetime_s)
        for told in self.on_issue:
            told(token)
        self._current[resource] = token
        self.issued[resource] = self.issued.get(resource, 0) + 1
        return token
