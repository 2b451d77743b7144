"""Sends the message that tells a worker to look at a job row."""

import logging
import threading
from uuid import UUID

from celery import Celery
from kombu.exceptions import OperationalError

from shared.queue import broker
from shared.settings import Settings

_log = logging.getLogger(__name__)


class Publisher:
    """Publishes jobs by task name; the row is already committed, so a lost message costs time and never work."""

    def __init__(self, settings: Settings) -> None:
        self._app = Celery("advisor-reports-publisher", set_as_current=False)
        self._app.config_from_object(broker.publishing_options(settings))
        self._lock = threading.Lock()

    def publish(self, kind: str, *, queue: str, priority: int, tenant_id: UUID, job_id: UUID) -> bool:
        """Send one message and return whether the broker took it; never raises for a broker that is away."""
        try:
            self._app.send_task(
                kind,
                kwargs={"tenant_id": str(tenant_id), "job_id": str(job_id)},
                queue=queue,
                priority=priority,
                ignore_result=True,
                retry=False,
            )
        except (OperationalError, OSError) as error:
            _log.warning(
                "the broker did not take a message; the sweep will send it again",
                extra={"action": "publish_failed", "job_id": str(job_id), "error": type(error).__name__},
            )
            return False
        return True

    def ping(self) -> None:
        """Ask the broker for a sign of life; raises what kombu raises."""
        with self._app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=0, timeout=broker.CONNECT_TIMEOUT_S)

    def close(self) -> None:
        """Close the pooled connections."""
        self._app.close()
