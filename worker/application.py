"""The Celery application of the workers: where messages come from, and what happens around a process's life."""

from typing import Any

import kombu.entity
from celery import Celery, signals

from shared import loading, settings
from shared.jobs.kinds import KINDS
from shared.queue import broker
from shared.queue.names import Priority, Queue
from shared.services import Services
from shared.settings import Settings
from shared.telemetry import logs
from worker import processes, remote_control, telemetry
from worker.clock import Clock
from worker.redacted_task import RedactedTask


def working_options(of: Settings) -> dict[str, Any]:
    """Return the options of a worker, those it shares with publishers included."""
    return {
        **broker.publishing_options(of),
        "imports": ("worker.tasks",),
        "task_queues": [_consumed(queue) for queue in Queue],
        "task_default_queue": Queue.DEFAULT.value,
        "task_default_priority": Priority.NORMAL.value,
        "task_create_missing_queues": False,
        "task_routes": {kind.name: {"queue": kind.queue.value, "priority": kind.priority.value} for kind in KINDS.values()},
        # A message is done when its job is; should its process die first, the job row decides what happens.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "worker_soft_shutdown_timeout": of.worker_soft_shutdown_s,
        "broker_connection_retry_on_startup": True,
        "broker_connection_retry": True,
        "broker_connection_max_retries": None,
        # A broker that blinks must not end work that the database vouches for: the message comes again, finds the row
        # claimed, and is dropped.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        # Celery's own; worker/remote_control.py answers `celery inspect` and Flower instead.
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
    }


def _consumed(queue: Queue) -> kombu.entity.Queue:
    exchange = kombu.entity.Exchange(queue.value)  # type: ignore[no-untyped-call]
    return kombu.entity.Queue(queue.value, exchange, routing_key=queue.value)  # type: ignore[no-untyped-call]


app = Celery("advisor-reports", task_cls=RedactedTask)
app.config_from_object(working_options(processes.settings_or_end()))

remote_control.answer_questions(app)

_clocks: list[tuple[Clock, Services]] = []


@signals.import_modules.connect(weak=False)
def _load_tasks(**_: Any) -> None:
    # Celery does it right after this, with pauses.
    with loading.undisturbed():
        import worker.tasks  # noqa: F401, PLC0415


@signals.setup_logging.connect(weak=False)
def _configure_logs(**_: Any) -> None:
    logs.configure(settings.get())


@signals.worker_init.connect(weak=False)
def _begin(**_: Any) -> None:
    logs.configure(settings.get())
    telemetry.begin_before_forking(settings.get())


@signals.celeryd_after_setup.connect(weak=False)
def _before_forking(**_: Any) -> None:
    # Here, and no earlier, it is known which queues this worker serves.
    processes.refuse_to_start_unless_verified(_queues())
    processes.set_modules_aside()


@signals.worker_process_init.connect(weak=False)
def _in_a_forked_child(**_: Any) -> None:
    logs.configure(settings.get())
    processes.verify_child(_queues())
    telemetry.begin_in_child(processes.services())
    processes.set_modules_aside()


@signals.worker_process_shutdown.connect(weak=False)
def _before_a_child_ends(**_: Any) -> None:
    telemetry.end_in_child()


@signals.worker_ready.connect(weak=False)
def _start_clock(**_: Any) -> None:
    services = Services(settings.get())
    clock = Clock(services)
    _clocks.append((clock, services))
    telemetry.begin_in_main(services)
    clock.start()


@signals.worker_shutting_down.connect(weak=False)
def _stop_clock(**_: Any) -> None:
    while _clocks:
        clock, services = _clocks.pop()
        clock.stop()
        services.close()


def _queues() -> list[str]:
    return sorted(app.amqp.queues.consume_from)
