"""What the two ways in which relays report have in common: the key that they come with, and what is made of a report."""

import hashlib
import hmac
import logging
from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from fastapi import Header, Query

from function_app.api.callers import Front, UnauthenticatedError
from shared.errors import AdvisorReportsError, NotFoundError
from shared.mail import delivery_reports
from shared.mail.delivery_reports import Report

_log = logging.getLogger(__name__)

_MAX_KEY_CHARS = 200
_ABOUT_KEY = "The key whose SHA-256 is MAIL_REPORTS_KEY_SHA256."

KeyInHeader = Annotated[str | None, Header(alias="X-Report-Key", max_length=_MAX_KEY_CHARS, description=_ABOUT_KEY)]
# Event Grid asks for the handshake by the address alone; the name is one that logs never show.
KeyInQuery = Annotated[str | None, Query(alias="sig", max_length=_MAX_KEY_CHARS, description=_ABOUT_KEY)]


class ReportsOffError(NotFoundError):
    """This installation takes no delivery reports."""

    code = "delivery_reports_off"

    def __init__(self) -> None:
        super().__init__("Delivery reports are not taken here.", next_step="Set MAIL_REPORTS_KEY_SHA256; see docs/email.md.")


class ReportKeyError(UnauthenticatedError):
    """The key of the reports did not come, or is another."""

    code = "report_key_invalid"

    def __init__(self) -> None:
        AdvisorReportsError.__init__(
            self, "The key of the delivery reports is missing or wrong.", next_step="See docs/email.md."
        )


def check_key(front: Front, key: str | None) -> None:
    """Raise :class:`ReportsOffError` or :class:`ReportKeyError` where reports are not to be taken from this caller."""
    expected = front.services.settings.mail_reports_key_sha256
    if not expected:
        raise ReportsOffError
    if key is None or not hmac.compare_digest(hashlib.sha256(key.encode()).hexdigest(), expected):
        raise ReportKeyError


def take(front: Front, reports: Iterable[tuple[UUID, Report]], *, given: int) -> dict[str, int]:
    """Write down reports, each with its tenant, and return how many of the ``given`` ones were taken and ignored."""
    taken = 0
    for tenant_id, report in reports:
        with front.database.tenant(tenant_id) as session:
            taken += delivery_reports.take(session, report)
    if taken < given:
        # Mails of other installations by the same relay, or those that served their time.
        _log.info(
            "some delivery reports are about no mail of ours",
            extra={"action": "delivery_reports_ignored", "ignored": given - taken},
        )
    return {"taken": taken, "ignored": given - taken}
