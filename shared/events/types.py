"""The names of what can happen."""

from enum import StrEnum


class EventType(StrEnum):
    """The kinds of domain events; the values are public, webhooks carry them."""

    REPORT_COMPLETED = "report.completed"
    REPORT_FAILED = "report.failed"
    REPORT_CHANGED = "report.changed"
    CREDENTIAL_FAILED = "credential.failed"
    CREDENTIAL_RECOVERED = "credential.recovered"
    CREDENTIAL_EXPIRING = "credential.expiring"
    CONNECTION_FAILED = "connection.failed"
    SCHEDULE_MISSED = "schedule.missed"
    TICKER_STALE = "ticker.stale"
    WEBHOOK_ENDPOINT_DISABLED = "webhook.endpoint.disabled"
    WEBHOOK_TEST = "webhook.test"
