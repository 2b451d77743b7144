"""What the front says about itself: logs at once, traces and metrics where they are exported.

The Functions host has a switch by which its own worker exports telemetry (``PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY``);
it stays off, because what it sends passes no redaction of ours. The host's own request telemetry is untouched: the edge
takes over its trace parent, so that our spans lie under it.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from shared.services import Services
from shared.telemetry import exporting, logs, metrics

if TYPE_CHECKING:
    from prometheus_client import Metric

_ROLE = "front"


def begin(services: Services) -> None:
    """Configure logs, and begin to export where an exporter is set; once a process."""
    logs.configure(services.settings, keep_handlers=True)
    if not exporting.start(services.settings, role=_ROLE, credential=lambda: services.credential):
        return
    registry = metrics.enable()
    # As slow to import as it is rarely needed.
    from shared.telemetry.metrics_export import Readable, export_by_opentelemetry  # noqa: PLC0415

    def collected() -> Iterable["Metric"]:
        metrics.note_tokens_of(services)
        return registry.collect()

    export_by_opentelemetry(Readable(collected))
