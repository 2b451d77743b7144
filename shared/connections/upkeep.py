"""Tidying up secrets that no connection, webhook, stored credential or mail uses any more, as often as it takes.

A vault that is away delays it, no more.
"""

import logging
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update

from shared.connections.removal import STAGED_FOR
from shared.connections.secret_store import store_of
from shared.database.tables import AzureConnection, MailSigningKey, SecretUpkeep, StoredCredential, WebhookEndpoint
from shared.errors import AdvisorReportsError
from shared.services import Services

_log = logging.getLogger(__name__)

# A tick is short: what is left waits for the next one.
_MOST_AT_ONCE = 50
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)
_MOST_DOUBLINGS = 10


def tidy(services: Services) -> str:
    """Look at each secret that is due: purge it where what used it is gone, else put all but its version out of use.

    One that cannot be tidied up now is due again later. Returns in a few words what was done.
    """
    done = failed = 0
    for _ in range(_MOST_AT_ONCE):
        row = _take(services)
        if row is None:
            break
        try:
            finished = _tidy_one(services, row)
        except AdvisorReportsError as error:
            failed += 1
            _note(services, row, f"{error.code}: {error.message}")
            _log.warning(
                "a secret that is no longer used could not be removed yet",
                extra={"action": "secret_upkeep_failed", "tenant_id": str(row.tenant_id), "code": error.code},
            )
            if error.code == "vault_unavailable":
                # It will not be there for the next one either.
                break
        else:
            if finished:
                _finish(services, row)
            done += 1
    return f"tidied {done}" + (f", {failed} wait" if failed else "")


def _take(services: Services) -> SecretUpkeep | None:
    """Take a row that is due and put it off, so that nobody else takes it and a process that dies leaves it for later."""
    now = func.clock_timestamp()
    with services.system_database.across_tenants() as session:
        row = session.scalars(
            select(SecretUpkeep)
            .where(SecretUpkeep.due_at <= now)
            .order_by(SecretUpkeep.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if row is None:
            return None
        row.attempts += 1
        row.due_at = now + min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(row.attempts - 1, _MOST_DOUBLINGS))
        session.flush()
        session.refresh(row)
    return row


def _tidy_one(services: Services, row: SecretUpkeep) -> bool:
    version = _version_in_use(services, row.owner_id)
    store = store_of(services)
    if version is None:
        return store.purge(row.tenant_id, row.name)
    return store.keep_only(row.tenant_id, row.name, version, young_s=STAGED_FOR.total_seconds())


def _version_in_use(services: Services, owner_id: UUID) -> str | None:
    with services.system_database.across_tenants() as session:
        of_connection = select(AzureConnection.secret_version).where(
            AzureConnection.id == owner_id, AzureConnection.deleted_at.is_(None)
        )
        of_endpoint = select(WebhookEndpoint.secret_version).where(WebhookEndpoint.id == owner_id)
        of_credential = select(StoredCredential.secret_version).where(StoredCredential.id == owner_id)
        of_mail = select(MailSigningKey.secret_version).where(MailSigningKey.id == owner_id)
        return next(filter(None, map(session.scalar, (of_connection, of_endpoint, of_credential, of_mail))), None)


def _finish(services: Services, row: SecretUpkeep) -> None:
    with services.system_database.across_tenants() as session:
        # Whoever asked for another look meanwhile has set the attempts back.
        session.execute(delete(SecretUpkeep).where(SecretUpkeep.id == row.id, SecretUpkeep.attempts == row.attempts))


def _note(services: Services, row: SecretUpkeep, text: str) -> None:
    with services.system_database.across_tenants() as session:
        session.execute(
            update(SecretUpkeep)
            .where(SecretUpkeep.id == row.id)
            .values(last_error=text)
            .execution_options(synchronize_session=False)
        )
