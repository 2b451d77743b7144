"""The message of an event: ``{type, timestamp, data}``, thin, below 20 kB, with whole links."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from shared.settings import Settings

MAX_BODY_BYTES = 20_000
"""What the Standard Webhooks specification advises as the most."""
# Payloads bound their texts by characters; four bytes each, or escapes, can take more room than there is.
_CUTS = (1000, 500, 200, 80, 20)


def body_of(settings: Settings, event_type: str, occurred_at: datetime, data: Mapping[str, Any]) -> bytes:
    """Return the very bytes to be sent; texts are cut where they do not fit."""
    data = with_whole_links(settings, data)
    body = b""
    for most_chars in _CUTS:
        body = orjson.dumps({"type": event_type, "timestamp": occurred_at.isoformat(), "data": _cut(data, most_chars)})
        if len(body) <= MAX_BODY_BYTES:
            break
    return body


def with_whole_links(settings: Settings, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``data`` with the installation's address before its link; without one known, the path stays a path."""
    address = (settings.public_url or settings.api_url).rstrip("/")
    link = data.get("link")
    if not address or not isinstance(link, str) or not link.startswith("/"):
        return dict(data)
    return {**data, "link": address + link}


def _cut(value: Any, most_chars: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= most_chars else value[: most_chars - 1] + "…"
    if isinstance(value, dict):
        # A link that was cut leads nowhere.
        return {name: one if name == "link" else _cut(one, most_chars) for name, one in value.items()}
    if isinstance(value, list):
        return [_cut(one, most_chars) for one in value]
    return value
