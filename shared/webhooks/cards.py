"""Cards: what happened as people read it in a chat, for Microsoft Teams and Slack.

Formats: https://adaptivecards.io/explorer/ (1.4, what workflows of Teams take) and https://docs.slack.dev/reference/block-kit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from shared.database.tables.webhook import EndpointKind
from shared.events.types import EventType

_TITLES = {
    EventType.REPORT_COMPLETED: "Report ready",
    EventType.REPORT_FAILED: "Report failed",
    EventType.REPORT_CHANGED: "Recommendations changed",
    EventType.CREDENTIAL_FAILED: "Credential refused",
    EventType.CREDENTIAL_RECOVERED: "Credential works again",
    EventType.CREDENTIAL_EXPIRING: "Credential expires soon",
    EventType.CONNECTION_FAILED: "Azure connection failed",
    EventType.SCHEDULE_MISSED: "Scheduled runs were missed",
    EventType.TICKER_STALE: "Schedules stood still",
    EventType.WEBHOOK_ENDPOINT_DISABLED: "Webhook disabled",
    EventType.WEBHOOK_TEST: "Test",
}
_GOOD = {EventType.REPORT_COMPLETED, EventType.CREDENTIAL_RECOVERED}
_NEUTRAL = {EventType.REPORT_CHANGED, EventType.WEBHOOK_TEST}
# What people want to see, in this order; ids are for programs.
_SHOWN = {
    "title": "Report",
    "name": "Name",
    "report_type": "Type",
    "provider": "Provider",
    "state": "State",
    "url": "Address",
    "message": "Message",
    "error": "What happened",
    "reason": "Reason",
    "next_step": "Next step",
    "appeared": "New",
    "resolved": "Resolved",
    "changed": "Changed",
    "unchanged": "Unchanged",
    "compared_with": "Compared with",
    "expires_at": "Expires",
    "days_left": "Days left",
    "failing_since": "Failing since",
    "consecutive_failures": "Failures in a row",
    "occurrences": "Runs",
    "first_planned_at": "First planned for",
    "last_planned_at": "Last planned for",
    "last_tick_at": "Last looked at",
    "silent_for_s": "Silent for seconds",
}
_MAX_CHARS = 500
# Slack refuses more fields in one section.
_FIELDS_OF_SECTION = 10


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says."""

    title: str
    colour: str
    """Of an adaptive card: ``good``, ``attention`` or ``accent``."""
    facts: tuple[tuple[str, str], ...]
    link: str | None


def card_of(event_type: str, data: Mapping[str, Any]) -> Card:
    """Return the card of an event whose ``data`` has whole links."""
    try:
        kind = EventType(event_type)
        title = _TITLES[kind]
        colour = "good" if kind in _GOOD else "accent" if kind in _NEUTRAL else "attention"
    except (ValueError, KeyError):
        title, colour = event_type, "accent"
    facts = tuple(
        (label, str(data[name])[:_MAX_CHARS]) for name, label in _SHOWN.items() if data.get(name) not in (None, "")
    )
    link = data.get("link")
    is_whole = isinstance(link, str) and link.startswith(("https://", "http://"))
    return Card(title, colour, facts, link if is_whole else None)


def body_of(kind: EndpointKind, card: Card) -> bytes:
    """Return the bytes that a chat of this kind takes."""
    return orjson.dumps(_teams(card) if kind is EndpointKind.TEAMS else _slack(card))


def _teams(card: Card) -> dict[str, Any]:
    # Facts are Markdown in Teams: what came from outside must not become a link.
    facts = [{"title": label, "value": _plain_markdown(value)} for label, value in card.facts]
    content: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {
                "type": "TextBlock",
                "text": card.title,
                "size": "Large",
                "weight": "Bolder",
                "color": card.colour.capitalize(),
                "wrap": True,
            },
            {"type": "FactSet", "facts": facts},
        ],
    }
    if card.link:
        content["actions"] = [{"type": "Action.OpenUrl", "title": "Open", "url": card.link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


def _slack(card: Card) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": f"{_MARKS[card.colour]} {card.title}", "emoji": True}}
    ]
    for start in range(0, len(card.facts), _FIELDS_OF_SECTION):
        fields = [
            {"type": "mrkdwn", "text": f"*{label}*\n{_escaped(value)}"}
            for label, value in card.facts[start : start + _FIELDS_OF_SECTION]
        ]
        blocks.append({"type": "section", "fields": fields})
    if card.link:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": f"<{_escaped(card.link)}|Open>"}})
    # What notifications and readers of screens say.
    first = f": {_escaped(card.facts[0][1])}" if card.facts else ""
    return {"text": f"{card.title}{first}", "blocks": blocks}


_MARKS = {"good": ":white_check_mark:", "attention": ":warning:", "accent": ":information_source:"}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain_markdown(text: str) -> str:
    return "".join(f"\\{char}" if char in "\\`*_[]()#~" else char for char in text)
