"""What may be asked of running workers through the broker: questions only, for whoever reaches it could stop them else."""

import logging
import threading
from typing import Any

from celery import Celery, bootsteps
from celery.worker import pidbox
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


_TRY_AGAIN_AFTER_S = 2.0
_DRAIN_S = 1.0


def answer_questions(app: Celery) -> None:
    """Let the workers of ``app`` answer :data:`ALLOWED` and refuse every other command."""
    for name in set(Panel.data) - ALLOWED:
        Panel.data[name] = _refuse
        Panel.meta.pop(name, None)
    app.steps["consumer"].add(_Answering)


class _Answering(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Listens for questions as long as the worker consumes."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        self._box = _Mailbox(consumer)
        self.start, self.stop, self.shutdown = self._box.start, self._box.stop, self._box.shutdown
        super().__init__(consumer, **options)


class _Mailbox(pidbox.gPidbox):  # type: ignore[misc]
    """A worker's mailbox with a connection and a thread of its own.

    Celery's shares the connection over which tasks come. When that breaks, the removal of the mailbox's queue fails half way
    and leaves kombu 5.7 a channel whose second closing ends the worker, with the work it was at.
    """

    def start(self, consumer: Any) -> None:
        threading.Thread(target=self.loop, args=(consumer,), name="remote control", daemon=True).start()

    def loop(self, consumer: Any) -> None:
        shutdown = self._node_shutdown = threading.Event()
        stopped = self._node_stopped = threading.Event()
        try:
            while not shutdown.is_set():
                self._listen(consumer, shutdown)
        finally:
            stopped.set()

    def _listen(self, consumer: Any, shutdown: threading.Event) -> None:
        """Answer until told to end, or until the connection breaks."""
        with consumer.app.connection_for_read() as connection:
            try:
                self._do_reset(consumer, connection)
                while not shutdown.is_set():
                    try:
                        connection.drain_events(timeout=_DRAIN_S)
                    except TimeoutError:
                        continue
            except (*connection.connection_errors, *connection.channel_errors) as error:
                _log.info(
                    "the broker is away; questions wait",
                    extra={"action": "remote_control_lost", "error": type(error).__name__},
                )
                shutdown.wait(_TRY_AGAIN_AFTER_S)


def _refuse(_state: Any, **_arguments: Any) -> dict[str, str]:
    _log.warning("a command that came through the broker was refused", extra={"action": "remote_control_refused"})
    return {"error": "This worker answers questions only; restart or scale it where it runs."}
