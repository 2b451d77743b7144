"""Letters of every kind, as they would be written to somebody, without a database."""

import io
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from PIL import Image, ImageDraw

from shared.branding.branding import PLAIN, Branding, Logo
from shared.events import payloads
from shared.events.payloads import Dependents, Payload
from shared.events.types import EventType
from shared.language.language import Language
from shared.mail.deliveries import Ready
from shared.mail.digests import MOST_LINES, Content, Line, Section
from shared.mail.kinds import OF_EVENTS, MailKind
from shared.reports import ReportFormat
from shared.settings import Settings
from worker.mail import drawing, event_letters, other_letters, report_letter
from worker.mail.composing import surroundings_of
from worker.mail.digest_letter import digest
from worker.mail.drawing import Surroundings
from worker.mail.letter import Letter
from worker.mail.message import picture_of
from worker.mail.occasion import Occasion

AT = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)
ID = UUID("019b8e0a-6c1d-7c3e-9a52-0f6f6d3f2f11")
HOSTILE = 'Zürich & "<b>Sons</b>" {name}'
_SETTINGS = Settings.model_construct(public_url="https://advisor.example", api_url="", mail_link_days=7)
_CREDENTIAL: dict[str, Any] = {
    "provider": "azure",
    "credential_type": "client_secret",
    "credential_id": ID,
    "name": "Production of Contoso",
    "link": "/api/v1/connections/1",
    "dependents": Dependents(schedule_ids=[ID], client_ids=[ID, UUID(int=2)]),
}
_FAILURE: dict[str, Any] = {
    "error_code": "sign_in_refused",
    "error": "Entra refused the client secret: AADSTS7000222, it has expired.",
    "next_step": "Make a new client secret in Entra and set it on the connection.",
}
PAYLOADS: dict[str, Payload] = {
    "report_failed": payloads.ReportFailed(
        report_id=ID, client_id=ID, title=HOSTILE, report_type="cost", link="/r", **_FAILURE
    ),
    "failed": payloads.CredentialFailed(
        state="expired", consecutive_failures=3, failing_since=AT - timedelta(hours=12), **_CREDENTIAL, **_FAILURE
    ),
    "reminder": payloads.CredentialFailed(
        state="insufficient",
        consecutive_failures=12,
        failing_since=AT - timedelta(days=3),
        is_reminder=True,
        missing_permissions=["Microsoft.Advisor/recommendations/read"],
        **_CREDENTIAL,
        **_FAILURE,
    ),
    "recovered": payloads.CredentialRecovered(failing_since=AT - timedelta(days=3), **_CREDENTIAL),
    "expiring": payloads.CredentialExpiring(
        expires_at=AT + timedelta(days=7), days_left=7, next_step="Make a new certificate.", **_CREDENTIAL
    ),
    "connection": payloads.ConnectionFailed(connection_id=ID, name="Contoso", link="/c", **_FAILURE),
    "missed": payloads.ScheduleMissed(
        schedule_id=ID,
        name="Every Monday",
        link="/s",
        first_planned_at=AT - timedelta(days=2),
        last_planned_at=AT,
        occurrences=3,
        reason_code="late",
        reason="Nothing ticked for two days.",
        caught_up=True,
    ),
    "ticker": payloads.TickerStale(last_tick_at=AT - timedelta(hours=2), silent_for_s=7200),
    "webhook": payloads.WebhookEndpointDisabled(
        endpoint_id=ID,
        url="https://hooks.example.com/a/very/long/path/that/does/not/fit/on/a/telephone",
        reason="410.",
        link="/w",
    ),
}
KINDS = ("report", *PAYLOADS, "digest", "welcome", "test")


