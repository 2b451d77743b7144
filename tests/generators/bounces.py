"""Notifications as mail servers send them to a sender: of the shapes that Postfix, Exchange Online and Gmail give them."""

from collections.abc import Iterable

_POSTFIX = """\
Return-Path: <>
From: MAILER-DAEMON@mx.example.com (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: reports@advisor.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="B0B.1/mx.example.com"

This is a MIME-encapsulated message.

--B0B.1/mx.example.com
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B0B.1/mx.example.com
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
Arrival-Date: Thu, 26 Nov 2026 08:00:00 +0000 (UTC)

{blocks}

--B0B.1/mx.example.com
{original}

--B0B.1/mx.example.com--
"""
_WHOLE = "Content-Type: message/rfc822\n\n{headers}\n\nA report is ready.\n"
_HEADERS = "Content-Type: text/rfc822-headers\n\n{headers}\n"


def block(recipient: str, *, action: str = "failed", status: str = "5.1.1", said: str = "", given: str = "") -> str:
    """Return what a notification says about one address."""
    fields = [f"Final-Recipient: rfc822; {recipient}", f"Action: {action}"]
    fields += [f"Original-Recipient: rfc822;{given}"] if given else []
    fields += [f"Status: {status}"] if status else []
    fields += [f"Diagnostic-Code: smtp; {said}"] if said else []
    return "\n".join(fields)


def bounce(message_id: str, blocks: Iterable[str], *, is_whole: bool = True) -> bytes:
    """Return a notification about the mail of that Message-ID, which comes back whole or as its headers alone."""
    headers = f"From: reports@advisor.example\nMessage-ID: {message_id}\nSubject: A report is ready"
    original = (_WHOLE if is_whole else _HEADERS).format(headers=headers)
    return _POSTFIX.format(blocks="\n\n".join(blocks), original=original).replace("\n", "\r\n").encode()
