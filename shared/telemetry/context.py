"""What a process is at, for its logs: the request, the tenant, the job and the task, carried along with the call."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_EMPTY: Mapping[str, str] = {}
_facts: ContextVar[Mapping[str, str]] = ContextVar("facts", default=_EMPTY)


def current() -> Mapping[str, str]:
    """Return what is known here: any of ``correlation_id``, ``tenant_id``, ``job_id``, ``task_id``, ``trace_id``."""
    return _facts.get()


@contextmanager
def bound(**facts: object) -> Iterator[None]:
    """Let all logs within the ``with`` block carry ``facts``; those that are ``None`` or empty are left out."""
    token = _facts.set(_merged(facts))
    try:
        yield
    finally:
        _facts.reset(token)


def bind(**facts: object) -> None:
    """Let all logs from here to the end of the enclosing task or thread hop carry ``facts``, once they become known."""
    _facts.set(_merged(facts))


def _merged(facts: Mapping[str, object]) -> Mapping[str, str]:
    return {**_facts.get(), **{name: str(fact) for name, fact in facts.items() if fact}}
