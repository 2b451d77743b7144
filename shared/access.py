"""API keys: how they are made, recognised and what they may do.

A key is ``aar_`` and 256 random bits. Only its SHA-256 is kept: a secret that cannot be guessed needs no slow hash, and a
fast one lets every request be checked.
"""

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

from pydantic import SecretStr

KEY_START = "aar_"
# Enough to tell a tenant's keys apart on a page, far too little to guess the rest.
_SHOWN_CHARS = len(KEY_START) + 6


class Scope(StrEnum):
    """What a key may do; ``write`` does not include ``read``."""

    CLIENTS_READ = "clients:read"
    CLIENTS_WRITE = "clients:write"
    CONNECTIONS_READ = "connections:read"
    CONNECTIONS_WRITE = "connections:write"
    REPORTS_READ = "reports:read"
    REPORTS_WRITE = "reports:write"
    SCHEDULES_READ = "schedules:read"
    SCHEDULES_WRITE = "schedules:write"
    AUDIT_READ = "audit:read"
    """Sees who did what. Never given unless asked for by name."""
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    MAIL_READ = "mail:read"
    MAIL_WRITE = "mail:write"
    ADMIN = "admin"
    """Sees how the installation is (hosts, logins, what is down) and decides what the tenant keeps for how long. Never
    given unless asked for by name."""


@dataclass(frozen=True)
class NewKey:
    """A key just made; ``secret`` is shown once and never stored."""

    secret: str
    prefix: str
    key_hash: bytes


def generate_key(*, given: SecretStr | None = None) -> NewKey:
    """Return a new key of 256 random bits, or the ``given`` one, with the prefix to show and the hash to store."""
    secret = given.get_secret_value() if given else KEY_START + secrets.token_urlsafe(32)
    return NewKey(secret=secret, prefix=prefix_of(secret), key_hash=hash_key(secret))


def prefix_of(secret: str) -> str:
    """Return the part of a key that may be shown."""
    return secret[:_SHOWN_CHARS]


def hash_key(secret: str) -> bytes:
    """Return the 32 bytes by which a presented key is looked up."""
    return hashlib.sha256(secret.encode()).digest()
