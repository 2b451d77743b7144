"""What nobody may read of an endpoint: its whole address, its signing secrets, its headers; kept in the store of secrets.

All of it is one secret, so that one version says how the endpoint stands: PostgreSQL keeps that version's name alone.
"""

import secrets
import threading
from base64 import b64encode
from collections import OrderedDict
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from shared.connections import removal
from shared.connections.secret_store import store_of
from shared.database.tables.webhook import EndpointKind
from shared.errors import ConflictError
from shared.services import Services
from shared.telemetry import redaction

SECRET_START = "whsec_"  # noqa: S105 - what secrets of Standard Webhooks begin with
MAX_SIGNING = 5
_SECRET_BYTES = 32
# A vault's secret holds 25 kB.
_MOST_BYTES = 24_000
_MOST_KEPT = 500
_SHORTEST_PATH_SECRET = 20


class ConfidentialTooLargeError(ConflictError):
    """Address and headers do not fit into one secret."""

    code = "endpoint_too_large"

    def __init__(self) -> None:
        super().__init__("Address and headers are too long together.", next_step="Shorten or leave out some headers.")


class Signing(msgspec.Struct, frozen=True):
    """One signing secret; ``until`` its end, where a newer one takes its place."""

    secret: str
    until: datetime | None = None

    def __repr__(self) -> str:
        return f"Signing(until={self.until})"


class Confidential(msgspec.Struct, frozen=True):
    """The secrets of an endpoint, the newest signing secret first."""

    url: str
    headers: dict[str, str] = {}
    signing: tuple[Signing, ...] = ()

    def __repr__(self) -> str:
        return "Confidential(…)"

    def signing_at(self, now: datetime) -> tuple[str, ...]:
        """Return the secrets that sign at ``now``."""
        return tuple(one.secret for one in self.signing if one.until is None or one.until > now)

    def rotated(self, new: str, now: datetime, overlap: timedelta) -> "Confidential":
        """Return it with a new signing secret; those before it sign no longer than for ``overlap``."""
        end = now + overlap
        older = (
            Signing(one.secret, end if one.until is None else min(one.until, end))
            for one in self.signing
            if one.until is None or one.until > now
        )
        kept = tuple(one for one in older if one.until is not None and one.until > now)
        return msgspec.structs.replace(self, signing=(Signing(new), *kept)[:MAX_SIGNING])


def new_secret() -> str:
    """Return a signing secret of 256 random bits, as Standard Webhooks spells them."""
    return SECRET_START + b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def secret_name(tenant_id: UUID, endpoint_id: UUID) -> str:
    """Return the name under which an endpoint's secret lies."""
    return f"webhook-{tenant_id}-{endpoint_id}"


def shown_url(kind: EndpointKind, url: str) -> str:
    """Return the part of ``url`` that is no secret: without its query, and of chats, whose path is a password, the host."""
    parts = urlsplit(url)
    if kind is not EndpointKind.STANDARD:
        return f"{parts.scheme}://{parts.netloc}/…"
    return f"{parts.scheme}://{parts.netloc}{parts.path}" + ("?…" if parts.query else "")


def look_after(session: Session, tenant_id: UUID, endpoint_id: UUID, *, delay: timedelta) -> None:
    """Have an endpoint's secret looked at once ``delay`` is over: versions that no row names by then go."""
    removal.look_after(session, tenant_id, endpoint_id, delay=delay, name=secret_name(tenant_id, endpoint_id))


def put(services: Services, tenant_id: UUID, endpoint_id: UUID, content: Confidential) -> str:
    """Keep ``content`` as the newest version and return that version; call it outside transactions, after a first one
    called :func:`look_after`.

    Raises :class:`ConfidentialTooLargeError`, :class:`~shared.connections.secret_store.SecretStoreMissingError` or
    :class:`~shared.vault.VaultUnavailableError`.
    """
    _register(content)
    value = msgspec.json.encode(content).decode()
    if len(value.encode()) > _MOST_BYTES:
        raise ConfidentialTooLargeError
    name = secret_name(tenant_id, endpoint_id)
    return store_of(services).put(tenant_id, name, value, expires_at=None, content_type="application/json")


def get(services: Services, tenant_id: UUID, endpoint_id: UUID, version: str) -> Confidential:
    """Return what a version holds; raises as the store does."""
    name = secret_name(tenant_id, endpoint_id)
    # A version never changes, so it need not be asked for at every delivery.
    if (kept := _kept.get((name, version))) is None:
        value = store_of(services).get(tenant_id, name, version)
        kept = msgspec.json.decode(value, type=Confidential)
        _kept.put((name, version), kept)
    _register(kept)
    return kept


def _register(content: Confidential) -> None:
    for secret in (*(one.secret for one in content.signing), *content.headers.values()):
        redaction.register_passing(secret)
    parts = urlsplit(content.url)
    redaction.register_passing(parts.query)
    # Chats put the password at the end of the path; short words there are words.
    last = parts.path.rpartition("/")[2]
    if len(last) >= _SHORTEST_PATH_SECRET:
        redaction.register_passing(last)


class _Kept:
    """What was read lately, a bounded number."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._contents: OrderedDict[tuple[str, str], Confidential] = OrderedDict()

    def get(self, key: tuple[str, str]) -> Confidential | None:
        with self._lock:
            if key in self._contents:
                self._contents.move_to_end(key)
            return self._contents.get(key)

    def put(self, key: tuple[str, str], content: Confidential) -> None:
        with self._lock:
            self._contents[key] = content
            while len(self._contents) > _MOST_KEPT:
                self._contents.popitem(last=False)


_kept = _Kept()
