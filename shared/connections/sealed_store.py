"""Secrets in PostgreSQL, sealed with keys from the settings; for one machine that has no Key Vault.

A seal (Fernet: AES in CBC mode with an HMAC) opens only with one of the keys. What is sealed says where it belongs, so that
a row moved to another tenant, name or version is found out.
"""

import json
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from shared.database.session import Database
from shared.database.tables import SealedSecret
from shared.errors import AdvisorReportsError
from shared.identifiers import new_id
from shared.vault import SecretMissingError

_BATCH = 200


class SealBrokenError(AdvisorReportsError):
    """A sealed secret does not open, or belongs elsewhere."""

    code = "seal_broken"

    def __init__(self) -> None:
        super().__init__(
            "A sealed secret does not open with any of the keys at hand, or lies in another place than it was sealed for.",
            next_step="Put the key it was sealed with back into SEALED_STORE_KEYS, or give the secret again to what uses "
            "it, a connection or a webhook.",
        )


def keys_in(given: str) -> list[str]:
    """Return the keys of ``SEALED_STORE_KEYS``, the one that seals first."""
    return [key.strip() for key in given.split(",") if key.strip()]


class SealedStore:
    """Keeps secrets sealed in rows of their tenant."""

    def __init__(self, database: Database, keys: str) -> None:
        self._database = database
        self._seal = _fernet(keys)

    def put(self, tenant_id: UUID, name: str, value: str, *, expires_at: datetime | None, content_type: str) -> str:
        """Keep ``value`` and return its version."""
        del expires_at, content_type  # The connection's row has the one, its kind implies the other.
        row = SealedSecret(id=new_id(), tenant_id=tenant_id, name=name)
        row.version = row.id.hex
        row.sealed = self._seal.encrypt(_placed(value, tenant_id, name, row.version))
        with self._database.tenant(tenant_id) as session:
            session.add(row)
        return row.version

    def get(self, tenant_id: UUID, name: str, version: str) -> str:
        """Return the value; raises :class:`SealBrokenError` or :class:`~shared.vault.SecretMissingError`."""
        with self._database.tenant(tenant_id) as session:
            sealed = session.scalar(
                select(SealedSecret.sealed).where(SealedSecret.name == name, SealedSecret.version == version)
            )
        if sealed is None:
            raise SecretMissingError
        return _opened(self._seal, sealed, tenant_id, name, version)

    def expiry(self, tenant_id: UUID, name: str, version: str) -> datetime | None:
        """Return ``None``: the row that names the secret says when it ends."""
        del tenant_id, name, version
        return None

    def keep_only(self, tenant_id: UUID, name: str, version: str, *, young_s: float) -> bool:
        """Remove all other versions, but leave young ones that are newer."""
        with self._database.tenant(tenant_id) as session:
            rows = session.scalars(select(SealedSecret).where(SealedSecret.name == name)).all()
            kept = next((row for row in rows if row.version == version), None)
            youth = session.scalar(select(func.clock_timestamp() - timedelta(seconds=young_s)))
            young = [row for row in rows if kept is not None and youth and row.created_at > max(kept.created_at, youth)]
            for row in rows:
                if row is not kept and row not in young:
                    session.delete(row)
        return not young

    def purge(self, tenant_id: UUID, name: str) -> bool:
        """Remove all versions."""
        with self._database.tenant(tenant_id) as session:
            session.execute(delete(SealedSecret).where(SealedSecret.name == name))
        return True


def reseal(session: Session, keys: str) -> tuple[int, int]:
    """Seal what is not sealed with the first key anew and return how many that were, and how many were already.

    ``session`` works across tenants and commits all of it or nothing. Safe to repeat. Raises :class:`SealBrokenError`.
    """
    given = keys_in(keys)
    first, all_of_them = Fernet(given[0]), _fernet(keys)
    anew = already = 0
    after = UUID(int=0)
    while True:
        rows = session.scalars(
            select(SealedSecret).where(SealedSecret.id > after).order_by(SealedSecret.id).limit(_BATCH).with_for_update()
        ).all()
        for row in rows:
            if _opens(first, row.sealed):
                already += 1
                continue
            value = _opened(all_of_them, row.sealed, row.tenant_id, row.name, row.version)
            row.sealed = first.encrypt(_placed(value, row.tenant_id, row.name, row.version))
            anew += 1
        session.flush()
        if len(rows) < _BATCH:
            return anew, already
        after = rows[-1].id


def _fernet(keys: str) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys_in(keys)])


def _placed(value: str, tenant_id: UUID, name: str, version: str) -> bytes:
    return json.dumps({"tenant": str(tenant_id), "name": name, "version": version, "value": value}).encode()


def _opened(seal: MultiFernet, sealed: bytes, tenant_id: UUID, name: str, version: str) -> str:
    try:
        found = json.loads(seal.decrypt(sealed))
    except InvalidToken as error:
        raise SealBrokenError from error
    if (found["tenant"], found["name"], found["version"]) != (str(tenant_id), name, version):
        raise SealBrokenError
    value: str = found["value"]
    return value


def _opens(seal: Fernet, sealed: bytes) -> bool:
    try:
        seal.decrypt(sealed)
    except InvalidToken:
        return False
    return True
