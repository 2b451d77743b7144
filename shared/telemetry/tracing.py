"""Traces: from the HTTP request over the job's row to the worker, its statements and its calls to Azure, under one id.

The row of a job carries the trace on (``Job.trace_parent``), not its message: messages may be lost, doubled, or sent again
by a sweep that knows nothing of the request. Without an exporter (see :mod:`shared.telemetry.exporting`) spans cost next to
nothing and go nowhere, yet the caller's trace id still reaches every log line.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_NAME = "advisor-reports"
_HEADER = "traceparent"
_propagator = TraceContextTextMapPropagator()
# What came with the request or the job; used where this process makes no spans of its own.
_carried: ContextVar[str | None] = ContextVar("trace_parent", default=None)


@contextmanager
def carried(trace_parent: str | None) -> Iterator[None]:
    """Let jobs that are asked for within the ``with`` block belong to the trace of ``trace_parent``."""
    token = _carried.set(trace_parent)
    try:
        yield
    finally:
        _carried.reset(token)


def carry(trace_parent: str | None) -> None:
    """The same to the end of the enclosing task, for those who come to know it on the way."""
    _carried.set(trace_parent)


def current_parent() -> str | None:
    """Return the ``traceparent`` of the span at hand, else the one carried here, ``None`` where there is neither."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get(_HEADER) or _carried.get()


def current_ids() -> Mapping[str, str]:
    """Return ``trace_id`` and ``span_id`` of the span at hand in hexadecimal; empty where there is none."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": trace.format_trace_id(context.trace_id), "span_id": trace.format_span_id(context.span_id)}


@contextmanager
def span(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: str | None = None,
    attributes: Mapping[str, str | int | float | bool] | None = None,
) -> Iterator[Span]:
    """Trace the ``with`` block as ``name``, under ``parent`` (a ``traceparent``) or else under the span at hand.

    An error that leaves the block marks the span by its kind; what the error says is for the log.
    """
    context = _propagator.extract({_HEADER: parent}) if parent else None
    tracer = trace.get_tracer(_NAME)
    with tracer.start_as_current_span(
        name,
        context=context,
        kind=kind,
        attributes=dict(attributes or {}),
        record_exception=False,
        set_status_on_exception=False,
    ) as entered:
        try:
            yield entered
        except BaseException as error:
            mark_failed(entered, error)
            raise


def fail_current(error: BaseException) -> None:
    """Let the span at hand say that its work failed, where the error goes no further."""
    mark_failed(trace.get_current_span(), error)


def mark_failed(entered: Span, error: BaseException) -> None:
    """Let the span say that its work failed, and by which kind of error."""
    kind = type(error)
    entered.set_attribute("error.type", f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins."))
    entered.set_status(Status(StatusCode.ERROR))
