"""The worker's own clock: drives ticks from the main process, because timers elsewhere have been known to stop."""

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from shared.identity.token_cache import TokenUnavailableError
from shared.services import Services
from shared.ticks.tick import tick

_log = logging.getLogger(__name__)


class Clock:
    """A thread that ticks every ``sweep_interval_s`` seconds until :meth:`stop`; who holds the lock does the work."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)

    def start(self) -> None:
        """Begin, with a tick at once: what was lost while no worker ran should not wait."""
        self._thread.start()

    def stop(self, *, wait_s: float = 0.0) -> None:
        """End after the tick at hand, for which at most ``wait_s`` seconds are waited."""
        self._stopped.set()
        if wait_s:
            self._thread.join(wait_s)

    def _run(self) -> None:
        while True:
            try:
                tick(self._services, driver="worker clock")
            except (SQLAlchemyError, TokenUnavailableError) as error:
                _log.warning(
                    "a tick did not reach the database", extra={"action": "tick_failed", "error": type(error).__name__}
                )
            if self._stopped.wait(self._services.settings.sweep_interval_s):
                return
