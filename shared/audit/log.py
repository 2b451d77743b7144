"""Writing entries: in the transaction of what they tell of, so that one is not without the other."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert
from sqlalchemy.orm import Session

from shared.audit.actor import MAX_NAME_CHARS, Actor
from shared.audit.types import AuditType, Result
from shared.database.tables import AuditEvent
from shared.identifiers import new_id
from shared.telemetry.redaction import redact

MAX_DETAIL_BYTES = 8000
_MAX_USER_AGENT_CHARS = 400
_MAX_TARGET_CHARS = 300
# The word by which browsers, and then libraries, tell what they are; good enough to recognise one's own machine by.
_BROWSER = re.compile(r"\b(Edg|OPR|Firefox|Chrome|Safari)/(\d+)")
_SYSTEM = re.compile(r"\b(Windows|Android|iPhone|iPad|Macintosh|Linux)\b")
_LIBRARY = re.compile(r"^([A-Za-z][\w.-]{0,40}/[\w.]{1,20})")
_FAMILIAR = {"Edg": "Edge", "OPR": "Opera", "Macintosh": "macOS"}


@dataclass(frozen=True, slots=True)
class Target:
    """What was acted on, by its name at that moment."""

    kind: str
    id: UUID | None = None
    name: str | None = None


def log_auth_event(
    session: Session,
    tenant_id: UUID | None,
    event_type: AuditType,
    actor: Actor | None,
    *,
    target: Target | None = None,
    result: Result = Result.SUCCESS,
    details: Mapping[str, Any] | None = None,
    occurred_at: datetime | None = None,
) -> UUID:
    """Write an entry in the caller's transaction and return its id; its place in the chain follows later, with no waiting.

    ``actor`` is ``None`` where nothing is known of who it was; ``tenant_id`` likewise. ``details`` tell ids and choices;
    what looks like a secret is made unreadable. ``occurred_at`` is the request's time, now where not given.
    """
    entry_id = new_id()
    session.execute(
        insert(AuditEvent),
        [
            {
                "id": entry_id,
                "tenant_id": tenant_id,
                "occurred_at": occurred_at or datetime.now(UTC),
                "type": event_type.value,
                "result": result.value,
                "actor_kind": "unknown" if actor is None or actor.name is None else "key" if actor.key_id else "service",
                "actor_id": actor.key_id if actor else None,
                "actor_name": _cut(actor.name, MAX_NAME_CHARS) if actor else None,
                "target_kind": target.kind if target else None,
                "target_id": target.id if target else None,
                "target_name": _cut(target.name, _MAX_TARGET_CHARS) if target else None,
                "ip": _cut(actor.ip, 100) if actor else None,
                "user_agent": _cut(actor.user_agent, _MAX_USER_AGENT_CHARS) if actor else None,
                "device": device_of(actor.user_agent) if actor else None,
                "details": _harmless(details or {}),
            }
        ],
    )
    return entry_id


def device_of(user_agent: str | None) -> str | None:
    """Return what a ``User-Agent`` says in a few words, such as ``Firefox 144 on Windows``, ``None`` where nothing."""
    if not user_agent:
        return None
    browser, system = _BROWSER.search(user_agent), _SYSTEM.search(user_agent)
    if browser and user_agent.startswith("Mozilla/"):
        name = f"{_FAMILIAR.get(browser[1], browser[1])} {browser[2]}"
        return f"{name} on {_FAMILIAR.get(system[1], system[1])}" if system else name
    library = _LIBRARY.match(user_agent)
    return library[1] if library else None


def _harmless(details: Mapping[str, Any]) -> dict[str, Any]:
    cleaned: dict[str, Any] = _redacted(dict(details))
    if len(orjson.dumps(cleaned, default=str)) > MAX_DETAIL_BYTES:
        return {"left_out": "The details were too long."}
    return cleaned


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value.replace("\0", ""))
    if isinstance(value, Mapping):
        return {str(name): _redacted(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(item) for item in value]
    return value if isinstance(value, bool | int | None) else str(value)


def _cut(text: str | None, length: int) -> str | None:
    return None if text is None else redact(text.replace("\0", ""))[:length]
