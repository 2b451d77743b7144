"""Who a link in a mail is about: the address that the mail went to, whoever has that address now."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from shared.database.tables import MailDelivery, MailRecipient
from shared.mail.links import ADDRESS_MARK_BYTES, Unsubscribe


@dataclass(frozen=True, slots=True)
class Addressee:
    """An address, and the language in which who reads mail there wants it."""

    address: str
    language: str


def addressee_of(session: Session, grant: Unsubscribe) -> Addressee | None:
    """Return whom a link may end mails for; ``None`` where nothing goes to its address, nor did lately.

    A recipient whose address was changed since has another mailbox, which the link was not sent to: that one it may not end.
    """
    recipient = select(MailRecipient.address, MailRecipient.language).where(_is_marked(MailRecipient.address, grant))
    former = (
        select(MailDelivery.address, MailDelivery.language)
        .where(MailDelivery.recipient_id == grant.recipient_id, _is_marked(MailDelivery.address, grant))
        .order_by(MailDelivery.id.desc())
        .limit(1)
    )
    found = session.execute(recipient).one_or_none() or session.execute(former).one_or_none()
    return None if found is None else Addressee(found.address, found.language)


def _is_marked(address: InstrumentedAttribute[str], grant: Unsubscribe) -> ColumnElement[bool]:
    digest = func.sha256(func.convert_to(func.lower(address), "UTF8"))
    return func.substring(digest, 1, ADDRESS_MARK_BYTES) == grant.address_mark
