"""The base of all tasks: what a task hands back or fails with may be kept by Celery, hence never holds a secret."""

import traceback
from typing import Any

from billiard.exceptions import SoftTimeLimitExceeded
from celery import Task
from celery.exceptions import Ignore, Reject, Retry

from shared.telemetry.redaction import redact, redact_error, redact_value


class TaskFailedError(Exception):
    """A task failed with an error that held a secret; this is what is left of it."""


class RedactedTask(Task):  # type: ignore[misc]  # Celery has no types
    """Redacts the task's result, and the error it raises where that says a secret anywhere in its traceback.

    Celery writes both into its log, its events and, for tasks that somebody waits for, its result tables.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task."""
        try:
            result = super().__call__(*args, **kwargs)
        except (Retry, Ignore, Reject, SoftTimeLimitExceeded):
            raise
        except Exception as error:
            told = "".join(traceback.format_exception(error))
            if redact(told) == told:
                raise
            raise TaskFailedError(redact_error(error)) from None
        return redact_value(result)
