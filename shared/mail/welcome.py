"""The welcome of a user: once, however often it is asked for, and tried again like any other mail."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.database.tables import Job, MailDelivery, MailWelcome
from shared.identifiers import new_id
from shared.language import tags
from shared.mail import deliveries
from shared.mail.kinds import MailKind
from shared.mail.recipients import checked_address
from shared.scheduling.zones import zone_of

MAX_USER_ID_CHARS = 200


def send_welcome_email(
    session: Session,
    tenant_id: UUID,
    user_id: str,
    *,
    address: str,
    name: str = "",
    language: str = "en",
    time_zone: str = "UTC",
    trace_id: str | None = None,
) -> tuple[UUID, Job | None]:
    """Write the welcome of a user with its job, unless there was one; publish the job after the commit.

    Returns the mail's id, also that of an earlier welcome, and the job, ``None`` where the user was welcomed before.
    ``user_id`` is what the identity provider calls the user, for good. Raises
    :class:`~shared.mail.errors.AddressRefusedError`, :class:`~shared.language.tags.UnknownLanguageError` or
    :class:`~shared.scheduling.zones.TimeZoneUnknownError`.
    """
    zone_of(time_zone)
    fields: dict[str, Any] = {"address": checked_address(address), "language": tags.resolve(language), "name": name}
    delivery_id = new_id()
    # Whoever asks at the same time waits here for the other's commit.
    is_first = session.execute(
        insert(MailWelcome)
        .values(id=new_id(), tenant_id=tenant_id, user_id=user_id, delivery_id=delivery_id)
        .on_conflict_do_nothing(index_elements=[MailWelcome.tenant_id, MailWelcome.user_id])
        .returning(MailWelcome.id)
    ).scalar_one_or_none()
    if is_first is None:
        return session.scalars(select(MailWelcome.delivery_id).where(MailWelcome.user_id == user_id)).one(), None
    delivery = MailDelivery(id=delivery_id, tenant_id=tenant_id, kind=MailKind.WELCOME.value, time_zone=time_zone, **fields)
    return delivery_id, deliveries.with_job(session, delivery, trace_id=trace_id)
