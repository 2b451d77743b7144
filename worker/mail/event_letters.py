"""Letters about single events: what failed, what works again, what was missed."""

from collections.abc import Callable
from datetime import datetime

from shared.events.types import EventType
from shared.language.marking import marked
from worker.mail.letter import Fact, Letter, Tone
from worker.mail.occasion import Occasion

# What the service itself reports is in English, whatever the reader's language.
_ENGLISH = "en"
_STATES = {
    "invalid": marked("It is refused: the secret is wrong or was withdrawn."),
    "insufficient": marked("It is accepted, but lacks permissions that it needs."),
    "expired": marked("It has expired."),
}


def report_failed(occasion: Occasion) -> Letter:
    """A report could not be made."""
    gettext = occasion.language.gettext
    return Letter(
        subject=gettext("Report failed: {title}", title=occasion.text("title")),
        heading=gettext("A report could not be made"),
        preview=occasion.text("title"),
        tone=Tone.ATTENTION,
        facts=(
            Fact(gettext("Report"), occasion.text("title")),
            Fact(gettext("Client"), occasion.client),
            Fact(gettext("Type"), occasion.report_type(occasion.text("report_type"))),
            *_reasons(occasion),
        ),
    )


def credential_failed(occasion: Occasion) -> Letter:
    """A credential was refused often enough to tell, or still is."""
    gettext, name = occasion.language.gettext, occasion.text("name")
    is_reminder = bool(occasion.event.get("is_reminder"))
    since = occasion.moment(occasion.text("failing_since") or None)
    paragraphs = [
        gettext(_STATES[occasion.text("state")]) if occasion.text("state") in _STATES else "",
        gettext("It has not worked since {moment}.", moment=since) if since else "",
        occasion.language.ngettext(
            "It failed {number} time in a row.",
            "It failed {number} times in a row.",
            max(occasion.number("consecutive_failures"), 1),
        ),
        *_dependents(occasion),
    ]
    return Letter(
        subject=(
            gettext("Reminder: credential still does not work: {name}", name=name)
            if is_reminder
            else gettext("Credential does not work: {name}", name=name)
        ),
        heading=gettext("A credential still does not work")
        if is_reminder
        else gettext("A credential does not work any more"),
        preview=name,
        tone=Tone.ATTENTION,
        paragraphs=(occasion.language.sentences(paragraphs),),
        facts=(
            *_credential(occasion),
            Fact(gettext("Missing permissions"), ", ".join(_names(occasion, "missing_permissions"))),
            *_reasons(occasion),
        ),
    )


def credential_recovered(occasion: Occasion) -> Letter:
    """A credential that had failed works again."""
    gettext, name = occasion.language.gettext, occasion.text("name")
    since = occasion.moment(occasion.text("failing_since") or None)
    return Letter(
        subject=gettext("Credential works again: {name}", name=name),
        heading=gettext("A credential works again"),
        preview=name,
        tone=Tone.GOOD,
        paragraphs=(gettext("It had not worked since {moment}. Nothing is left to do.", moment=since),),
        facts=_credential(occasion),
    )


def credential_expiring(occasion: Occasion) -> Letter:
    """A credential ends soon."""
    gettext, name, days = occasion.language.gettext, occasion.text("name"), max(occasion.number("days_left"), 0)
    expires_at = occasion.moment(occasion.text("expires_at") or None)
    paragraphs = [
        gettext("It ends on {moment}. Renew it before, so that nothing stands still.", moment=expires_at),
        *_dependents(occasion),
    ]
    return Letter(
        subject=occasion.language.ngettext(
            "Credential expires in {number} day: {name}", "Credential expires in {number} days: {name}", days, name=name
        ),
        heading=gettext("A credential expires soon"),
        preview=name,
        tone=Tone.ATTENTION,
        paragraphs=(occasion.language.sentences(paragraphs),),
        facts=(*_credential(occasion), Fact(gettext("Next step"), occasion.text("next_step"), _ENGLISH)),
    )


def connection_failed(occasion: Occasion) -> Letter:
    """A connection to Azure that worked does not any more."""
    gettext, name = occasion.language.gettext, occasion.text("name")
    return Letter(
        subject=gettext("Azure connection failed: {name}", name=name),
        heading=gettext("An Azure connection does not work any more"),
        preview=name,
        tone=Tone.ATTENTION,
        paragraphs=(gettext("Reports that read from it fail until it is put right."),),
        facts=(Fact(gettext("Connection"), name), *_reasons(occasion)),
    )


