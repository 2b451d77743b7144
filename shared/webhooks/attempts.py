"""One attempt: a message made, signed and sent, and what came of it as a value; nothing is written here."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.database.tables.webhook import EndpointKind
from shared.deliveries import backoff
from shared.errors import AdvisorReportsError
from shared.outgoing import sending
from shared.outgoing.destination import resolve
from shared.outgoing.rules import Rules
from shared.outgoing.sending import Answer, Message, SendingFailedError
from shared.services import Services
from shared.telemetry.redaction import redact
from shared.webhooks import cards, confidential, message, signing
from shared.webhooks.confidential import Confidential

MAX_ANSWER_CHARS = 1000
_ANSWER_BYTES = 4000
_GONE = 410
_USER_AGENT = "Azure-Advisor-Reports/1.0"


@dataclass(frozen=True, slots=True)
class Ready:
    """A delivery whose time has come, with all that has to be known of its endpoint and its event."""

    tenant_id: UUID
    delivery_id: UUID
    endpoint_id: UUID
    kind: EndpointKind
    secret_version: str
    legacy_headers: bool
    timeout_s: int
    attempts: int
    """At once."""
    step: int
    event_id: UUID
    event_type: str
    occurred_at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt."""

    started_at: datetime
    duration_s: float = 0.0
    status: int | None = None
    error_code: str | None = None
    error: str | None = None
    answer: str = ""
    retry_after_s: float | None = None
    is_ours: bool = False
    """Whether it failed on this side, which says nothing about the endpoint."""
    may_repeat_at_once: bool = True

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it."""
        return self.error_code is None

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants nothing any more."""
        return self.status == _GONE


def attempt(services: Services, ready: Ready) -> Outcome:
    """Send one message and return what came of it; raises nothing that a receiver or the network can cause."""
    now = datetime.now(UTC)
    try:
        content = confidential.get(services, ready.tenant_id, ready.endpoint_id, ready.secret_version)
    except AdvisorReportsError as error:
        return Outcome(now, error_code=error.code, error=error.message, is_ours=True, may_repeat_at_once=False)
    settings = services.settings
    try:
        destination = resolve(content.url, Rules.of(settings))
        answer = sending.send(
            destination,
            message_of(services, ready, content, now),
            timeout_s=ready.timeout_s,
            max_answer_bytes=_ANSWER_BYTES,
            ca_file=settings.outgoing_ca_file,
        )
    except AdvisorReportsError as error:
        spent = (datetime.now(UTC) - now).total_seconds()
        repeat = isinstance(error, SendingFailedError)
        return Outcome(now, max(spent, 0.0), error_code=error.code, error=redact(error.message), may_repeat_at_once=repeat)
    return _outcome(answer, now)


def message_of(services: Services, ready: Ready, content: Confidential, now: datetime) -> Message:
    """Return the message of an event to an endpoint, signed as of ``now``."""
    headers = {"Content-Type": "application/json", "User-Agent": _USER_AGENT, **content.headers}
    if ready.kind is not EndpointKind.STANDARD:
        card = cards.card_of(ready.event_type, message.with_whole_links(services.settings, ready.data))
        return Message("POST", headers, cards.body_of(ready.kind, card))
    body = message.body_of(services.settings, ready.event_type, ready.occurred_at, ready.data)
    secrets = content.signing_at(now)
    headers |= signing.standard_headers(ready.event_id, now, body, secrets)
    if ready.legacy_headers:
        headers |= signing.legacy_headers(ready.event_type, now, body, secrets[0])
    return Message("POST", headers, body)


def _outcome(answer: Answer, now: datetime) -> Outcome:
    # PostgreSQL holds every character but one.
    text = redact(answer.body.decode(errors="replace").replace("\0", "\ufffd"))[:MAX_ANSWER_CHARS]
    if 200 <= answer.status < 300:
        return Outcome(now, answer.duration_s, answer.status, answer=text)
    retry_after_s = backoff.retry_after_s(answer.headers, now)
    return Outcome(
        now,
        answer.duration_s,
        answer.status,
        error_code="redirected" if 300 <= answer.status < 400 else "refused",
        error=_sentence(answer.status),
        answer=text,
        retry_after_s=retry_after_s,
        # A redirect leads nowhere a second later either.
        may_repeat_at_once=retry_after_s is None and answer.status >= 400 and answer.status != _GONE,
    )


def _sentence(status: int) -> str:
    if status == _GONE:
        return "The receiver answered 410: it wants no more messages."
    if 300 <= status < 400:
        return f"The receiver answered {status}; redirects are not followed. Give the final address."
    return f"The receiver answered {status}; anything but 200 to 299 is a failure."
