"""Redaction of spans, before any exporter sees them."""

from opentelemetry.sdk.trace import Event, ReadableSpan, SpanProcessor
from opentelemetry.trace import Status

from shared.telemetry.redaction import MARK, redact, redact_value


class RedactingSpanProcessor(SpanProcessor):
    """Takes the secrets out of an ended span's name, attributes, events and status; add it before the exporters' own.

    OpenTelemetry hands one and the same ended span to all processors in their order and has no public way to change it,
    hence the underscores; a test exports a span through all of this and looks.
    """

    def on_end(self, span: ReadableSpan) -> None:
        """Redact ``span`` in place."""
        span._name = redact(span.name)
        span._attributes = {
            # What callers look for is nobody's business, secret or not.
            name: MARK if name == "url.query" else redact_value(value, name=name)
            for name, value in (span.attributes or {}).items()
        }
        span._events = [
            Event(
                redact(event.name),
                {name: redact_value(value, name=name) for name, value in (event.attributes or {}).items()},
                event.timestamp,
            )
            for event in span.events
        ]
        if span.status.description:
            span._status = Status(span.status.status_code, redact(span.status.description))
