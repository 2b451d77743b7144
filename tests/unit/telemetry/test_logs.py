"""Log lines: what they hold, and what they never hold."""

import json
import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from shared.telemetry import context
from shared.telemetry.logs import JsonFormatter, LineFormatter

CANARY = "aar_0123456789abcdef0123456789abcdef"
Log = Callable[..., None]


class _Kept(logging.Handler):
    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def _written(formatter: logging.Formatter, *arguments: Any, **options: Any) -> str:
    logger = logging.Logger("advisor.test")  # noqa: LOG001  (known to nobody else)
    kept = _Kept(formatter)
    logger.addHandler(kept)
    logger.log(*arguments, **options)
    return kept.lines[0]


def _entry(*arguments: Any, **options: Any) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(_written(JsonFormatter(), *arguments, **options))
    return entry


def _failing() -> None:
    try:
        raise ValueError(f"key {CANARY}")
    except ValueError as cause:
        raise RuntimeError("outer") from cause


def test_an_entry_has_time_level_logger_message_and_action() -> None:
    entry = _entry(logging.WARNING, "%s happened", "it", extra={"action": "happened", "rows": 3})
    assert entry["time"].endswith("+00:00")
    assert {name: entry[name] for name in ("level", "logger", "message", "action", "rows")} == {
        "level": "WARNING",
        "logger": "advisor.test",
        "message": "it happened",
        "action": "happened",
        "rows": 3,
    }


def test_an_entry_carries_the_ids_of_what_goes_on() -> None:
    with context.bound(correlation_id="c-1", tenant_id="t-1"), context.bound(job_id="j-1", task_id=None):
        entry = _entry(logging.INFO, "inside")
    assert (entry["correlation_id"], entry["tenant_id"], entry["job_id"]) == ("c-1", "t-1", "j-1")
    assert "task_id" not in entry
    assert "job_id" not in _entry(logging.INFO, "outside")


def test_an_entry_carries_the_ids_of_the_span_at_hand() -> None:
    tracer = TracerProvider().get_tracer("test")
    with tracer.start_as_current_span("work") as span:
        entry = _entry(logging.INFO, "inside")
    assert entry["trace_id"] == f"{span.get_span_context().trace_id:032x}"
    assert entry["span_id"] == f"{span.get_span_context().span_id:016x}"


def test_an_error_is_a_structure_with_its_causes_and_without_their_secrets() -> None:
    try:
        _failing()
    except RuntimeError:
        entry = _entry(logging.ERROR, "failed", exc_info=True)
    assert entry["exception"]["type"] == "RuntimeError"
    assert entry["exception"]["message"] == "outer"
    assert "ValueError: key aar_[redacted]" in entry["exception"]["stacktrace"]


@pytest.mark.parametrize("formatter", [JsonFormatter(), LineFormatter()])
@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ((logging.INFO, f"key {CANARY}"), {}),
        ((logging.INFO, "key %s", CANARY), {}),
        ((logging.INFO, "key %(key)s", {"key": CANARY}), {}),
        ((logging.INFO, "key"), {"extra": {"given": {"deep": [CANARY]}}}),
        ((logging.INFO, "key"), {"extra": {"error": ValueError(CANARY)}}),
        ((logging.INFO, "arguments do not fit %s %s", CANARY), {}),
        (
            (
                logging.INFO,
                "frames",
            ),
            {"stack_info": True},
        ),
    ],
)
def test_no_way_to_log_a_secret_writes_it(formatter: logging.Formatter, arguments: Any, options: Any) -> None:
    assert CANARY not in _written(formatter, *arguments, **options)


@pytest.mark.parametrize("formatter", [JsonFormatter(), LineFormatter()])
def test_tracebacks_hold_no_secret_of_theirs_or_of_their_causes(formatter: logging.Formatter) -> None:
    try:
        _failing()
    except RuntimeError:
        written = _written(formatter, logging.ERROR, "failed", exc_info=sys.exc_info())
    assert CANARY not in written
    assert "RuntimeError" in written


def test_what_json_does_not_know_is_written_as_text() -> None:
    assert _entry(logging.INFO, "odd", extra={"thing": {1: object}})["thing"] == {"1": "<class 'object'>"}