def schedule_missed(occasion: Occasion) -> Letter:
    """Runs of a schedule did not take place when they should have."""
    gettext, name = occasion.language.gettext, occasion.text("name")
    first, last = occasion.text("first_planned_at"), occasion.text("last_planned_at")
    planned = [Fact(gettext("Planned for"), occasion.moment(first or None))]
    if first != last:
        planned = [
            Fact(gettext("First planned for"), occasion.moment(first or None)),
            Fact(gettext("Last planned for"), occasion.moment(last or None)),
        ]
    return Letter(
        subject=gettext("Scheduled runs were missed: {name}", name=name),
        heading=gettext("Scheduled runs were missed"),
        preview=name,
        tone=Tone.ATTENTION,
        paragraphs=(
            gettext("A later run stands in for them.")
            if occasion.event.get("caught_up")
            else gettext("Nothing stands in for them: run the schedule by hand where you need its result."),
        ),
        facts=(
            Fact(gettext("Schedule"), name),
            Fact(gettext("Runs"), occasion.language.number(occasion.number("occurrences"))),
            *planned,
            Fact(gettext("Reason"), occasion.text("reason"), _ENGLISH),
        ),
    )


def ticker_stale(occasion: Occasion) -> Letter:
    """Nothing looked for due schedules for a while."""
    gettext = occasion.language.gettext
    last = occasion.moment(occasion.text("last_tick_at") or None)
    return Letter(
        subject=gettext("Schedules stood still"),
        heading=gettext("Schedules stood still"),
        preview=last,
        tone=Tone.ATTENTION,
        paragraphs=(
            gettext(
                "Nothing looked for due schedules after {moment}. They run as soon as something does again.", moment=last
            ),
        ),
    )


def webhook_disabled(occasion: Occasion) -> Letter:
    """An endpoint gets no more deliveries."""
    gettext, url = occasion.language.gettext, occasion.text("url")
    return Letter(
        subject=gettext("Webhook disabled: {url}", url=url),
        heading=gettext("A webhook was disabled"),
        preview=url,
        tone=Tone.ATTENTION,
        paragraphs=(gettext("It gets no more events until somebody enables it; what happens until then is kept."),),
        facts=(Fact(gettext("Address"), url), Fact(gettext("Reason"), occasion.text("reason"), _ENGLISH)),
    )


OF_EVENTS: dict[EventType, Callable[[Occasion], Letter]] = {
    EventType.REPORT_FAILED: report_failed,
    EventType.CREDENTIAL_FAILED: credential_failed,
    EventType.CREDENTIAL_RECOVERED: credential_recovered,
    EventType.CREDENTIAL_EXPIRING: credential_expiring,
    EventType.CONNECTION_FAILED: connection_failed,
    EventType.SCHEDULE_MISSED: schedule_missed,
    EventType.TICKER_STALE: ticker_stale,
    EventType.WEBHOOK_ENDPOINT_DISABLED: webhook_disabled,
}
"""What each event is told by; reports that are ready have files, and a module of their own."""


def _credential(occasion: Occasion) -> tuple[Fact, ...]:
    gettext = occasion.language.gettext
    return (Fact(gettext("Credential"), occasion.text("name")), Fact(gettext("Provider"), occasion.text("provider")))


def _dependents(occasion: Occasion) -> list[str]:
    dependents, ngettext = occasion.event.get("dependents") or {}, occasion.language.ngettext
    schedules, clients = len(dependents.get("schedule_ids", ())), len(dependents.get("client_ids", ()))
    return [
        ngettext("{number} schedule depends on it.", "{number} schedules depend on it.", schedules) if schedules else "",
        ngettext("{number} client depends on it.", "{number} clients depend on it.", clients) if clients else "",
    ]


def _names(occasion: Occasion, name: str) -> list[str]:
    return [each for each in occasion.event.get(name) or () if isinstance(each, str)]


def _reasons(occasion: Occasion) -> tuple[Fact, ...]:
    gettext = occasion.language.gettext
    return (
        Fact(gettext("What happened"), occasion.text("error"), _ENGLISH),
        Fact(gettext("Next step"), occasion.text("next_step"), _ENGLISH),
        Fact(gettext("When"), occasion.moment(_happened_at(occasion))),
    )


def _happened_at(occasion: Occasion) -> datetime | None:
    at = occasion.ready.data.get("occurred_at")
    return datetime.fromisoformat(at) if isinstance(at, str) else None
