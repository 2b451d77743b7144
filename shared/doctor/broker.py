"""Legs through the broker: the broker itself, the worker behind each queue, and where results are kept."""

import secrets
from urllib.parse import urlsplit

from celery import Celery
from celery.exceptions import TimeoutError as NoResultError

from shared.errors import AdvisorReportsError
from shared.queue import broker
from shared.queue.names import DEBUG_TASK, Queue
from shared.queue.publisher import Publisher
from shared.settings import Settings

# A message left behind by a process that ended in between goes by itself.
_KEPT_S = 60


class NoWorkerError(AdvisorReportsError):
    """No worker answered on a queue."""

    code = "no_worker"
    retryable = True


class ResultMissingError(AdvisorReportsError):
    """A result that was stored could not be read."""

    code = "result_missing"


def write_and_read(settings: Settings) -> str:
    """Write a value to the broker by a fresh connection, read it back, remove it."""
    key, token = f"doctor:{secrets.token_hex(8)}", secrets.token_hex(8)
    app = Celery("advisor-reports-doctor", set_as_current=False)
    app.config_from_object(broker.publishing_options(settings))
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=0, timeout=broker.CONNECT_TIMEOUT_S)
        client = connection.default_channel.client
        client.set(key, token, ex=_KEPT_S)
        read = client.get(key)
        client.delete(key)
    app.close()
    if read != token.encode():
        raise ResultMissingError("The broker gave back something else than was written.")
    address = urlsplit(settings.broker_url.get_secret_value())
    return f"{address.hostname}:{address.port or 6379}, {'with' if address.scheme == 'rediss' else 'without'} TLS"


def ask_worker(publisher: Publisher, queue: Queue, *, limit_s: float) -> str:
    """Have a worker of ``queue`` answer; raises :class:`NoWorkerError` where none does in time."""
    try:
        answer = publisher.ask(DEBUG_TASK, queue=queue.value, timeout_s=limit_s)
    except NoResultError as error:
        raise NoWorkerError(
            f"No worker answered on the queue {queue} within {limit_s:g} s: none serves it, or all of its workers are busy.",
            next_step="Look with `celery -A worker.celery_app inspect active`; start one with `python -m worker serve "
            f"{'reports' if queue is Queue.REPORTS else 'interactive'}`.",
        ) from error
    return f"answered by {answer['worker']}, process {answer['pid']}"


def store_and_read_result(settings: Settings) -> str:
    """Store a result where Celery keeps them, read it back, remove it."""
    app = Celery("advisor-reports-doctor", set_as_current=False)
    app.config_from_object(broker.publishing_options(settings))
    task_id, token = f"doctor-{secrets.token_hex(8)}", secrets.token_hex(8)
    app.backend.store_result(task_id, token, "SUCCESS")
    try:
        if app.backend.get_result(task_id) != token:
            raise ResultMissingError("A task's result that was stored could not be read back.")
    finally:
        app.backend.forget(task_id)
        app.close()
    return "a result was stored, read and removed"
