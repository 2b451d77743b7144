"""What the front says of itself and of what it needs, beside its first request."""

import logging
import threading

from shared import startup
from shared.services import Services

_log = logging.getLogger(__name__)


def report(services: Services) -> None:
    """Log where this process stands and whether what it needs answers, each within its own time limit; returns at once.

    Beside the first request, not before it: health must answer whatever is down. What makes sure that the database may be
    used is :class:`~function_app.api.callers.Front`, before the first transaction.
    """
    threading.Thread(target=_report, args=(services,), name="start-up report", daemon=True).start()


def _report(services: Services) -> None:
    _log.info("the HTTP API begins", extra={"action": "front_started", **startup.facts_of(services)})
    startup.log_results(startup.ask_dependencies(services))
