"""Failures as people at a terminal want them: one sentence, the next step, and a status; never a traceback."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click
from sqlalchemy.exc import OperationalError

from shared.errors import AdvisorReportsError
from shared.telemetry.redaction import redact

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def told_plainly(command: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Let ``command`` end with status 1 and a sentence where it raises an error that a person can act on."""

    @functools.wraps(command)
    def run(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
        try:
            return command(*args, **kwargs)
        except AdvisorReportsError as error:
            raise click.ClickException(redact(f"{error.message} {error.next_step}".strip())) from error
        except OperationalError as error:
            raise click.ClickException(redact(f"The database did not answer as it should: {error.orig}".strip())) from error

    return run
