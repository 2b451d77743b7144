"""Logs: one line an event, with its ``action`` word and ids; JSON where machines read it, plain where people do."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import orjson

from shared.settings import Settings

# What every record has of its own; the rest of its attributes came by ``extra``.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "data"}
# Chatty at INFO, and their lines hold request headers and addresses.
_QUIET = ("azure", "msal", "urllib3", "kombu", "amqp", "alembic")


def configure(settings: Settings, *, level: int = logging.INFO) -> None:
    """Send all logs of this process to standard error, in the form its profile wants; safe to call again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter() if settings.app_environment.is_local else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, what came by ``extra``, and a traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(entry, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class LineFormatter(logging.Formatter):
    """A line for people, with what came by ``extra`` behind the message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line, and its traceback under it where there is one."""
        time = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        extra = "".join(f" {name}={value}" for name, value in _extra(record).items())
        line = f"{time} {record.levelname.lower():7} {record.name}: {record.getMessage()}{extra}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _OWN}
