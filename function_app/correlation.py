"""The id by which everything that one request caused can be found again."""

import re
from contextvars import ContextVar

from shared.identifiers import new_id

HEADER = "X-Correlation-Id"
# What may come from outside goes into logs and headers: one word of harmless characters.
_ACCEPTED = re.compile(r"[A-Za-z0-9._\-]{1,128}")
# traceparent of W3C Trace Context, level 1: version, trace id, parent id, flags.
_TRACE_PARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")

current: ContextVar[str] = ContextVar("correlation_id", default="")


def accept(given: str | None) -> str:
    """Return the caller's id where it is acceptable, else a new one."""
    return given if given and _ACCEPTED.fullmatch(given) else str(new_id())


def trace_id_of(trace_parent: str | None) -> str | None:
    """Return the trace id in a ``traceparent`` header, ``None`` where there is no valid one."""
    found = _TRACE_PARENT.fullmatch(trace_parent or "")
    return found[1] if found and found[1].strip("0") else None