def occasion_of(kind: str, language: str = "en") -> Occasion:
    """Return what a letter of this kind is written from."""
    data: dict[str, Any] = {"occurred_at": AT.isoformat()}
    mail_kind, event_type = MailKind.TEST, None
    if kind in PAYLOADS:
        data["event"] = msgspec.to_builtins(PAYLOADS[kind])
        event_type = PAYLOADS[kind].type.value
        mail_kind = OF_EVENTS[EventType(event_type)]
    elif kind == "report":
        mail_kind, event_type = MailKind.REPORT_DELIVERED, EventType.REPORT_COMPLETED.value
        data["event"] = {"report_id": str(ID), "title": HOSTILE, "report_type": "cost"}
    elif kind == "digest":
        mail_kind = MailKind.DIGEST
        data |= {"since": (AT - timedelta(days=7)).isoformat(), "until": AT.isoformat(), "cadence": "weekly"}
    elif kind == "welcome":
        mail_kind = MailKind.WELCOME
    ready = Ready(
        tenant_id=ID,
        delivery_id=ID,
        recipient_id=ID,
        kind=mail_kind,
        event_type=event_type,
        client_id=ID,
        address="alex@example.com",
        name="Alex Doe",
        language=language,
        time_zone="Europe/Berlin",
        data=data,
        created_at=datetime.now(UTC),
        step=0,
    )
    return Occasion(
        ready=ready, settings=_SETTINGS, language=Language.of(language), sender="Fabrikam Cloud Services", client=HOSTILE
    )


def letter_of(kind: str, language: str = "en") -> Letter:
    """Return a letter of one of :data:`KINDS`."""
    occasion = occasion_of(kind, language)
    if kind == "report":
        files = [
            report_letter.File(format=each, file_name=f"a.{each}", content_type="a/b", size_bytes=1, blob_path="p")
            for each in (ReportFormat.PDF, ReportFormat.XLSX, ReportFormat.CSV)
        ]
        return report_letter.report_ready(occasion, files, [], b"k" * 32)
    if kind == "digest":
        return digest(occasion, _digest())
    if kind == "welcome":
        return other_letters.welcome(occasion)
    if kind == "test":
        return other_letters.test(occasion)
    return event_letters.OF_EVENTS[EventType(occasion.ready.event_type or "")](occasion)


def drawn(kind: str, language: str = "en", branding: Branding = PLAIN) -> tuple[str, str]:
    """Return a letter as text and as HTML."""
    letter, around = letter_of(kind, language), around_of(kind, language, branding)
    return drawing.text_of(letter, around, branding), drawing.html_of(letter, around, branding)


def around_of(kind: str, language: str, branding: Branding) -> Surroundings:
    """Return what stands around a letter."""
    picture = picture_of(branding.logo)
    unsubscribe = "https://advisor.example/api/v1/mail/unsubscribe?t=a&sig=b" if kind not in {"welcome", "test"} else ""
    return surroundings_of(occasion_of(kind, language), unsubscribe, picture.size if picture else None)


@cache
def branded() -> Branding:
    """Return a look in colours that need correction, with a logo."""
    image = Image.new("RGBA", (480, 120), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.ellipse((10, 10, 110, 110), fill="#d81b60")
    pen.rectangle((140, 40, 460, 80), fill="#3949ab")
    target = io.BytesIO()
    image.save(target, "PNG")
    logo = Logo(media_type="image/png", content=target.getvalue(), width=480, height=120)
    return Branding(primary="#ffd54f", accent="#ff8f00", contact="support@fabrikam.example\n+49 30 1234", logo=logo)


def _digest() -> Content:
    def line(hours: int, client: str = "", **data: Any) -> Line:
        return Line(at=AT - timedelta(hours=hours), data=data, client=client)

    return Content(
        sections=[
            Section(
                type=EventType.REPORT_COMPLETED,
                count=12,
                lines=[line(hours, HOSTILE, title=f"Report {hours}") for hours in range(MOST_LINES)],
            ),
            Section(type=EventType.REPORT_FAILED, count=1, lines=[line(5, "Contoso", title="Broken")]),
            Section(type=EventType.REPORT_CHANGED, count=1, lines=[line(6, "Contoso", appeared=3, resolved=12, changed=1)]),
            Section(
                type=EventType.CREDENTIAL_EXPIRING,
                count=1,
                lines=[line(7, name="Certificate", expires_at=(AT + timedelta(days=7)).isoformat())],
            ),
            Section(type=EventType.SCHEDULE_MISSED, count=1, lines=[line(8, name="Every Monday")]),
            Section(type=EventType.CONNECTION_FAILED, count=1, lines=[line(9, name="Contoso")]),
        ],
        failing_count=1,
        failing=[line(10, name="Production", failing_since=(AT - timedelta(days=2)).isoformat())],
    )
