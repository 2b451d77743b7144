"""Spans of database statements, by SQLAlchemy's own events.

The instrumentation package for SQLAlchemy wants a version below 2.1, hence these few lines. Statements hold placeholders,
never values: those are bound apart.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext

from shared.telemetry import tracing

_KEY = "advisor_reports_span"
_LONGEST_STATEMENT = 2_000


def watch_all_engines() -> None:
    """Make a span of each statement of each engine in this process, made or still to be made; safe to call again."""
    for name, act in (("before_cursor_execute", _begin), ("after_cursor_execute", _end), ("handle_error", _fail)):
        if not event.contains(Engine, name, act):
            event.listen(Engine, name, act)


@contextmanager
def statement_span(statement: str, database: str | None) -> Iterator[None]:
    """Make a span of a statement that goes past SQLAlchemy, where it is part of a trace."""
    if not trace.get_current_span().is_recording():
        yield
        return
    attributes = _attributes(statement, database)
    with tracing.span(_name(attributes), kind=SpanKind.CLIENT, attributes=attributes):
        yield


def _attributes(statement: str, database: str | None) -> dict[str, str]:
    """Return what a span says of a statement, by OpenTelemetry's conventions for databases."""
    return {
        "db.system.name": "postgresql",
        "db.namespace": database or "",
        "db.operation.name": statement.split(None, 1)[0].upper() if statement.strip() else "",
        "db.query.text": statement[:_LONGEST_STATEMENT],
    }


def _name(attributes: Mapping[str, str]) -> str:
    return f"{attributes['db.operation.name']} {attributes['db.namespace']}".strip()


def _begin(connection: Connection, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:
    if context is None or not trace.get_current_span().is_recording():
        # Outside a request or a job nobody would look for it.
        return
    attributes = _attributes(statement, connection.engine.url.database)
    span = trace.get_tracer(__name__).start_span(_name(attributes), kind=SpanKind.CLIENT, attributes=attributes)
    setattr(context, _KEY, span)


def _end(_connection: Connection, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool) -> None:
    span: Span | None = getattr(context, _KEY, None)
    if span is not None:
        span.end()


def _fail(failure: ExceptionContext) -> None:
    span: Span | None = getattr(failure.execution_context, _KEY, None)
    if span is not None:
        tracing.mark_failed(span, failure.original_exception)
        span.end()
