"""Spans as exporters get them hold no secret."""

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode

from shared.telemetry import tracing
from shared.telemetry.span_redaction import RedactingSpanProcessor

CANARY = "aar_0123456789abcdef0123456789abcdef"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    """What an exporter got."""
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter: InMemorySpanExporter) -> TracerProvider:
    """Makes spans as the product does: redaction first, then the exporter."""
    made = TracerProvider()
    made.add_span_processor(RedactingSpanProcessor())
    made.add_span_processor(SimpleSpanProcessor(exporter))
    return made


def _only(exporter: InMemorySpanExporter) -> ReadableSpan:
    (span,) = exporter.get_finished_spans()
    return span


def test_name_attributes_events_and_status_are_redacted(provider: TracerProvider, exporter: InMemorySpanExporter) -> None:
    with provider.get_tracer("test").start_as_current_span(f"GET {CANARY}") as span:
        span.set_attribute("url.full", f"https://host/?sig={CANARY}")
        span.set_attribute("url.query", "search=somebody")
        span.set_attribute("password", "anything")
        span.set_attribute("sizes", [1, 2])
        span.add_event("retry", {"header": f"Authorization: Bearer {CANARY}"})
        span.record_exception(ValueError(CANARY))
        span.set_status(Status(StatusCode.ERROR, f"failed with {CANARY}"))
    exported = _only(exporter)
    assert CANARY not in exported.to_json()
    assert exported.attributes is not None
    assert exported.attributes["url.query"] == exported.attributes["password"] == "[redacted]"
    assert list(exported.attributes["sizes"]) == [1, 2]  # type: ignore[arg-type]
    assert exported.status.status_code is StatusCode.ERROR
    assert len(exported.events) == 2


def test_a_trace_parent_names_the_span_at_hand_before_what_was_carried(provider: TracerProvider) -> None:
    carried = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert tracing.current_parent() is None
    with tracing.carried(carried):
        assert tracing.current_parent() == carried
        with provider.get_tracer("test").start_as_current_span("work") as span:
            context = span.get_span_context()
            assert str(tracing.current_parent()).startswith(f"00-{context.trace_id:032x}-{context.span_id:016x}-")
    assert tracing.current_parent() is None
