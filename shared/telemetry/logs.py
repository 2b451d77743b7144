"""Logs: one line an event, with its ``action`` word and ids; JSON where machines read it, plain where people do.

Every record passes :mod:`shared.telemetry.redaction` as it is written, whoever logged it: message, ``extra``, traceback.
"""

import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import orjson

from shared.settings import Settings
from shared.telemetry import context, tracing
from shared.telemetry.redaction import redact, redact_value

# What every record has of its own; the rest of its attributes came by ``extra``.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "data", "color_message"}
# Chatty at INFO, and their lines hold request headers and addresses.
_QUIET = ("azure", "msal", "urllib3", "kombu", "amqp", "alembic", "opentelemetry")
# Loggers that their owners give handlers of their own; all is to go one way.
_WITH_OWN_HANDLERS = (
    *("celery", "celery.task", "celery.redirected", "multiprocessing"),
    *("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "gunicorn.error", "fastapi"),
)
# A line that is longer is cut by those who collect it, in the middle of its JSON.
_LONGEST_TRACEBACK = 12_000
_log = logging.getLogger(__name__)


def configure(settings: Settings, *, keep_handlers: bool = False) -> None:
    """Send all logs of this process one way, in the form its profile wants; safe to call again.

    They go to standard error or, with ``keep_handlers``, wherever the host that runs this process has them go: the
    Functions host listens by a handler of its own. Errors that nobody caught are logged too, instead of printed as they are.
    """
    formatter = LineFormatter() if settings.app_environment.is_local else JsonFormatter()
    root = logging.getLogger()
    if not (keep_handlers and root.handlers):
        root.handlers[:] = [logging.StreamHandler(sys.stderr)]
    for handler in root.handlers:
        handler.setFormatter(formatter)
    root.setLevel(logging.DEBUG if settings.debug else logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns at every try while its service is away; what it gives up, it says as an error.
    logging.getLogger("azure.monitor").setLevel(logging.ERROR)
    # It warns twice, over several lines, at every try to get a token; the one who asked says what came of it, in one line.
    logging.getLogger("azure.identity").setLevel(logging.ERROR)
    for name in _WITH_OWN_HANDLERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    access = logging.getLogger("uvicorn.access")
    if not any(isinstance(found, _WithoutQuery) for found in access.filters):
        access.addFilter(_WithoutQuery())
    logging.captureWarnings(capture=True)
    # Whoever put a hook of his own there (a test runner, say) keeps it.
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _log_uncaught
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _log_uncaught_in_thread
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _log_unraisable


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, ids, what came by ``extra``, and the error."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON; never raises."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
            **_facts(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            entry["exception"] = describe_exception(record.exc_info[1])
        if record.stack_info:
            entry["stack"] = redact(record.stack_info)
        return orjson.dumps(entry, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class LineFormatter(logging.Formatter):
    """A line for people, with what came by ``extra`` behind the message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line, and its traceback under it where there is one; never raises."""
        time = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        facts = "".join(f" {name}={value}" for name, value in _facts(record).items())
        line = f"{time} {record.levelname.lower():7} {record.name}: {_message(record)}{facts}"
        if record.exc_info and record.exc_info[1] is not None:
            line += "\n" + str(describe_exception(record.exc_info[1])["stacktrace"])
        return f"{line}\n{redact(record.stack_info)}" if record.stack_info else line


class _WithoutQuery(logging.Filter):
    """Cuts addresses in uvicorn's access log before the question mark: what callers look for is nobody's business."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        if isinstance(record.args, tuple):
            record.args = tuple(given.partition("?")[0] if isinstance(given, str) else given for given in record.args)
        return True


def describe_exception(error: BaseException) -> dict[str, str]:
    """Return type, message and traceback of ``error`` with its causes, without secrets; the end of a long one counts."""
    try:
        stacktrace = "".join(traceback.format_exception(error)).rstrip()
        message = str(error)
    except Exception:  # noqa: BLE001 - errors of others may be unable to describe themselves
        stacktrace, message = "", ""
    return {
        "type": f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins."),
        "message": redact(message),
        # Redacted whole, then cut: a cut might take away what a secret is recognised by.
        "stacktrace": redact(stacktrace)[-_LONGEST_TRACEBACK:],
    }


def _message(record: logging.LogRecord) -> str:
    try:
        return redact(record.getMessage())
    except Exception:  # noqa: BLE001 - a message whose arguments do not fit it is still an event
        return redact(str(record.msg))


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    """Return the ids of what this process is at, then what the record itself says."""
    given = {name: redact_value(value, name=name) for name, value in vars(record).items() if name not in _OWN}
    return {**context.current(), **tracing.current_ids(), **given}


def _log_uncaught(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        return
    _log.critical("an error was not caught", exc_info=error, extra={"action": "uncaught_error"})


def _log_uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None and not isinstance(arguments.exc_value, SystemExit):
        thread = arguments.thread.name if arguments.thread else ""
        _log.critical(
            "an error was not caught in a thread",
            exc_info=arguments.exc_value,
            extra={"action": "uncaught_error", "thread_name": thread},
        )


def _log_unraisable(unraisable: "sys.UnraisableHookArgs") -> None:
    _log.error("an error could not be raised", exc_info=unraisable.exc_value, extra={"action": "unraisable_error"})
