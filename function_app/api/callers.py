"""Callers: whose key came with a request, and the transactions that are theirs.

A caller is known only within a transaction: the key is looked up by the statement that reads, or by the first statement of
the transaction that writes. Nothing about keys is kept in between, so a revoked key fails from the next request on.
"""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session

from function_app.api.refusals import Refusals, RefusedKey
from shared import access, startup
from shared.access import Scope
from shared.audit.actor import Actor
from shared.audit.log import Target, log_auth_event
from shared.audit.types import AuditType
from shared.database.async_reading import AsyncReader
from shared.database.reading import KeyHolder, Query, authenticate, read_as_key_holder, read_soon_as_key_holder
from shared.database.session import Database
from shared.errors import AdvisorReportsError, NotFoundError
from shared.services import Services
from shared.telemetry import context

_log = logging.getLogger(__name__)

# "aar_" and 43 characters of base64; anything much longer is not worth hashing.
_MAX_KEY_CHARS = 200


class UnauthenticatedError(AdvisorReportsError):
    """No valid API key came with the request."""

    code = "unauthenticated"

    def __init__(self) -> None:
        super().__init__(
            "A valid API key is needed.", next_step="Send it as Authorization: Bearer aar_…; keys may expire or be revoked."
        )


class ForbiddenError(AdvisorReportsError):
    """The key is valid, yet not for this."""

    code = "forbidden"

    def __init__(self, scope: Scope) -> None:
        super().__init__(
            f"The API key lacks the scope {scope}.", next_step="Use a key that has it, or let an administrator make one."
        )


class Front:
    """The services of this process, and its database once it was found that it may be used."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._verified = False
        self._lock = threading.Lock()
        self._refusals = Refusals()

    @property
    def database(self) -> Database:
        """PostgreSQL.

        Raises :class:`~shared.database.session.UnsafeRoleError` where the login would see every tenant, and
        :class:`~shared.database.schema.SchemaMismatchError` where this release does not run on the schema.
        """
        if not self._verified:
            with self._lock:
                if not self._verified:
                    seen = startup.verify_database(self.services)
                    _log.info("this process may serve requests", extra={"action": "front_verified", **seen})
                    self._verified = True
        return self.services.database

    def note_refusal(self, refused: RefusedKey) -> None:
        """Let the audit log know of a key that was refused."""
        self._refusals.note(self.database, refused)

    async def reader(self) -> AsyncReader:
        """The way to PostgreSQL for short reads on the running event loop; raises as :attr:`database` does."""
        if not self._verified:
            await run_in_threadpool(lambda: self.database)
        return self.services.reader


class Caller:
    """Who presented ``secret``, if anybody holds that key; asked for ``scope`` in every transaction."""

    def __init__(
        self,
        front: Front,
        secret: str,
        scope: Scope | None,
        trace_id: str | None,
        *,
        ip: str | None = None,
        user_agent: str | None = None,
    ) -> None:
        if not secret.startswith(access.KEY_START) or len(secret) > _MAX_KEY_CHARS or not secret.isascii():
            raise UnauthenticatedError
        self._front = front
        self._key_hash = access.hash_key(secret)
        self._key_prefix = access.prefix_of(secret)
        self._scope = scope
        self._holder: KeyHolder | None = None
        self.trace_id = trace_id
        self._ip = ip
        self._user_agent = user_agent

    @property
    def services(self) -> Services:
        """The services of this process."""
        return self._front.services

    @property
    def tenant_id(self) -> UUID:
        """The caller's tenant; known since the first transaction."""
        if self._holder is None:
            raise UnauthenticatedError
        return self._holder.tenant_id

    @property
    def key_name(self) -> str:
        """The name of the caller's key; known since the first transaction."""
        if self._holder is None:
            raise UnauthenticatedError
        return self._holder.key_name

    @property
    def actor(self) -> Actor:
        """Who the caller is, for what is kept of changes; known since the first transaction."""
        if self._holder is None:
            raise UnauthenticatedError
        return Actor(self._holder.key_name, self._holder.key_id, self._ip, self._user_agent)

    def log(
        self, session: Session, event_type: AuditType, target: Target, *, details: Mapping[str, Any] | None = None
    ) -> None:
        """Write into the audit log, in the caller's open transaction, what the caller does."""
        log_auth_event(session, self.tenant_id, event_type, self.actor, target=target, details=details)

    def read(self, query: Query) -> list[dict[str, Any]]:
        """Return what ``query`` finds among the caller's rows, in one round trip.

        Raises :class:`UnauthenticatedError`, :class:`ForbiddenError`.
        """
        answer = read_as_key_holder(self._front.database.engine, self._key_hash, query)
        if answer is None:
            self._note_refusal()
            raise UnauthenticatedError
        self._recognise(answer.holder)
        return answer.rows

    async def find(self, query: Query) -> list[dict[str, Any]]:
        """Do as :meth:`read`, on the event loop."""
        answer = await read_soon_as_key_holder(await self._front.reader(), self._key_hash, query)
        if answer is None:
            await run_in_threadpool(self._note_refusal)
            raise UnauthenticatedError
        self._recognise(answer.holder)
        return answer.rows

    def read_one(self, query: Query, missing: type[NotFoundError]) -> dict[str, Any]:
        """Return the one row that ``query`` finds; raises ``missing`` (which takes no arguments) where there is none."""
        rows = self.read(query)
        if not rows:
            raise missing()  # type: ignore[call-arg]
        return rows[0]

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a transaction among the caller's rows; commit at the end, roll back on error.

        Raises :class:`UnauthenticatedError`, :class:`ForbiddenError`.
        """
        with Session(self._front.database.engine, expire_on_commit=False) as session, session.begin():
            holder = authenticate(session, self._key_hash)
            if holder is not None:
                self._recognise(holder)
                yield session
                return
        # Only now: whoever tries keys must not hold two connections at a time.
        self._note_refusal()
        raise UnauthenticatedError

    def require(self, scope: Scope) -> None:
        """Check a further scope of a caller who is known already; raises :class:`ForbiddenError`."""
        if self._holder is None or scope not in self._holder.scopes:
            raise ForbiddenError(scope)

    def verify(self) -> None:
        """Check the key and its scope and do nothing else; raises like :meth:`transaction`."""
        with self.transaction():
            pass

    def _note_refusal(self) -> None:
        self._front.note_refusal(RefusedKey(self._key_hash, self._key_prefix, self._ip, self._user_agent))

    def _recognise(self, holder: KeyHolder) -> None:
        if self._scope is not None and self._scope not in holder.scopes:
            raise ForbiddenError(self._scope)
        self._holder = holder
        context.bind(tenant_id=holder.tenant_id)
