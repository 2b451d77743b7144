"""When the processes of a worker begin to count and to export: the folder before the fork, exporters after it."""

from pathlib import Path

from shared.services import Services
from shared.settings import Settings
from shared.telemetry import exporting, metrics
from worker import metrics_folder

_ROLE = "worker"
_folder: Path | None = None


def begin_before_forking(settings: Settings) -> None:
    """Let all processes of this worker count into one folder, where anybody will read it."""
    global _folder  # noqa: PLW0603 - one worker, one folder
    if _folder is None and (settings.worker_metrics_port is not None or exporting.is_wanted(settings)):
        _folder = metrics_folder.make()
        metrics.enable(_folder)


def begin_in_child(services: Services) -> None:
    """Export the spans of this forked child."""
    exporting.start(services.settings, role=_ROLE, credential=lambda: services.credential)


def end_in_child() -> None:
    """Send what waits to be sent; a pool's children end without the usual ceremonies."""
    exporting.flush()


def begin_in_main(services: Services) -> None:
    """Export the spans of this process, and the numbers of all processes of the worker."""
    exports = exporting.start(services.settings, role=_ROLE, credential=lambda: services.credential)
    if _folder is None:
        return
    # prometheus_client decides at its import where numbers go, hence not before the folder is known.
    from shared.telemetry.metrics_export import export_by_opentelemetry  # noqa: PLC0415
    from worker.metrics import readable, serve  # noqa: PLC0415

    source = readable(_folder, before=lambda: metrics.note_tokens_of(services))
    serve(services.settings, source)
    if exports:
        export_by_opentelemetry(source)
