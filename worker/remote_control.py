"""What may be asked of running workers through the broker: questions only, for whoever reaches it could stop them else."""

from celery.worker.control import Panel

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
    """Take every other command away from this process's workers."""
    for name in set(Panel.data) - ALLOWED:
        del Panel.data[name]
        Panel.meta.pop(name, None)
