"""Exporters: where spans and metrics of this process go; nothing of the sort is even imported where they go nowhere.

``APPLICATIONINSIGHTS_CONNECTION_STRING`` sends them to Application Insights, signed in with the process's own credential;
``OTEL_EXPORTER_OTLP_ENDPOINT`` to any collector of OpenTelemetry; both may be set. Logs are not exported: they have one way
out, standard error, and pass redaction there.
"""

import logging
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from azure.core.credentials import TokenCredential

from shared.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanProcessor

_log = logging.getLogger(__name__)

# All that Microsoft's distribution would patch. FastAPI and the Azure SDK make their spans themselves, statements are ours
# to watch, and every patch is a risk that brings nothing here.
_PATCHED_BY_DISTRIBUTION = (
    *("azure_sdk", "django", "fastapi", "flask", "httpx", "httpx2", "psycopg2", "requests", "urllib", "urllib3"),
)
_FLUSH_LIMIT_MS = 5_000


class _State:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process_id: int | None = None


_state = _State()


def is_wanted(settings: Settings) -> bool:
    """Return whether spans and metrics of this process go anywhere."""
    return bool(settings.applicationinsights_connection_string or settings.otel_exporter_otlp_endpoint)


def start(settings: Settings, *, role: str, credential: Callable[[], TokenCredential]) -> bool:
    """Begin to export what this process does, as ``role``, and return whether anything is; once a process, after any fork.

    ``credential`` is called where Application Insights wants a sign-in.
    """
    if not is_wanted(settings):
        return False
    with _state.lock:
        if _state.process_id is not None:
            # A forked child goes on with its parent's: OpenTelemetry starts the threads of its processors anew.
            return True
        _state.process_id = os.getpid()
        _start(settings, role, credential)
    return True


def flush() -> None:
    """Send what waits to be sent; for the end of a process."""
    if _state.process_id is None:
        return
    from opentelemetry import metrics, trace  # noqa: PLC0415

    for provider in (trace.get_tracer_provider(), metrics.get_meter_provider()):
        force = getattr(provider, "force_flush", None)
        if force is not None:
            force(_FLUSH_LIMIT_MS)


def _start(settings: Settings, role: str, credential: Callable[[], TokenCredential]) -> None:
    from opentelemetry import trace  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

    from shared.telemetry import database_spans  # noqa: PLC0415

    if isinstance(trace.get_tracer_provider(), TracerProvider):
        # The Functions host has switches by which its worker exports on its own, past our redaction.
        _log.warning(
            "others export the traces of this process; unset PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY",
            extra={"action": "telemetry_taken"},
        )
        return
    resource = _resource(role)
    processors, readers = _own_pipeline(settings)
    if settings.applicationinsights_connection_string is not None:
        _start_distribution(
            settings.applicationinsights_connection_string.get_secret_value(), resource, credential(), processors, readers
        )
    else:
        _start_plain(resource, processors, readers)
    from azure.core.settings import settings as azure_settings  # noqa: PLC0415

    # azure-core makes its spans by OpenTelemetry itself, once told to.
    azure_settings.tracing_enabled = True
    database_spans.watch_all_engines()
    _log.info("telemetry is exported", extra={"action": "telemetry_started", "role": role})


def _resource(role: str) -> "Resource":
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415

    return Resource.create({"service.namespace": "advisor-reports", "service.name": role})


def _own_pipeline(settings: Settings) -> "tuple[list[SpanProcessor], list[MetricReader]]":
    """Return redaction, and what sends to a collector behind it where there is one."""
    from shared.telemetry.span_redaction import RedactingSpanProcessor  # noqa: PLC0415

    processors: list[SpanProcessor] = [RedactingSpanProcessor()]
    readers: list[MetricReader] = []
    if settings.otel_exporter_otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        address = settings.otel_exporter_otlp_endpoint.rstrip("/")
        processors.append(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{address}/v1/traces")))
        readers.append(PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"{address}/v1/metrics")))
    return processors, readers


def _start_plain(resource: "Resource", processors: "list[SpanProcessor]", readers: "list[MetricReader]") -> None:
    from opentelemetry import metrics, trace  # noqa: PLC0415
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

    provider = TracerProvider(resource=resource)
    for processor in processors:
        provider.add_span_processor(processor)
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider(metric_readers=readers, resource=resource))


def _start_distribution(
    connection_string: str,
    resource: "Resource",
    credential: TokenCredential,
    processors: "list[SpanProcessor]",
    readers: "list[MetricReader]",
) -> None:
    # The distribution has no argument for this one; see the module's words on logs.
    os.environ.setdefault("OTEL_LOGS_EXPORTER", "none")
    from azure.monitor.opentelemetry import configure_azure_monitor  # noqa: PLC0415

    options: dict[str, Any] = {name: {"enabled": False} for name in _PATCHED_BY_DISTRIBUTION}
    configure_azure_monitor(
        connection_string=connection_string,
        credential=credential,
        resource=resource,
        span_processors=processors,
        metric_readers=readers,
        instrumentation_options=options,
        # Live metrics poll every second for as long as the process lives.
        enable_live_metrics=False,
        # What could not be sent would lie on the disk of a container that is about to go.
        disable_offline_storage=True,
    )
