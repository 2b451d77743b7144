"""What each kind of event tells: thin, with ids and paths to ask further, never a secret.

``link`` is a path of the API; whoever sends an event elsewhere puts the installation's address before it.
"""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec

from shared.events.types import EventType

# A payload has to fit into a message of 20 kB, so every text and list in it has a bound.
MAX_TEXT_CHARS = 1000
MAX_ITEMS = 50

Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT_CHARS)]


def short(text: str | None) -> str:
    """Return ``text`` cut to what a payload may hold."""
    return (text or "")[:MAX_TEXT_CHARS]


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """The data of one kind of event."""

    type: ClassVar[EventType]


class ReportCompleted(Payload, frozen=True, kw_only=True):
    """A report is ready, with at least one of its files."""

    type = EventType.REPORT_COMPLETED
    report_id: UUID
    client_id: UUID
    title: Text
    report_type: Text
    link: Text
    schedule_run_id: UUID | None = None


class ReportFailed(Payload, frozen=True, kw_only=True):
    """A report could not be made."""

    type = EventType.REPORT_FAILED
    report_id: UUID
    client_id: UUID
    title: Text
    report_type: Text
    link: Text
    error_code: Text
    error: Text
    next_step: Text
    schedule_run_id: UUID | None = None


class ReportChanged(Payload, frozen=True, kw_only=True):
    """A report differs from the one before it, and in how much."""

    type = EventType.REPORT_CHANGED
    report_id: UUID
    client_id: UUID
    link: Text
    compared_with: datetime | None
    """When the earlier snapshot was taken, where that is known."""
    appeared: int
    """Findings that are new or came back."""
    resolved: int
    changed: int
    """In impact, amount or text, postponed or dismissed."""
    unchanged: int


class Dependents(msgspec.Struct, frozen=True, kw_only=True):
    """Who depends on a credential; lists are cut to the first 50."""

    schedule_ids: Annotated[list[UUID], msgspec.Meta(max_length=MAX_ITEMS)] = []
    client_ids: Annotated[list[UUID], msgspec.Meta(max_length=MAX_ITEMS)] = []
    has_more_clients: bool = False
    """Whether clients depend on it that are not listed: too many, or all of them by a schedule for all clients."""


class _AboutCredential(Payload, frozen=True, kw_only=True):
    provider: Text
    credential_type: Text
    credential_id: UUID
    name: Text
    link: Text
    dependents: Dependents = Dependents()


class CredentialFailed(_AboutCredential, frozen=True, kw_only=True):
    """A credential was refused often enough to tell; once an incident, and as a reminder."""

    type = EventType.CREDENTIAL_FAILED
    state: Text
    """``invalid``, ``insufficient`` or ``expired``."""
    error_code: Text
    error: Text
    next_step: Text
    missing_permissions: Annotated[list[Text], msgspec.Meta(max_length=MAX_ITEMS)] = []
    """Of ``insufficient``."""
    excess_permissions: Annotated[list[Text], msgspec.Meta(max_length=MAX_ITEMS)] = []
    consecutive_failures: int
    failing_since: datetime
    is_reminder: bool = False


class CredentialRecovered(_AboutCredential, frozen=True, kw_only=True):
    """A credential that had failed works again."""

    type = EventType.CREDENTIAL_RECOVERED
    failing_since: datetime


class CredentialExpiring(_AboutCredential, frozen=True, kw_only=True):
    """A credential ends soon."""

    type = EventType.CREDENTIAL_EXPIRING
    expires_at: datetime
    days_left: int
    next_step: Text


class ConnectionFailed(Payload, frozen=True, kw_only=True):
    """A connection to Azure that worked does not any more."""

    type = EventType.CONNECTION_FAILED
    connection_id: UUID
    name: Text
    link: Text
    error_code: Text
    error: Text
    next_step: Text


class ScheduleMissed(Payload, frozen=True, kw_only=True):
    """Runs of a schedule did not take place when they should have."""

    type = EventType.SCHEDULE_MISSED
    schedule_id: UUID
    name: Text
    link: Text
    first_planned_at: datetime
    last_planned_at: datetime
    occurrences: int
    reason_code: Text
    reason: Text
    caught_up: bool
    """Whether a later run stands in for them."""


class TickerStale(Payload, frozen=True, kw_only=True):
    """Nothing looked for due schedules for a while, and some of this tenant's were due."""

    type = EventType.TICKER_STALE
    last_tick_at: datetime
    silent_for_s: int


class WebhookEndpointDisabled(Payload, frozen=True, kw_only=True):
    """An endpoint gets no more deliveries until somebody enables it."""

    type = EventType.WEBHOOK_ENDPOINT_DISABLED
    endpoint_id: UUID
    url: Text
    reason: Text
    link: Text


class WebhookTest(Payload, frozen=True, kw_only=True):
    """Somebody asked to see whether deliveries arrive."""

    type = EventType.WEBHOOK_TEST
    endpoint_id: UUID
    message: Text = "This is a test. Nothing happened."
