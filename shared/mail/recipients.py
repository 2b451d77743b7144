"""Recipients as people work with them: made, changed, deleted; each change is in the audit log."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared.audit.actor import Actor
from shared.audit.log import Target, log_auth_event
from shared.audit.types import AuditType
from shared.database.limits import has_room
from shared.database.tables import MailRecipient
from shared.database.tables.mail import Digest
from shared.language import tags
from shared.mail.digest_times import next_digest_at
from shared.mail.errors import (
    AddressRefusedError,
    RecipientExistsError,
    RecipientNotFoundError,
    TooManyRecipientsError,
)
from shared.reporting import clients
from shared.reporting.clients import VersionConflictError
from shared.scheduling.zones import zone_of, zone_or_utc
from shared.settings.mail import checked_mail_address

MAX_RECIPIENTS = 1000
"""Of one tenant; every event of it is compared with each of them."""
MAX_CLIENTS = 500
_OF_DIGEST = {"digest", "digest_hour", "digest_weekday", "time_zone", "enabled"}


def checked_address(given: str) -> str:
    """Return an address as it is kept; raises :class:`~shared.mail.errors.AddressRefusedError`."""
    try:
        return checked_mail_address(given)
    except ValueError as error:
        raise AddressRefusedError(str(error)) from None


def create(session: Session, tenant_id: UUID, fields: Mapping[str, Any], actor: Actor) -> MailRecipient:
    """Write a new recipient.

    Raises :class:`~shared.mail.errors.AddressRefusedError`, :class:`~shared.mail.errors.RecipientExistsError`,
    :class:`~shared.mail.errors.TooManyRecipientsError`, :class:`~shared.reporting.clients.ClientUnknownError`,
    :class:`~shared.language.tags.UnknownLanguageError` or :class:`~shared.scheduling.zones.TimeZoneUnknownError`.
    """
    if not has_room(session, MailRecipient, MAX_RECIPIENTS):
        raise TooManyRecipientsError(MAX_RECIPIENTS)
    recipient = MailRecipient(tenant_id=tenant_id, **_checked(session, fields))
    _set_digest(recipient)
    _write(session, recipient)
    _log(session, recipient, actor, "created")
    return recipient


def change(
    session: Session, recipient_id: UUID, fields: Mapping[str, Any], actor: Actor, *, version: int | None
) -> MailRecipient:
    """Change the given fields; ``version`` is the one the caller read, ``None`` to overwrite whatever is there.

    Raises as :func:`create` does, :class:`~shared.mail.errors.RecipientNotFoundError` and
    :class:`~shared.reporting.clients.VersionConflictError`.
    """
    recipient = find(session, recipient_id, lock=True)
    if version is not None and recipient.version != version:
        raise VersionConflictError
    for name, value in _checked(session, fields).items():
        setattr(recipient, name, value)
    if _OF_DIGEST & set(fields):
        _set_digest(recipient)
    recipient.version += 1
    recipient.updated_at = func.clock_timestamp()
    _write(session, recipient)
    _log(session, recipient, actor, "changed", fields=sorted(fields))
    return recipient


def delete(session: Session, recipient_id: UUID, actor: Actor) -> None:
    """Delete a recipient with the mails on record; raises :class:`~shared.mail.errors.RecipientNotFoundError`."""
    recipient = find(session, recipient_id, lock=True)
    _log(session, recipient, actor, "deleted")
    session.delete(recipient)
    session.flush()


def find(session: Session, recipient_id: UUID, *, lock: bool = False) -> MailRecipient:
    """Return a recipient, for change where ``lock``; raises :class:`~shared.mail.errors.RecipientNotFoundError`."""
    statement = select(MailRecipient).where(MailRecipient.id == recipient_id)
    # Deliveries point at the row: who writes one of them must not wait for who changes it.
    statement = statement.with_for_update(key_share=True) if lock else statement
    recipient = session.scalars(statement.execution_options(populate_existing=lock)).one_or_none()
    if recipient is None:
        raise RecipientNotFoundError
    return recipient


def _checked(session: Session, fields: Mapping[str, Any]) -> dict[str, Any]:
    checked = dict(fields)
    if "address" in checked:
        checked["address"] = checked_address(checked["address"])
    if "language" in checked:
        checked["language"] = tags.resolve(checked["language"])
    if "time_zone" in checked:
        zone_of(checked["time_zone"])
    if "client_ids" in checked:
        checked["client_ids"] = list(dict.fromkeys(checked["client_ids"]))
        clients.check_known(session, checked["client_ids"])
    if "kinds" in checked:
        checked["kinds"] = list(dict.fromkeys(str(kind) for kind in checked["kinds"]))
    return checked


def _set_digest(recipient: MailRecipient) -> None:
    now = datetime.now(UTC)
    cadence = Digest(recipient.digest) if recipient.enabled is not False and recipient.digest else Digest.NONE
    recipient.next_digest_at = next_digest_at(
        cadence,
        hour=recipient.digest_hour,
        weekday=recipient.digest_weekday,
        zone=zone_or_utc(recipient.time_zone),
        after=now,
    )
    if recipient.next_digest_at is None:
        recipient.digest_since = None
    elif recipient.digest_since is None:
        recipient.digest_since = now


def _write(session: Session, recipient: MailRecipient) -> None:
    try:
        with session.begin_nested():
            session.add(recipient)
            session.flush()
    except IntegrityError as error:
        if "mail_recipient_address" in str(error.orig):
            raise RecipientExistsError from error
        raise


def _log(session: Session, recipient: MailRecipient, actor: Actor, action: str, **details: Any) -> None:
    # By id alone: people's addresses are not for logs that outlive them.
    log_auth_event(
        session,
        recipient.tenant_id,
        AuditType.MAIL_CHANGED,
        actor,
        target=Target("mail_recipient", recipient.id),
        details={"action": action, **details},
    )
