"""Why a job ended without success: the errors that stop it, and what is written on its row."""

import errno
from dataclasses import dataclass
from typing import Self

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shared.errors import AdvisorReportsError
from shared.telemetry.redaction import redact

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class JobCancelledError(AdvisorReportsError):
    """The job was asked to stop."""

    code = "cancelled"

    def __init__(self) -> None:
        super().__init__("The job was cancelled.", next_step="Retry the report if it is still wanted.")


class LeaseLostError(AdvisorReportsError):
    """The job belongs to another worker by now; whoever gets this writes nothing more."""

    code = "lease_lost"

    def __init__(self) -> None:
        super().__init__("The worker lost its claim on the job.")


class TimeLimitError(AdvisorReportsError):
    """The job took longer than its kind may."""

    code = "time_limit"

    def __init__(self, limit_s: float) -> None:
        super().__init__(
            f"The work was stopped after {limit_s:,.0f} seconds, the most it may take.",
            next_step="Order less at once: fewer subscriptions, a smaller export, or fewer formats.",
        )


@dataclass(frozen=True)
class Problem:
    """A code, a sentence and a next step, as rows of jobs and reports keep them."""

    code: str
    text: str
    next_step: str

    @classmethod
    def of(cls, error: BaseException) -> Self:
        """Describe ``error`` for those who read the row; of an error that is not ours nothing but its kind is told."""
        if isinstance(error, AdvisorReportsError):
            return cls(error.code, redact(error.message), redact(error.next_step))
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return cls(
                "disk_full",
                "The worker's disk has no room left for the files.",
                "Free space where the workers keep temporary files (TMPDIR), or give them more; then retry the report.",
            )
        if _is_database_away(error):
            return cls("database_unavailable", "The database did not answer.", "Retry the report in a few minutes.")
        return cls(
            "internal",
            f"The work failed unexpectedly ({type(error).__name__}).",
            "Retry the report; if it fails again, give the administrator the id of the job.",
        )


WORKER_LOST = Problem(
    "worker_lost",
    "The worker that ran this stopped without a word, as often as the job may be tried.",
    "Retry the report; if it fails again, look at the memory and the log of the workers.",
)

EXPIRED = Problem(
    "expired",
    "No worker began this in the time it had.",
    "Look at how many workers there are, or let the schedule's runs expire later.",
)

NEVER_ITS_TURN = Problem(
    "never_its_turn",
    "What this needs had no room for it, however often it came back.",
    "Look at what it waits for: the relay of mails, the vault, or how many checks of the provider go on at once.",
)


def is_retryable(error: BaseException) -> bool:
    """Return whether the same work may succeed later without anybody changing anything."""
    if isinstance(error, AdvisorReportsError):
        return error.retryable
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        # Others fill the same disk: it has room again once they are done, or on another worker.
        return True
    return _is_database_away(error) or isinstance(error, ConnectionError | TimeoutError)


def _is_database_away(error: BaseException) -> bool:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, OperationalError | InterfaceError | PoolTimeoutError)
