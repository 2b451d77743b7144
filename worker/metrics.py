"""``/metrics`` of a worker for Prometheus: one page for all its processes.

Each process writes its numbers into files of a folder (:mod:`worker.metrics_folder`); the main process adds them up when
asked. Import this only after :func:`shared.telemetry.metrics.enable`.
"""

import logging
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from shared.settings import Settings
from shared.telemetry.metrics_export import Readable
from worker import metrics_folder

_log = logging.getLogger(__name__)


def readable(folder: Path, *, before: Callable[[], None] = lambda: None) -> Readable:
    """Return the numbers of all processes that write into ``folder``, added up; ``before`` is called first each time."""

    def collected() -> Iterable[Metric]:
        before()
        _forget_gauges_of_the_dead(folder)
        found: Iterable[Metric] = MultiProcessCollector(None, str(folder)).collect()  # type: ignore[no-untyped-call]
        return found

    return Readable(collected)


def serve(settings: Settings, source: Readable) -> None:
    """Serve ``source`` at ``/metrics`` where ``WORKER_METRICS_PORT`` is set; a port that is taken is said and left alone."""
    if settings.worker_metrics_port is None:
        return
    registry = CollectorRegistry()
    registry.register(source)
    try:
        server, _ = start_http_server(settings.worker_metrics_port, settings.worker_metrics_host, registry)
    except OSError as error:
        # Work matters more than numbers about it.
        _log.error(
            "metrics are not served: %s. Set WORKER_METRICS_PORT to a free port, one for each worker.",
            error,
            extra={"action": "metrics_not_served", "port": settings.worker_metrics_port},
        )
        return
    # A child that is forked later must not keep the port when this process is gone.
    os.register_at_fork(after_in_child=server.socket.close)
    _log.info("metrics are served", extra={"action": "metrics_served", "port": settings.worker_metrics_port})


def _forget_gauges_of_the_dead(folder: Path) -> None:
    """Remove what dead processes said of the moment; what they counted stays counted."""
    for process_id in metrics_folder.dead_writers(folder):
        mark_process_dead(process_id, str(folder))  # type: ignore[no-untyped-call]
