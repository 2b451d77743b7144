"""Failures as people at a terminal want them: one sentence, the next step, and a status; never a traceback."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click
from sqlalchemy.exc import DBAPIError

from shared import ending, exit_codes
from shared.errors import AdvisorReportsError, SettingsError
from shared.telemetry.redaction import redact

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


_LOOK = "Ask `python -m worker doctor` what is wrong."


class _Failure(click.ClickException):
    def __init__(self, message: str, next_step: str, status: int) -> None:
        super().__init__(redact(f"{message}\n{next_step}".strip()))
        self._status = status

    @property
    def exit_code(self) -> int:  # type: ignore[override]
        return self._status


def told_plainly(command: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Let ``command`` end with a sentence and the next step where it raises an error that a person can act on.

    The status is 1, or one of :mod:`shared.exit_codes` where settings or database are what stands in the way.
    """

    @functools.wraps(command)
    def run(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
        try:
            return command(*args, **kwargs)
        except AdvisorReportsError as error:
            raise _Failure(error.message, error.next_step, _status_of(error)) from error
        except DBAPIError as error:
            message = f"The database did not answer as it should: {str(error.orig).strip()}"
            raise _Failure(message, _LOOK, ending.exit_code_of(error)) from error

    return run


def _status_of(error: AdvisorReportsError) -> int:
    return exit_codes.CONFIGURATION if isinstance(error, SettingsError) else 1
