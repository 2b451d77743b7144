"""What each process of a worker has of its own: services made after the fork, and proof that they may be used."""

import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn

from sqlalchemy.exc import SQLAlchemyError

from shared import ending, exit_codes, settings, startup
from shared.doctor.probe import describe
from shared.errors import AdvisorReportsError, SettingsError
from shared.jobs.problems import Problem
from shared.services import Services
from shared.settings import Settings

_log = logging.getLogger(__name__)


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
        raise SystemExit(exit_codes.CONFIGURATION) from None


def services() -> Services:
    """Return the services of this very process."""
    return _own.get()


def refuse_to_start_unless_verified(queues: Sequence[str]) -> None:
    """Say where this worker stands and ask what it needs; ends it with a reason and a code where it must not run.

    Before any process is forked rather than in the children: a pool replaces a child that fails, silently and for ever.
    """
    checked = Services(settings.get())
    try:
        _log.info(
            "a worker process looks at its database",
            extra={"action": "worker_process_started", **startup.facts_of(checked, queues=queues)},
        )
        results = startup.ask_dependencies(checked)
        startup.log_results(results)
        failed = next((result.error for result in results if result.error is not None), None)
        if failed is not None:
            _end(failed)
        seen = startup.verify_database(checked, schema_wait_s=checked.settings.schema_wait_s)
        _log.info("this worker may run", extra={"action": "worker_verified", **seen})
    except (AdvisorReportsError, SQLAlchemyError) as error:
        _end(error)
    finally:
        checked.close()


def verify_child(queues: Sequence[str]) -> None:
    """Say where a forked child stands and check its database once more.

    Where nothing but somebody's act can help, end the whole worker, loudly. A database that is away for now (a fail-over, of
    all times as a child is replaced) ends nothing: jobs wait for it in their own ways.
    """
    # The platform signals every process of the container; only the main one decides when its children end.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        facts = startup.facts_of(services(), queues=queues)
        seen = startup.verify_database(services())
        _log.info("a worker process may run", extra={"action": "worker_process_verified", **facts, **seen})
    except (AdvisorReportsError, SQLAlchemyError) as error:
        if ending.exit_code_of(error) == exit_codes.UNAVAILABLE:
            _log.warning(
                "a worker process starts while its database is away: %s", describe(error), extra={"action": "database_away"}
            )
            return
        _log_refusal(error)
        os.kill(os.getppid(), signal.SIGTERM)


def set_modules_aside() -> None:
    """Keep Python's search for garbage away from all that is there by now, which is mostly modules and made to stay.

    To look through it took a tenth of a second each time, and a job over many rows makes Python look again and again. Called
    before a fork it also leaves the memory that children share with their parent as it is.
    """
    gc.freeze()


def _end(error: Exception) -> NoReturn:
    _log_refusal(error)
    raise SystemExit(ending.exit_code_of(error)) from None


def _log_refusal(error: Exception) -> None:
    problem = Problem.of(error)
    ours = isinstance(error, AdvisorReportsError)
    _log.critical(
        "this worker does not run: %s %s",
        problem.text,
        problem.next_step if ours else describe(error),
        extra={"action": "worker_refused", "code": problem.code, "exit_code": ending.exit_code_of(error)},
    )
