"""Sends the message that tells a worker to look at a job row."""

import logging
import time
from typing import Any
from uuid import UUID

from celery import Celery
from kombu.exceptions import OperationalError
from opentelemetry.trace import SpanKind

from shared.queue import broker
from shared.queue.names import Priority
from shared.queue.waking import Alarm
from shared.settings import Settings
from shared.telemetry import tracing

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.2
# Workers wait long for messages; callers of the API should not wait for a broker that took the connection and fell silent.
_ANSWER_TIMEOUT_S = 3.0
_SOON_S = broker.CONNECT_TIMEOUT_S / 4


class Publisher:
    """Publishes jobs by task name; the row is already committed, so a lost message costs time and never work."""

    def __init__(self, settings: Settings, *, alarm: Alarm | None = None) -> None:
        """``alarm`` wakes the worker of each message, where workers may sleep."""
        self._alarm = alarm
        self._app = Celery("advisor-reports-publisher", set_as_current=False)
        options = broker.publishing_options(settings)
        patience = {"socket_timeout": _ANSWER_TIMEOUT_S}
        self._app.config_from_object({**options, "broker_transport_options": options["broker_transport_options"] | patience})

    def publish(self, kind: str, *, queue: str, priority: int, tenant_id: UUID, job_id: UUID) -> bool:
        """Send one message and return whether the broker took it; never raises for a broker that is away."""
        attributes = {"messaging.system": "celery", "messaging.destination.name": queue, "job.id": str(job_id)}
        try:
            with tracing.span(f"publish {kind}", kind=SpanKind.PRODUCER, attributes=attributes):
                kwargs = {"tenant_id": str(tenant_id), "job_id": str(job_id)}
                self._send(kind, kwargs=kwargs, queue=queue, priority=priority, ignore_result=True)
        except (OperationalError, OSError) as error:
            _log.warning(
                "the broker did not take a message; the sweep will send it again",
                extra={"action": "publish_failed", "job_id": str(job_id), "error": type(error).__name__},
            )
            return False
        return True

    def ask(self, task: str, *arguments: str, queue: str, timeout_s: float) -> Any:
        """Send ``task`` with its ``arguments`` to ``queue``, wait for its result and return it; raises what Celery raises.

        For the few questions to which somebody waits for the answer; each look at the result costs a connection.
        """
        options = {"queue": queue, "priority": Priority.HIGH.value, "ignore_result": False, "expires": timeout_s}
        asked = self._send(task, args=arguments, **options)
        # Celery counts only its pauses, not its looks, so the limit is kept here.
        until = time.monotonic() + timeout_s
        try:
            while not asked.ready() and time.monotonic() < until:
                time.sleep(_LOOK_EVERY_S)
            return asked.get(timeout=_LOOK_EVERY_S, interval=_LOOK_EVERY_S)
        finally:
            asked.forget()

    def _send(self, task: str, **options: Any) -> Any:
        sent = self._send_by_broker(task, **options)
        if self._alarm is not None:
            self._alarm.ring(options["queue"])
        return sent

    def _send_by_broker(self, task: str, **options: Any) -> Any:
        began = time.monotonic()
        try:
            return self._app.send_task(task, retry=False, **options)
        except (OperationalError, OSError):
            # The broker ended a pooled connection (a fail-over, the end of its token) just as it was used: a new one is at
            # hand. A broker that is away has cost time already, and whoever waits should not wait twice.
            if time.monotonic() - began > _SOON_S:
                raise
        return self._app.send_task(task, retry=False, **options)

    def ping(self) -> None:
        """Ask the broker for a sign of life; raises what kombu raises."""
        with self._app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=0, timeout=broker.CONNECT_TIMEOUT_S)

    def close(self) -> None:
        """Close the pooled connections."""
        self._app.close()
