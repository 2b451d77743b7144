"""The letter that sums up a day or a week."""

from collections.abc import Callable

from shared.events.types import EventType
from shared.language.marking import marked, marked_plural
from shared.mail.digests import Content, Line
from shared.mail.digests import Section as Told
from worker.mail.letter import Item, Letter, Section, Tone
from worker.mail.occasion import Occasion

_HEADINGS = {
    EventType.REPORT_COMPLETED: marked_plural("{number} report completed", "{number} reports completed"),
    EventType.REPORT_FAILED: marked_plural("{number} report failed", "{number} reports failed"),
    EventType.REPORT_CHANGED: marked_plural(
        "{number} report differs from the one before", "{number} reports differ from the ones before"
    ),
    EventType.CREDENTIAL_EXPIRING: marked_plural("{number} credential expires soon", "{number} credentials expire soon"),
    EventType.SCHEDULE_MISSED: marked_plural("Runs were missed {number} time", "Runs were missed {number} times"),
    EventType.CONNECTION_FAILED: marked_plural("{number} Azure connection failed", "{number} Azure connections failed"),
}
_FAILING = marked_plural("{number} credential does not work now", "{number} credentials do not work now")
_CHANGED = marked("{appeared} new, {resolved} resolved, {changed} changed")
_BAD = {EventType.REPORT_FAILED, EventType.SCHEDULE_MISSED, EventType.CONNECTION_FAILED}


def digest(occasion: Occasion, content: Content) -> Letter:
    """What happened, and what does not work as the mail is written."""
    gettext, data = occasion.language.gettext, occasion.ready.data
    is_weekly = data.get("cadence") == "weekly"
    day = occasion.day(data["until"])
    sections = [*_failing(occasion, content), *(_section(occasion, told) for told in content.sections)]
    is_bad = bool(content.failing) or any(told.type in _BAD for told in content.sections)
    return Letter(
        subject=gettext("Weekly digest: {date}", date=day) if is_weekly else gettext("Daily digest: {date}", date=day),
        heading=gettext("What happened"),
        preview=occasion.language.joined(section.heading for section in sections[:3]),
        tone=Tone.ATTENTION if is_bad else Tone.PLAIN,
        paragraphs=(
            gettext(
                "From {since} to {until}.",
                since=occasion.moment(data["since"]),
                until=occasion.moment(data["until"]),
            ),
        ),
        sections=tuple(sections),
    )


def _failing(occasion: Occasion, content: Content) -> list[Section]:
    if not content.failing:
        return []
    gettext, lines = occasion.language.gettext, content.failing
    items = tuple(
        Item(
            _text(line, "name"),
            gettext("since {moment}", moment=occasion.moment(_text(line, "failing_since") or line.at, names_zone=False)),
        )
        for line in lines
    )
    return [
        Section(
            occasion.language.ngettext(*_FAILING, content.failing_count),
            items,
            _more(occasion, content.failing_count - len(lines)),
        )
    ]


def _section(occasion: Occasion, told: Told) -> Section:
    kind, language = EventType(told.type), occasion.language
    return Section(
        language.ngettext(*_HEADINGS[kind], told.count),
        tuple(_ITEMS[kind](occasion, line) for line in told.lines),
        _more(occasion, told.count - len(told.lines)),
    )


def _more(occasion: Occasion, number: int) -> str:
    return occasion.language.ngettext("and {number} more", "and {number} more", number) if number > 0 else ""


def _report(occasion: Occasion, line: Line) -> Item:
    parts = (line.client, occasion.moment(line.at, names_zone=False))
    return Item(_text(line, "title"), " · ".join(part for part in parts if part))


def _changed(occasion: Occasion, line: Line) -> Item:
    numbers = {
        name: occasion.language.number(value if isinstance(value := line.data.get(name), int) else 0)
        for name in ("appeared", "resolved", "changed")
    }
    return Item(line.client or occasion.moment(line.at, names_zone=False), occasion.language.gettext(_CHANGED, **numbers))


def _expiring(occasion: Occasion, line: Line) -> Item:
    ends = _text(line, "expires_at")
    detail = occasion.language.gettext("ends on {moment}", moment=occasion.moment(ends, names_zone=False)) if ends else ""
    return Item(_text(line, "name"), detail)


def _named(occasion: Occasion, line: Line) -> Item:
    return Item(_text(line, "name"), occasion.moment(line.at, names_zone=False))


_ITEMS: dict[EventType, Callable[[Occasion, Line], Item]] = {
    EventType.REPORT_COMPLETED: _report,
    EventType.REPORT_FAILED: _report,
    EventType.REPORT_CHANGED: _changed,
    EventType.CREDENTIAL_EXPIRING: _expiring,
    EventType.SCHEDULE_MISSED: _named,
    EventType.CONNECTION_FAILED: _named,
}


def _text(line: Line, name: str) -> str:
    value = line.data.get(name)
    return value if isinstance(value, str) else ""
