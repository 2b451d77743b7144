"""What each process of a worker has of its own: services made after the fork, and proof that they may be used."""

import logging
import os
import signal
import sys
import threading

from shared import settings
from shared.database import schema
from shared.errors import AdvisorReportsError, SettingsError
from shared.jobs.problems import Problem
from shared.services import Services
from shared.settings import Settings

_log = logging.getLogger(__name__)

# "Configuration error" of sysexits.h: whoever starts the worker can tell it from a crash.
EXIT_CONFIGURATION = 78


class _Own:
    """The services of one process; a forked child makes new ones instead of sharing sockets with its parent."""

    def __init__(self) -> None:
        self._services: Services | None = None
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._forget)

    def get(self) -> Services:
        with self._lock:
            if self._services is None:
                self._services = Services(settings.get())
            return self._services

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._services = None


_own = _Own()


def settings_or_end() -> Settings:
    """Return the settings; ends this process with their complaint and code 78 where they are not valid."""
    try:
        return settings.get()
    except SettingsError as error:
        # Before any log is set up, since how to log is a setting too.
        sys.stderr.write(f"This worker does not run. {error.message}. {error.next_step}\n")
        raise SystemExit(EXIT_CONFIGURATION) from None


def services() -> Services:
    """Return the services of this very process."""
    return _own.get()


def verify(of: Services) -> None:
    """Log where this process stands and make sure that it may work there.

    Raises what the database raises where it is away, and :class:`~shared.errors.AdvisorReportsError` for a login that is
    not bound by row-level security or a schema of another release. Never logs a secret.
    """
    target = of.database.target
    _log.info(
        "a worker process looks at its database",
        extra={
            "action": "worker_process_started",
            "profile": str(of.settings.app_environment),
            "database_engine": of.database.engine.dialect.name,
            "database_host": target.host,
            "database_name": target.database,
            "database_role": target.user,
            "schema_revision": schema.expected_revision(),
        },
    )
    of.database.verify_role()
    schema.verify(of.database.engine)


def refuse_to_start_unless_verified() -> None:
    """Check before any process is forked; ends this process with a reason and code 78 where it may not work.

    Here rather than in the children: a pool replaces a child that fails, silently and for ever.
    """
    checked = Services(settings.load())
    try:
        verify(checked)
    except Exception as error:  # noqa: BLE001  (whatever it is, the worker must not run)
        _log_refusal(error)
        raise SystemExit(EXIT_CONFIGURATION) from None
    finally:
        checked.close()


def verify_child() -> None:
    """Check again in a forked child; where that fails, end the whole worker, loudly."""
    # The platform signals every process of the container; only the main one decides when its children end.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        verify(services())
    except Exception as error:  # noqa: BLE001  (whatever it is, the worker must not run)
        _log_refusal(error)
        os.kill(os.getppid(), signal.SIGTERM)


def _log_refusal(error: Exception) -> None:
    problem = Problem.of(error)
    ours = isinstance(error, AdvisorReportsError)
    _log.critical(
        "this worker does not run: %s %s",
        problem.text,
        problem.next_step if ours else f"{type(error).__name__}: {error}",
        extra={"action": "worker_refused", "code": problem.code},
    )
