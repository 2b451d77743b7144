"""Addresses on hold: what bounced, was refused for good or was unsubscribed, until somebody releases it."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.audit.actor import SERVICE, Actor
from shared.audit.log import Target, log_auth_event
from shared.audit.types import AuditType
from shared.database.tables import MailHold
from shared.database.tables.mail import HoldCode
from shared.identifiers import new_id
from shared.mail.errors import HoldNotFoundError
from shared.mail.kinds import MailKind

MAX_REASON_CHARS = 1000


def hold(
    session: Session,
    tenant_id: UUID,
    address: str,
    code: HoldCode,
    reason: str,
    *,
    kind: MailKind | None = None,
    delivery_id: UUID | None = None,
) -> None:
    """Send nothing more (of one kind where ``kind``) to an address; the first reason stays."""
    held = session.execute(
        insert(MailHold)
        .values(
            id=new_id(),
            tenant_id=tenant_id,
            address=address.lower(),
            kind=kind,
            code=code,
            reason=reason[:MAX_REASON_CHARS],
            delivery_id=delivery_id,
        )
        .on_conflict_do_nothing()
        .returning(MailHold.id)
    ).scalar_one_or_none()
    if held is not None:
        _log(session, tenant_id, held, SERVICE, "held", code=str(code), kind=str(kind) if kind else None)


def reason_against(session: Session, address: str, kind: MailKind) -> MailHold | None:
    """Return why a mail of this kind must not go to ``address``, ``None`` where it may."""
    return session.scalars(
        select(MailHold)
        .where(MailHold.address == address.lower(), or_(MailHold.kind.is_(None), MailHold.kind == kind))
        .order_by(MailHold.kind.nulls_first())
        .limit(1)
    ).one_or_none()


def release(session: Session, tenant_id: UUID, hold_id: UUID, actor: Actor) -> None:
    """Let mail go to an address again; raises :class:`~shared.mail.errors.HoldNotFoundError`."""
    gone = session.execute(
        delete(MailHold).where(MailHold.id == hold_id).returning(MailHold.code, MailHold.kind)
    ).one_or_none()
    if gone is None:
        raise HoldNotFoundError
    _log(session, tenant_id, hold_id, actor, "released", code=gone.code, kind=gone.kind)


def unsubscribed(session: Session, address: str) -> frozenset[str]:
    """Return the kinds that the person at ``address`` ended."""
    return frozenset(
        kind
        for kind in session.scalars(
            select(MailHold.kind).where(MailHold.address == address.lower(), MailHold.code == HoldCode.UNSUBSCRIBED)
        )
        if kind is not None
    )


def set_unsubscribed(session: Session, tenant_id: UUID, address: str, kinds: Iterable[MailKind], *, ended: bool) -> None:
    """End kinds of mail for an address, or let them come again, as the person there wants."""
    for kind in kinds:
        if ended:
            reason = "The person unsubscribed by the link in a mail."
            hold(session, tenant_id, address, HoldCode.UNSUBSCRIBED, reason, kind=kind)
            continue
        gone = session.scalars(
            delete(MailHold)
            .where(MailHold.address == address.lower(), MailHold.kind == kind, MailHold.code == HoldCode.UNSUBSCRIBED)
            .returning(MailHold.id)
        ).all()
        for hold_id in gone:
            _log(session, tenant_id, hold_id, SERVICE, "subscribed again", kind=str(kind))


def _log(session: Session, tenant_id: UUID, hold_id: UUID, actor: Actor, action: str, **details: str | None) -> None:
    # Who it is about can be looked up by the id; people's addresses are not for logs.
    log_auth_event(
        session,
        tenant_id,
        AuditType.MAIL_CHANGED,
        actor,
        target=Target("mail_hold", hold_id),
        details={"action": action, **{name: value for name, value in details.items() if value is not None}},
    )
