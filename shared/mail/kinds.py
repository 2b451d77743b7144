"""The kinds of mail, and which events they tell of."""

from enum import StrEnum

from shared.events.types import EventType


class MailKind(StrEnum):
    """What a mail is about; the values are public."""

    REPORT_DELIVERED = "report_delivered"
    REPORT_FAILED = "report_failed"
    CREDENTIAL_ALERT = "credential_alert"
    SCHEDULE_MISSED = "schedule_missed"
    WEBHOOK_DISABLED = "webhook_disabled"
    DIGEST = "digest"
    WELCOME = "welcome"
    TEST = "test"


OF_EVENTS = {
    EventType.REPORT_COMPLETED: MailKind.REPORT_DELIVERED,
    EventType.REPORT_FAILED: MailKind.REPORT_FAILED,
    EventType.CREDENTIAL_FAILED: MailKind.CREDENTIAL_ALERT,
    EventType.CREDENTIAL_RECOVERED: MailKind.CREDENTIAL_ALERT,
    EventType.CREDENTIAL_EXPIRING: MailKind.CREDENTIAL_ALERT,
    EventType.CONNECTION_FAILED: MailKind.CREDENTIAL_ALERT,
    EventType.SCHEDULE_MISSED: MailKind.SCHEDULE_MISSED,
    EventType.TICKER_STALE: MailKind.SCHEDULE_MISSED,
    EventType.WEBHOOK_ENDPOINT_DISABLED: MailKind.WEBHOOK_DISABLED,
}
"""Events that somebody may get a mail about, one each."""

CHOSEN = tuple(dict.fromkeys(OF_EVENTS.values()))
"""What a recipient can be given by event; digests have a cadence of their own."""

UNSUBSCRIBABLE = frozenset({*CHOSEN, MailKind.DIGEST})
"""What comes again and again, so that people must be able to end it themselves."""
