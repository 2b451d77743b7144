"""What may be asked of running workers through the broker: questions only, for whoever reaches it could stop them else."""

import logging
from typing import Any

from celery.worker.control import Panel

_log = logging.getLogger(__name__)

ALLOWED = frozenset(
    {
        *("active", "active_queues", "clock", "conf", "ping", "query_task", "registered", "report", "reserved", "revoked"),
        *("scheduled", "stats"),
        # What Flower needs to show tasks as they go.
        *("disable_events", "enable_events", "heartbeat"),
    }
)
"""Of Celery's commands. Left out: those that stop, revoke or throttle, and those that write files (objgraph, memdump)."""


def allow_questions_only() -> None:
    """Let this process's workers refuse every other command."""
    for name in set(Panel.data) - ALLOWED:
        Panel.data[name] = _refuse
        Panel.meta.pop(name, None)


def _refuse(_state: Any, **_arguments: Any) -> dict[str, str]:
    _log.warning("a command that came through the broker was refused", extra={"action": "remote_control_refused"})
    return {"error": "This worker answers questions only; restart or scale it where it runs."}
