"""Delivery status notifications: the mails by which servers tell a sender what became of a mail (RFC 3464).

Anybody can send such a mail. It counts where the mail that it gives back names one of ours by its Message-ID, which nobody
knows but who got it, and the address that this one went to.
"""

import re
from email.message import Message
from email.parser import BytesParser, Parser
from email.policy import compat32
from uuid import UUID

from shared.mail.delivery_reports import Report, ReportedStatus
from shared.mail.enhanced_codes import names_the_address
from shared.mail.message_id import named_by

MAX_BYTES = 256_000
"""Of a notification; what it says stands at its beginning, before the mail that it gives back."""
# What is within something else, and how many blocks: far more than any notification has, and read in milliseconds.
_MOST_NESTED = 20
_MOST_BLANK_LINES = 5_000
_MOST_ADDRESSES = 20
_MAX_FIELD_CHARS = 1000
_NESTED = re.compile(rb"^content-type:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_BLANK = re.compile(rb"\r?\n\r?\n")
# RFC 3461, 4: how the address that a sender gave is written.
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_SMTP_ANSWER = re.compile(r"(\d{3})[ -](.*)", re.DOTALL)
# Failed, without a reason; such as servers write that do not know enhanced codes.
_SAYS_NOTHING = frozenset({"", "5.0.0"})
_DELIVERED = {"delivered": ReportedStatus.DELIVERED, "expanded": ReportedStatus.EXPANDED}


def reports_in(content: bytes) -> list[tuple[UUID, Report]]:
    """Return what a notification says of a mail of ours, with its tenant; nothing where it is none, or about no such mail.

    That a mail is late, or was passed on to where nobody reports, is nothing yet.
    """
    content = content[:MAX_BYTES]
    if len(_NESTED.findall(content)) > _MOST_NESTED or len(_BLANK.findall(content)) > _MOST_BLANK_LINES:
        return []
    notification = BytesParser(policy=compat32).parsebytes(content)
    if notification.get_content_type() != "multipart/report":
        return []
    named: tuple[UUID, UUID] | None = None
    told: list[Message] = []
    for part in _parts_of(notification):
        if part.get_content_type() == "message/delivery-status":
            # The first block is about the notification, each further one about an address.
            told = _parts_of(part)[1 : 1 + _MOST_ADDRESSES]
        elif named is None and (original := _original_in(part)) is not None:
            named = named_by(_field(original, "Message-ID"))
    if named is None:
        return []
    tenant_id, delivery_id = named
    return [(tenant_id, report) for block in told if (report := _report_of(delivery_id, block)) is not None]


def _original_in(part: Message) -> Message | None:
    """Return the mail that is given back, or its headers."""
    if part.get_content_type() == "message/rfc822":
        return next(iter(_parts_of(part)), None)
    if part.get_content_type() == "text/rfc822-headers":
        headers = part.get_payload(decode=True)
        return Parser(policy=compat32).parsestr(headers.decode(errors="replace")) if isinstance(headers, bytes) else None
    return None


def _report_of(delivery_id: UUID, block: Message) -> Report | None:
    action, status = _field(block, "Action").lower(), _field(block, "Status")
    answer = _value(_field(block, "Diagnostic-Code"))
    if action in _DELIVERED:
        reported = _DELIVERED[action]
    elif action == "failed":
        reported = ReportedStatus.BOUNCED if _is_about_address(status, answer) else ReportedStatus.FAILED
    else:
        return None
    given, final = _value(_field(block, "Original-Recipient")), _value(_field(block, "Final-Recipient"))
    # Not every server writes the first as xtext.
    addresses = (given, _XTEXT.sub(lambda found: chr(int(found[1], 16)), given), final)
    recipients = tuple(dict.fromkeys(address.strip("<>") for address in addresses if address))
    return Report(delivery_id, recipients, reported, answer or status)


def _is_about_address(status: str, answer: str) -> bool:
    """Return whether there is no such mailbox: by the status, or by the server's own answer where that says nothing."""
    said = _SMTP_ANSWER.match(answer)
    if said is not None and status in _SAYS_NOTHING:
        return names_the_address(int(said[1]), said[2])
    return names_the_address(0, status)


def _parts_of(message: Message) -> list[Message]:
    payload = message.get_payload()
    return [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []


def _field(message: Message, name: str) -> str:
    return " ".join(str(message.get(name, "")).split())[:_MAX_FIELD_CHARS]


def _value(field: str) -> str:
    """Return what a field says after its type, as in ``rfc822; alex@example.com``."""
    return field.partition(";")[2].strip()
