"""The key that signs a tenant's links: random, made once, kept in the store of secrets."""

import secrets
import threading
from collections import OrderedDict
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.connections import removal
from shared.connections.removal import STAGED_FOR
from shared.connections.secret_store import store_of
from shared.database.tables import MailSigningKey
from shared.errors import AdvisorReportsError
from shared.identifiers import new_id
from shared.services import Services
from shared.telemetry import redaction

_KEY_BYTES = 32
_MOST_KEPT = 1000


class SigningKeyMissingError(AdvisorReportsError):
    """A tenant has no key yet."""

    code = "mail_key_missing"

    def __init__(self) -> None:
        super().__init__(
            "The links of this tenant's mails cannot be signed.", next_step="Add a recipient: that makes the key."
        )


def ensure(services: Services, tenant_id: UUID) -> None:
    """Make the tenant's key where there is none; call it outside transactions. Raises as the store of secrets does."""
    key_id = new_id()
    with services.database.tenant(tenant_id) as session:
        if _row(session) is not None:
            return
        # Should this process die before the row is written, the upkeep of secrets removes what nobody names.
        _look_after(session, tenant_id, key_id, delay=STAGED_FOR)
    value = secrets.token_hex(_KEY_BYTES)
    version = store_of(services).put(tenant_id, _name(tenant_id, key_id), value, expires_at=None, content_type="text/plain")
    with services.database.tenant(tenant_id) as session:
        # Two that make the first key at once: the first one's stays, the other's secret is tidied up.
        session.execute(
            insert(MailSigningKey)
            .values(id=key_id, tenant_id=tenant_id, secret_version=version)
            .on_conflict_do_nothing(index_elements=[MailSigningKey.tenant_id])
        )


def get(services: Services, tenant_id: UUID) -> bytes:
    """Return the tenant's key; raises :class:`SigningKeyMissingError`, or as the store of secrets does."""
    with services.database.tenant(tenant_id) as session:
        row = _row(session)
    if row is None:
        raise SigningKeyMissingError
    # A version never changes.
    if (kept := _kept.get((row.id, row.secret_version))) is None:
        value = store_of(services).get(tenant_id, _name(tenant_id, row.id), row.secret_version)
        redaction.register_passing(value)
        kept = bytes.fromhex(value)
        _kept.put((row.id, row.secret_version), kept)
    return kept


def _row(session: Session) -> MailSigningKey | None:
    return session.scalars(select(MailSigningKey)).one_or_none()


def _name(tenant_id: UUID, key_id: UUID) -> str:
    return f"mail-{tenant_id}-{key_id}"


def _look_after(session: Session, tenant_id: UUID, key_id: UUID, *, delay: timedelta) -> None:
    removal.look_after(session, tenant_id, key_id, delay=delay, name=_name(tenant_id, key_id))


class _Kept:
    """What was read lately, a bounded number."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: OrderedDict[tuple[UUID, str], bytes] = OrderedDict()

    def get(self, name: tuple[UUID, str]) -> bytes | None:
        with self._lock:
            return self._keys.get(name)

    def put(self, name: tuple[UUID, str], key: bytes) -> None:
        with self._lock:
            self._keys[name] = key
            while len(self._keys) > _MOST_KEPT:
                self._keys.popitem(last=False)


_kept = _Kept()
