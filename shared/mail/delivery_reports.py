"""What is said later of mails that the relay accepted: delivered, bounced, held back.

The words are those of Azure Communication Services, told by Event Grid:
https://learn.microsoft.com/azure/event-grid/communication-services-email-events
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.database.tables import MailDelivery
from shared.database.tables.mail import HoldCode, MailState
from shared.mail import holds
from shared.telemetry.redaction import redact

_MAX_DETAIL_CHARS = 500


class ReportedStatus(StrEnum):
    """What a report can say; "failed" is anything that the relay could not do, for whatever reason."""

    DELIVERED = "Delivered"
    EXPANDED = "Expanded"
    """To the members of a group, who have reports of their own."""
    SUPPRESSED = "Suppressed"
    BOUNCED = "Bounced"
    QUARANTINED = "Quarantined"
    FILTERED_SPAM = "FilteredSpam"
    FAILED = "Failed"


_HOLDS = {ReportedStatus.BOUNCED: HoldCode.BOUNCED, ReportedStatus.SUPPRESSED: HoldCode.SUPPRESSED}
_WORDS = {
    ReportedStatus.SUPPRESSED: "The relay sends nothing to this address, because mail to it bounced before.",
    ReportedStatus.BOUNCED: "The mail bounced: the address does not exist or takes no mail.",
    ReportedStatus.QUARANTINED: "The receiving side put the mail into quarantine.",
    ReportedStatus.FILTERED_SPAM: "The receiving side took the mail for spam.",
    ReportedStatus.FAILED: "The relay could not deliver the mail.",
}


@dataclass(frozen=True, slots=True)
class Report:
    """One report of the relay's about one of our mails."""

    delivery_id: UUID
    recipients: tuple[str, ...]
    """The address that the mail went to, as the relay may write it in several ways."""
    status: ReportedStatus
    detail: str = ""


def take(session: Session, report: Report) -> bool:
    """Write down what a report says and put a bounced address on hold; return whether it was about a mail of the tenant's.

    A report may come before the worker wrote that the relay accepted the mail, and more than once. What bounced stays so.
    """
    delivery = session.scalars(
        select(MailDelivery).where(MailDelivery.id == report.delivery_id).with_for_update(key_share=True)
    ).one_or_none()
    if delivery is None or delivery.address.lower() not in {given.strip().lower() for given in report.recipients}:
        return False
    if delivery.state == MailState.BOUNCED:
        return True
    now = datetime.now(UTC)
    delivered = report.status in {ReportedStatus.DELIVERED, ReportedStatus.EXPANDED}
    delivery.state = (MailState.DELIVERED if delivered else MailState.BOUNCED).value
    delivery.next_attempt_at, delivery.reported_at = None, now
    delivery.accepted_at = delivery.accepted_at or now
    delivery.finished_at = delivery.finished_at or now
    if delivered:
        delivery.error_code = delivery.error = None
        session.flush()
        return True
    # PostgreSQL holds every character but one.
    detail = redact(report.detail.replace("\0", "\ufffd"))[:_MAX_DETAIL_CHARS]
    delivery.error_code = f"reported_{report.status.name.lower()}"
    delivery.error = f"{_WORDS[report.status]} {detail}".strip()
    session.flush()
    if (code := _HOLDS.get(report.status)) is not None:
        holds.hold(session, delivery.tenant_id, delivery.address, code, delivery.error, delivery_id=delivery.id)
    return True
