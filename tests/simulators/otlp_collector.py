"""A collector of OpenTelemetry (OTLP over HTTP, protobuf) on loopback: keeps every span and metric that it is sent.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Self

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.simulators.listening import Listening


@dataclass(frozen=True)
class CollectedSpan:
    """One span as it arrived; ids in hexadecimal, empty where there is none."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, Any]


@dataclass
class OtlpCollector(Listening):
    """A running collector; use it in a ``with`` block."""

    bodies: list[tuple[str, bytes]] = field(default_factory=list)
    """Path and uncompressed body of every request."""

    def __enter__(self) -> Self:
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.bodies.append((self.path, body))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

        self.listen(Handler)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """The endpoint to name in ``OTEL_EXPORTER_OTLP_ENDPOINT``."""
        return self.base_url

    def spans(self) -> list[CollectedSpan]:
        """Return all spans that arrived."""
        return [span for path, body in list(self.bodies) if path == "/v1/traces" for span in _spans_in(body)]

    def metric_names(self) -> set[str]:
        """Return the names of all metrics that arrived."""
        names = set()
        for path, body in list(self.bodies):
            if path == "/v1/metrics":
                for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                    names |= {metric.name for scope in resource.scope_metrics for metric in scope.metrics}
        return names


def _spans_in(body: bytes) -> Iterator[CollectedSpan]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        service = next(item.value.string_value for item in resource.resource.attributes if item.key == "service.name")
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield CollectedSpan(
                    service=service,
                    name=span.name,
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    attributes={item.key: item.value.string_value or item.value.int_value for item in span.attributes},
                )
